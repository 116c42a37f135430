/**
 * The sentence under the header of a train that is over: taken back, cancelled, arrived.
 *
 * Invariant: says by whom and why, and what became of its changes.
 */
import { journeyOf } from '../../core/line.ts'
import type { Change } from '../../core/model.ts'
import { code, type Mrkdwn, md, nothing, ours } from '../words/mrkdwn.ts'
import { called } from '../words/names.ts'
import { moment, span } from '../words/time.ts'
import type { Aboard } from './phase.ts'

export function rolledBack({ pipeline, train }: Aboard): Mrkdwn {
  const veto = pipeline.environments
    .flatMap(({ vetoes }) => vetoes)
    .findLast(({ from }) => from === train.sha)
  return veto === undefined
    ? md`Taken back; its changes wait again.`
    : md`${called(pipeline, veto.by)} took it back: ${veto.reason}, ${moment(veto.since)}. Its changes wait again.`
}

/** One cancelled before this was kept does not say by whom. */
export function cancelled({ pipeline, train, changes }: Aboard): Mrkdwn {
  const { cancelling, special } = train
  const said =
    cancelling === null
      ? md`It was cancelled.`
      : md`${called(pipeline, cancelling.by)} cancelled it: ${cancelling.reason}.`
  return special === null && changes.length > 0
    ? md`${said} Its changes fell to the next train.`
    : said
}

/** What is left to do once it is there: the code is, but not the data that a change moves. */
export const nothingLeft = (changes: readonly Change[]): Mrkdwn =>
  changes.some(({ migrates }) => migrates)
    ? md`No action needed but for its migration, whose card stands in the thread.`
    : md`No action needed.`

export function arrived({ pipeline, train, changes, deployments, now }: Aboard): Mrkdwn {
  const last = journeyOf(pipeline, train).at(-1)?.name ?? ''
  const live = deployments.findLast(
    ({ environment, kind }) => environment === last && kind === 'forward',
  )
  const end = live?.endedAt ?? null
  const took =
    end === null
      ? nothing
      : ours(`, ${span(end - (train.departedAt ?? train.openedAt))} after departure`)
  return md`Live in ${last} since ${moment(end ?? now)}${took}. ${nothingLeft(changes)} To take it back: ${code(`/rollback ${pipeline.name} ${last}`)}`
}
