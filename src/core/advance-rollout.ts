/**
 * A rollout goes on by itself: from step to step, or to its end where a person or its verification
 * says so.
 *
 * Invariant: a step is a start, and starts only where nothing keeps one. A step that fails ends the
 * whole deployment, so that what follows a failure follows this one.
 */
import type { Event } from './event.ts'
import { blockers } from './gate.ts'
import { environmentOf } from './line.ts'
import type { Deployment, Pipeline } from './model.ts'
import { wordsOf } from './patch.ts'
import { atStep, isBaking, nextStepAt, stepRun } from './steps.ts'
import { healthOf, unwell, wellSeen } from './verification.ts'

/** What happens next to a rollout that rests; undefined: it waits. */
export function rollOut(pipeline: Pipeline, now: number): Event | undefined {
  for (const one of pipeline.deployments) {
    const next = isBaking(one) ? goOn(pipeline, one, now) : undefined
    if (next !== undefined) return next
  }
  return undefined
}

function goOn(pipeline: Pipeline, here: Deployment, now: number): Event | undefined {
  const train = pipeline.trains.find(({ number }) => number === here.train)
  const environment = environmentOf(pipeline, here.environment)
  const policy = pipeline.policy.environments.find(({ name }) => name === here.environment)
  if (train === undefined || environment === undefined || policy === undefined) return undefined
  const { cancelling } = train
  const { rollback, epoch } = environment
  if (rollback !== null) return ended(here, 'aborted', `${rollback.by} takes it back`)
  if (cancelling !== null) return ended(here, 'aborted', `cancelled by ${cancelling.by}`)
  if (healthOf(pipeline, here) === 'failed') return ended(here, 'failed', unwell(pipeline, here))
  if (blockers(pipeline, train, { policy, now }).length > 0) return undefined
  const at = nextStepAt(here)
  const step = here.rollout?.steps[at]
  if (step === undefined) return undefined
  const { passes, overrides } = wordsOf(pipeline, train.number)
  const words = {
    passes: passes.filter((one) => one.environment === policy.name),
    overrides: overrides.filter((one) => one.environment === policy.name),
  }
  const run = stepRun(here.run, at)
  const seen = wellSeen(pipeline, here)
  return { type: 'step_requested', key: here.key, run, epoch: epoch + 1, at, step, words, seen }
}

const ended = (here: Deployment, status: 'failed' | 'aborted', why: string): Event => ({
  type: 'deployment_ended',
  key: here.key,
  status,
  reason: `${atStep(here).trim()}: ${why}`,
  tail: here.tail,
  source: 'agent',
})
