/**
 * When an environment is asked whether it still runs what it should.
 *
 * Invariant: only while nothing is being done to it: what is under way has its own verification.
 */
import type { Environment, Pipeline } from './model.ts'
import type { EnvironmentPolicy } from './policy.ts'
import { occupant } from './releases.ts'
import type { VerifyStep } from './verify-step.ts'

type HttpStep = Extract<VerifyStep, { kind: 'http' }>

/** The question by which an environment tells which sha it runs. */
export const realityStep = ({ verify }: EnvironmentPolicy): HttpStep | undefined =>
  verify.find((step): step is HttpStep => step.kind === 'http' && step.expect?.is === 'sha')

/** When to ask next; null: not while things are as they are. `last`: when it was asked last. */
export function nextRealityAt(
  pipeline: Pipeline,
  environment: Environment,
  last: number | null,
): number | null {
  const { name, live, rollback } = environment
  const policy = pipeline.policy.environments.find((one) => one.name === name)
  if (policy?.reality == null || live === null || rollback !== null) return null
  if (occupant(pipeline, name) !== undefined) return null
  return Math.max(last ?? live.since, live.since) + policy.reality.everyMs
}
