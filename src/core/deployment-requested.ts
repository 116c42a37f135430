/**
 * A deployment as it is ordered: its names, and nothing done yet.
 *
 * Invariant: key and run name the same attempt, and no other attempt ever has them.
 */
import type { Event } from './event.ts'
import { NOTHING_FOUND } from './finding.ts'
import type { Deployment, Pipeline } from './model.ts'
import { wordsFor } from './patch.ts'
import type { EnvironmentPolicy } from './policy.ts'
import { beginRollout, type Passed } from './rollout.ts'

type Requested = Pick<
  Deployment,
  'train' | 'kind' | 'attempt' | 'sha' | 'baseSha' | 'epoch' | 'replaces' | 'plan'
> & {
  readonly whose: string
  readonly policy: EnvironmentPolicy
  readonly now: number
  /** The closed gates that it starts past. */
  readonly passed: readonly Passed[]
}

/** Orders it from the environment's agent, with what to execute as the policy says now. */
export function deploymentRequested(pipeline: Pipeline, requested: Requested): Event {
  const { whose, policy, now, passed, ...facts } = requested
  const { kind, attempt, train, plan } = facts
  const words = { ...wordsFor(pipeline, train ?? 0, { environment: policy.name, plan }), passed }
  return {
    type: 'deployment_requested',
    deployment: {
      ...facts,
      key: `${pipeline.name}/${whose}:${policy.name}:${kind}:${attempt}`,
      run: `${pipeline.name}-${whose}-${policy.name}-${kind}-${attempt}`,
      environment: policy.name,
      deploy: policy.deploy,
      agent: policy.agent,
      status: 'requested',
      requestedAt: now,
      startedAt: null,
      endedAt: null,
      reason: null,
      tail: [],
      claimed: false,
      cancelling: false,
      settled: false,
      takenBack: false,
      account: null,
      verification: NOTHING_FOUND,
      reaction: null,
      rollout: beginRollout(policy.rollout, { kind, at: now, words }),
    },
  }
}
