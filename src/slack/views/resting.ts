/**
 * What a rollout does between two of its steps, as one of a closed list.
 *
 * Invariant: derived from the gate's own answer, never a second opinion.
 */
import type { Blocker } from '../../core/blocker.ts'
import { blockers } from '../../core/gate.ts'
import type { Deployment } from '../../core/model.ts'
import { isBaking } from '../../core/steps.ts'
import { healthOf, soakEnd } from '../../core/verification.ts'
import type { Scene } from '../scene.ts'

/** What a rollout that rests is doing. */
export type Resting =
  | { readonly is: 'baking'; readonly deployment: Deployment; readonly until: number }
  | { readonly is: 'paused'; readonly deployment: Deployment }
  /** Nothing is known that would let it go on. */
  | { readonly is: 'doubtful'; readonly deployment: Deployment }
  /** These gates keep it at its step. */
  | {
      readonly is: 'kept'
      readonly deployment: Deployment
      readonly blockers: readonly Blocker[]
    }

/** Undefined: no run of it is done yet, or it goes to everybody at once. */
export function restingOf(
  { pipeline, train, now }: Pick<Scene, 'pipeline' | 'train' | 'now'>,
  here: Deployment,
): Resting | undefined {
  const policy = pipeline.policy.environments.find(({ name }) => name === here.environment)
  if (!isBaking(here) || policy === undefined) return undefined
  if (here.rollout?.paused != null) return { is: 'paused', deployment: here }
  if (healthOf(pipeline, here) === 'inconclusive') return { is: 'doubtful', deployment: here }
  const own = pipeline.trains.find(({ number }) => number === train.number) ?? train
  const found = blockers(pipeline, own, { policy, now })
  const outside = found.filter(({ gate }) => gate !== 'soak' && gate !== 'failed')
  return outside.length > 0
    ? { is: 'kept', deployment: here, blockers: outside }
    : { is: 'baking', deployment: here, until: soakEnd(pipeline, here) }
}
