/**
 * What a button of a train names.
 *
 * Invariant: looked up when the press comes, never trusted.
 */
import { nextEnvironment, planOf } from '../../core/line.ts'
import type { ButtonValue } from '../words/button-value.ts'
import { onLine, type Seen } from './phase.ts'

/** The train alone. */
export const value = ({ pipeline, train }: Seen): ButtonValue => ({
  pipeline: pipeline.name,
  train: train.number,
})

/** The same with the plan for the next environment, as it is shown. */
export function withPlan(seen: Seen): ButtonValue {
  const { pipeline, train } = seen
  const policy = nextEnvironment(pipeline, train)
  const plan = policy && onLine(pipeline, train) ? planOf(pipeline, train, policy) : null
  return plan === null
    ? value(seen)
    : { ...value(seen), environment: plan.environment, plan: plan.hash }
}
