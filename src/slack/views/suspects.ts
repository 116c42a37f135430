/**
 * Whose change is looked at first when something failed, and what speaks for it.
 *
 * Invariant: nobody is named as a suspect without evidence beside the name. Where nothing speaks
 * against anybody everyone aboard is told, and nobody is accused.
 */
import type { Change, Deployment } from '../../core/model.ts'
import { askedFor } from '../../core/people.ts'
import { type Failure, flagsBehind, type Suspect, suspectsOf } from '../../core/suspects.ts'
import type { Scene } from '../scene.ts'
import { clip, join, type Mrkdwn, md, nothing, some } from '../words/mrkdwn.ts'
import { changeName, comparison, mention } from '../words/names.ts'
import { MENTIONS_MAX } from './ask.ts'

/** More suspects than this are nobody in particular. */
const SUSPECTS_MAX = 5

const LINE_MAX = 2_500

/** The suspects of a failure among what is aboard, each with the evidence. */
export function suspectLines(scene: Scene, failure: Failure): readonly Mrkdwn[] {
  const found = suspectsOf(scene.pipeline, scene.changes, failure)
  if (found.length === 0) return everyone(scene)
  const left = found.length - SUSPECTS_MAX
  return [
    md`🔎 Suspects first:`,
    ...found.slice(0, SUSPECTS_MAX).map((one) => suspectLine(scene, one)),
    ...(left > 0 ? [md`• + ${left} more`] : []),
  ]
}

/** The flags that the suspects stand behind. */
export const suspectFlags = ({ pipeline, changes }: Scene, failure: Failure): readonly string[] =>
  flagsBehind(pipeline, suspectsOf(pipeline, changes, failure))

function suspectLine({ pipeline, links }: Scene, { change, people, evidence }: Suspect): Mrkdwn {
  const names = people.length === 0 ? [change.author] : people
  const who = some(
    names.map((name) => mention(pipeline, name)),
    2,
  )
  return md`• ${changeName(change, links.repository)} ${clip(change.title, 60)} (${who}): ${evidenceOf(evidence)}`
}

/** What speaks against one change, as the rest of a sentence. */
export const evidenceOf = (evidence: readonly string[]): Mrkdwn =>
  join(
    evidence.slice(0, 3).map((one) => clip(one, 200)),
    '; ',
  )

function everyone({ pipeline, changes, links }: Scene): readonly Mrkdwn[] {
  if (changes.length === 0) return []
  const own = new Map<string, Change[]>()
  for (const change of changes) {
    const { rule, people } = askedFor(pipeline, change, null)
    const names = rule === 'each' && people.length > 0 ? people : [change.author]
    for (const name of names) own.set(name, [...(own.get(name) ?? []), change])
  }
  const line = (repository: string | null): Mrkdwn => {
    const shown = [...own].slice(0, MENTIONS_MAX).map(([name, theirs]) => {
      const called = theirs.map((change) => changeName(change, repository))
      return md`${mention(pipeline, name)} (${some(called, 3)})`
    })
    const more = own.size > MENTIONS_MAX ? md` (${MENTIONS_MAX} of ${own.size} people)` : nothing
    return md`🔎 Nothing points at one change. Aboard: ${join(shown, ', ')}${more}.`
  }
  // One line stands in one section, which so many links may not fit into.
  const linked = line(links.repository)
  return [linked.mrkdwn.length <= LINE_MAX ? linked : line(null)]
}

/** What went there, against what ran there before. */
export function comparisonLine({ links }: Scene, { baseSha, sha }: Deployment): Mrkdwn {
  if (baseSha === null || baseSha === sha) return nothing
  return md`Changed since what ran there before: ${comparison(links.repository, baseSha, sha)}`
}
