/**
 * What an agent reports of a run, and what a person says of an unknown one.
 *
 * Invariant: an outcome is written once. `unknown` leaves by evidence or by a named human; a
 * report from another epoch is refused.
 */
import type { Command } from '../command.ts'
import type { Event } from '../event.ts'
import { withRun } from '../migrations.ts'
import type { Deployment, Pipeline } from '../model.ts'
import { occupant } from '../releases.ts'
import { isBaking, stepOf, stepsLeft } from '../steps.ts'
import {
  type Answer,
  type Context,
  findEnvironment,
  findPlace,
  lacks,
  record,
  refuse,
} from './answer.ts'
import { claimMigrationRun, recordMigrationRun } from './migration.ts'
import { releaseByHand } from './rollback.ts'

type Of<T extends Command['type']> = Extract<Command, { type: T }>

/** From here on only the agent can end it. */
export function claimRun(pipeline: Pipeline, { run }: Of<'claim_run'>): Answer {
  const part = withRun(pipeline, run)
  if (part !== undefined) return claimMigrationRun(part.migration, part.its)
  const found = pipeline.deployments.find((one) => one.run === run)
  if (found === undefined || found.status !== 'requested' || found.cancelling) {
    return refuse({ code: 'no_such_run', run })
  }
  return found.claimed ? record() : record({ type: 'run_claimed', key: found.key })
}

export function recordRun(pipeline: Pipeline, command: Of<'record_run'>): Answer {
  const { run, epoch, status, reason, tail } = command
  const part = withRun(pipeline, run)
  if (part !== undefined) return recordMigrationRun(part.migration, part.its, command)
  const found = pipeline.deployments.find((one) => one.run === run)
  if (found === undefined) return refuse({ code: 'no_such_run', run })
  if (found.epoch !== epoch) return refuse({ code: 'stale_epoch', run, epoch })
  // Of a step that is done the outcome was written.
  if (isBaking(found)) return record()
  const { key } = found
  if (status === 'running') {
    return found.status === 'requested' ? record({ type: 'run_started', key, run }) : record()
  }
  const open = found.status === 'requested' || found.status === 'running'
  const evidence = found.status === 'unknown' && status !== 'unknown'
  if (!open && !evidence) return record()
  if (status === 'succeeded' && stepsLeft(found) > 0) {
    return record(stepDone(found, { reason, source: 'agent' }))
  }
  return record({ type: 'deployment_ended', key, status, reason, tail, source: 'agent' })
}

/** It goes on with its bake: what is done is one step, and the deployment is not over. */
function stepDone(
  one: Deployment,
  how: { readonly reason: string | null; readonly source: 'agent' | 'person' },
): Event {
  const step = stepOf(one)
  if (step === undefined) throw new Error(`${one.key} is at no step`)
  return { type: 'step_done', key: one.key, run: one.run, step, ...how }
}

export function settleUnknown(
  pipeline: Pipeline,
  { environment, outcome, reason }: Of<'settle_unknown'>,
  context: Context,
): Answer {
  const denied = lacks(pipeline, context, 'settle')
  if (denied !== undefined) return refuse(denied)
  const found = findEnvironment(pipeline, environment)
  if (!found.ok) return found
  const here = occupant(pipeline, environment)
  if (here?.status !== 'unknown') return refuse({ code: 'not_unknown', environment })
  const said = `settled by ${context.actor.name}: ${reason}`
  if (outcome === 'succeeded' && stepsLeft(here) > 0) {
    return record(stepDone(here, { reason: said, source: 'person' }))
  }
  const ended: Event = {
    type: 'deployment_ended',
    key: here.key,
    status: outcome,
    reason: said,
    tail: here.tail,
    source: 'person',
  }
  if (outcome === 'failed' || here.account === null) return record(ended)
  // The line did not order it, so what it brought is live by this person's word.
  const place = findPlace(pipeline, environment)
  if (!place.ok) return place
  const live = { sha: here.sha, epoch: place.it.epoch + 1, reason, context }
  return record(
    ended,
    { type: 'deployment_settled', key: here.key, why: 'release' },
    ...releaseByHand(pipeline, place.it, live),
  )
}
