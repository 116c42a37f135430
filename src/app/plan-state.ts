/**
 * What would happen, as JSON: each train's way, its gates, and when time opens them.
 *
 * Invariant: a rendering of the core's prognosis; asking changes nothing.
 */
import { unfinished } from '../core/line.ts'
import type { Change, Pipeline } from '../core/model.ts'
import { type Met, prognosisOf, type Stage } from '../core/prognosis.ts'
import { iso, type Json } from './json.ts'

/** Of one train, or of every unfinished one; empty where that train is over or was never. */
export function planState(pipeline: Pipeline, train: number | null, now: number): Json {
  const asked = unfinished(pipeline).filter(({ number }) => train === null || number === train)
  return {
    pipeline: pipeline.name,
    trains: asked.map((one) => {
      const { departsAt, left, stages } = prognosisOf(pipeline, one, now)
      return {
        number: one.number,
        status: one.status,
        departs_at: iso(departsAt),
        left: left.map(changeName),
        stages: stages.map(stageState),
      }
    }),
  }
}

const changeName = ({ sha, number, title, author }: Change): Json => ({
  sha,
  number,
  title,
  author,
})

const stageState = ({ environment, sha, baseSha, plan, ...rest }: Stage): Json => ({
  environment,
  sha,
  base_sha: baseSha,
  plan,
  changes: rest.changes.map(changeName),
  gates: rest.gates.map(gateState),
  not_before: iso(rest.notBefore),
  soak_ms: rest.soakMs,
})

const gateState = ({ gate, since, message, clearBy, opensAt }: Met): Json => ({
  gate,
  since: iso(since),
  message,
  clear_by: clearBy,
  opens_at: iso(opensAt),
})
