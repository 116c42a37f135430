/**
 * One train of the line in one line, for the board and the answers.
 *
 * Invariant: the same picture and sentence as its announcement's, from the same phase.
 */
import { aboard } from '../../core/line.ts'
import type { Pipeline, Train } from '../../core/model.ts'
import { clip, type Mrkdwn, md, nothing } from '../words/mrkdwn.ts'
import { counted } from '../words/names.ts'
import { type Aboard, phaseOf, type Seen } from './phase.ts'
import { alsoInTheWay, headline, sentenceOf } from './sentence-of-phase.ts'

/** A train as the line shows it. */
export function aboardOf(pipeline: Pipeline, train: Train, now: number): Aboard {
  const deployments = pipeline.deployments.filter((one) => one.train === train.number)
  const seen: Seen = { pipeline, train, deployments, now }
  return { ...seen, changes: aboard(pipeline, train) }
}

export function trainLine(pipeline: Pipeline, train: Train, now: number): Mrkdwn {
  const seen = aboardOf(pipeline, train, now)
  const phase = phaseOf(seen)
  const [picture = ''] = headline(phase).split(' ')
  const { special } = train
  const kind = special === null ? 'Train' : 'Special train'
  const ref = special?.isOffBranch ? md` at ${clip(special.ref, 60)}` : nothing
  return md`${picture} *${kind} #${train.number}*${ref} · ${counted(seen.changes.length, 'change')} · ${sentenceOf(seen, phase)}${alsoInTheWay(phase)}`
}
