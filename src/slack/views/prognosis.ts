/**
 * What would happen to a train that still boards, for `/deploy why`.
 *
 * Invariant: the core's prognosis; it says what is not known as such, and promises no length of a
 * deployment.
 */
import type { Pipeline, Train } from '../../core/model.ts'
import { type Met, prognosisOf, type Stage } from '../../core/prognosis.ts'
import { clip, type Mrkdwn, md, nothing } from '../words/mrkdwn.ts'
import { changeNames, counted, shortSha } from '../words/names.ts'
import { moment, span } from '../words/time.ts'
import { clearedBy } from './cleared-by.ts'

/** A line for each environment, and one for each gate that would be met there. */
export function prognosis(pipeline: Pipeline, train: Train, now: number): readonly Mrkdwn[] {
  const { stages, left } = prognosisOf(pipeline, train, now)
  const stays =
    left.length === 0
      ? []
      : [
          md`    • ${changeNames(
            left,
            left.map(({ sha }) => sha),
          )} would stay for the next train`,
        ]
  return [...stays, ...stages.flatMap((stage) => [way(stage, now), ...stage.gates.map(gate)])]
}

function way(stage: Stage, now: number): Mrkdwn {
  const { environment, sha, changes, notBefore, soakMs } = stage
  const when = notBefore <= now ? md`at once` : md`not before ${moment(notBefore)}`
  const soak = soakMs === 0 ? nothing : md`, then soaks ${span(soakMs)}`
  return md`    ▷ *${environment}* would get ${shortSha(sha)} (${counted(changes.length, 'change')}), ${when}${soak}`
}

const gate = (met: Met): Mrkdwn =>
  md`        • ${met.gate}: ${clip(met.message, 200)}${met.opensAt === null ? nothing : md`, opens ${moment(met.opensAt)}`} → ${clearedBy(met)}`
