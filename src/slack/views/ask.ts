/**
 * The question to everyone whose word a departed train needs, with the buttons to answer it.
 *
 * Invariant: each person is asked once, by name, for all of theirs; at most ten are mentioned, and
 * who has said yes already is not asked again.
 */
import type { Button } from '@slack/types'
import { journeyOf } from '../../core/line.ts'
import type { Scene } from '../scene.ts'
import { join, listed, type Mrkdwn, md } from '../words/mrkdwn.ts'
import { called, changeName, counted, mention } from '../words/names.ts'
import { approvalsNeeded, askedAboard, askingEnvironment, byPerson } from './asked.ts'
import { approve, consent, hold } from './choices.ts'

/** More mentions than this are a siren. */
export const MENTIONS_MAX = 10

/** Up to here approvers are named one by one, beyond by their groups. */
const APPROVERS_MAX = 3

export interface Ask {
  readonly lines: readonly Mrkdwn[]
  readonly buttons: readonly Button[]
}

/** What is asked now; without lines: nobody needs to do anything. */
export function ask(scene: Scene): Ask {
  if (isOver(scene)) return { lines: [], buttons: [] }
  const authors = authorsAsked(scene)
  const approvers = approversAsked(scene)
  const lines = [...authors.lines, ...approvers.lines]
  const buttons = [...authors.buttons, ...approvers.buttons]
  return { lines, buttons: buttons.length === 0 ? [] : [...buttons, hold(scene)] }
}

/** Nobody is asked about a train that is over, however late its departure is told. */
const isOver = ({ train }: Scene): boolean =>
  train.status !== 'boarding' && train.status !== 'departed'

function authorsAsked(scene: Scene): Ask {
  const { pipeline, train, changes, links } = scene
  const where = askingEnvironment(pipeline)
  // A special train may end before the environment that asks.
  const goesThere = where && journeyOf(pipeline, train).includes(where)
  if (where === undefined || goesThere !== true) return { lines: [], buttons: [] }
  const asked = askedAboard(pipeline, changes)
  const people = [...byPerson(asked)].filter(([, { silent }]) => silent)
  const orphans = asked.filter(({ rule, consented }) => rule === 'any' && !consented)
  const lines = people.slice(0, MENTIONS_MAX).map(([name, own]) => {
    const shown = own.changes.slice(0, 8).map((one) => changeName(one, links.repository))
    const more = own.changes.length > 8 ? [md`${own.changes.length - 8} more`] : []
    const aboard = own.changes.length === 1 ? 'is' : 'are'
    return md`${mention(pipeline, name)} your ${listed([...shown, ...more])} ${aboard} aboard. Good to go to ${where.name}?`
  })
  const rest =
    people.length > MENTIONS_MAX
      ? [
          md`${MENTIONS_MAX} of ${people.length} authors are named here; the announcement lists them all.`,
        ]
      : []
  const orphaned = orphans.length === 0 ? [] : [orphansLine(scene, orphans)]
  const needed = people.length > 0 || orphans.length > 0
  return { lines: [...lines, ...rest, ...orphaned], buttons: needed ? [consent(scene)] : [] }
}

function orphansLine({ pipeline, links }: Scene, orphans: ReturnType<typeof askedAboard>): Mrkdwn {
  const names = orphans.slice(0, 8).map(({ change }) => changeName(change, links.repository))
  const people = orphans[0]?.people ?? []
  const who =
    people.length === 0
      ? md`nobody is linked who could; add people to the configuration`
      : md`one of ${join(
          people.slice(0, 5).map((name) => called(pipeline, name)),
          ', ',
        )}${people.length > 5 ? ` and ${people.length - 5} more` : ''} may`
  return md`The ${orphans.length === 1 ? 'author' : 'authors'} of ${listed(names)} cannot be asked: ${who} say yes instead.`
}

function approversAsked(scene: Scene): Ask {
  const { pipeline, changes } = scene
  const needed = approvalsNeeded(scene, changes)
  if (needed === undefined) return { lines: [], buttons: [] }
  const { policy, may, by } = needed
  const from = policy.approvals.from
  const who =
    may.length === 0
      ? md`nobody linked who wrote none of it may give it: see \`approvals.from\``
      : may.length <= APPROVERS_MAX
        ? listed(
            may.map((name) => mention(pipeline, name)),
            'or',
          )
        : md`anyone ${from === null ? 'linked' : md`of ${from.slice(0, 3).join(', ')}`} who wrote none of it`
  const missing = needed.needed - by.length
  const line = md`${policy.name} also needs ${counted(missing, 'approval')} of the plan: ${who}.`
  return { lines: [line], buttons: [approve(scene, policy.name, needed.plan)] }
}
