/**
 * A special train before it is sent: what it carries, what it displaces, who must say yes.
 *
 * Invariant: the confirming button names the very sha that was shown, and how far it goes.
 */
import type { Change, Pipeline } from '../../core/model.ts'
import type { SpecialPreview, SpecialStop } from '../../core/preview-special.ts'
import type { Message } from '../scene.ts'
import { clip, join, type Mrkdwn, md, nothing } from '../words/mrkdwn.ts'
import { called, changeName, counted, shortSha } from '../words/names.ts'
import { actions, button, fitting, header, message, sections } from './blocks.ts'

export function specialPreview(preview: SpecialPreview, pipeline: Pipeline): Message {
  const { train, changes, stops } = preview
  const { special } = train
  const to = stops.at(-1)?.environment ?? ''
  const ref = special?.ref ?? ''
  const sha = train.sha ?? ''
  const first = special?.isOffBranch
    ? md`Send ${clip(ref, 80)} (${shortSha(sha)}) up to ${to}, past the line? It is not on ${pipeline.policy.branch}.`
    : md`Deploy ${shortSha(sha)}, which is live, once more?`
  const { shown, left } = fitting(
    changes.map((one) => row(pipeline, one)),
    4_000,
  )
  const lines = [
    first,
    changes.length === 0
      ? md`It carries nothing new.`
      : md`It carries ${counted(changes.length, 'change')}:`,
    ...shown,
    ...(left === 0 ? [] : [md`+ ${left} more`]),
    ...stops.flatMap((stop) => stopLines(stop, preview, pipeline)),
  ]
  const value = { pipeline: pipeline.name, environment: to, to: sha }
  return message(first, [
    header(
      special?.isOffBranch ? `Special train of ${pipeline.name}?` : `${pipeline.name} once more?`,
    ),
    ...sections(lines),
    ...actions([
      button({ id: 'special.confirm', text: 'Send it', style: 'primary', value }),
      button({ id: 'special.dismiss', text: 'Leave it', value }),
    ]),
  ])
}

/** A commit's author line is its own word; whoever sends the train answers for it. */
const row = (pipeline: Pipeline, change: Change): Mrkdwn =>
  md`• ${changeName(change)} ${clip(change.title, 90)} · ${called(pipeline, change.author)}`

function stopLines(
  stop: SpecialStop,
  { train }: SpecialPreview,
  pipeline: Pipeline,
): readonly Mrkdwn[] {
  const { environment, isLast } = stop
  const kept =
    !isLast && train.special?.isOffBranch
      ? md` Afterwards it is locked in your name, until you release it.`
      : nothing
  return [md`*${environment}*: ${displaced(stop, pipeline)}${words(stop)}${kept}`]
}

function displaced({ live, contains, lost, isLast }: SpecialStop, pipeline: Pipeline): Mrkdwn {
  if (live === null) return md`nothing is live there yet.`
  if (contains === 'yes') return md`it contains what is live there, ${shortSha(live.sha)}.`
  const whose = lost
    .slice(0, 6)
    .map((one) => md`${changeName(one)} (${called(pipeline, one.author)})`)
  const more = lost.length > 6 ? [md`${lost.length - 6} more`] : []
  const names = lost.length === 0 ? nothing : md`: ${join([...whose, ...more], ', ')}`
  const what = contains === 'unknown' ? md`may displace` : md`displaces`
  return isLast
    ? md`⚠️ it ${what} what is live there, ${shortSha(live.sha)}${names}. There it waits until somebody sends that plan all the same.`
    : md`⚠️ it ${what} what is live there, ${shortSha(live.sha)}${names}.`
}

function words({ asksAuthors, others, from }: SpecialStop): Mrkdwn {
  const asked = asksAuthors ? md` Its authors are asked.` : nothing
  const who = from === null ? md`who wrote none of it` : md`of ${from.slice(0, 3).join(', ')}`
  const approved =
    others === 0
      ? nothing
      : md` It needs ${counted(others, 'approval')} by others than you, ${who}.`
  return md`${asked}${approved}`
}
