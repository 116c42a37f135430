/**
 * The gates of a rollout that rests at a step: its bake, what was seen of it, a person's pause, and
 * whatever keeps a start.
 *
 * Invariant: the next step is a start. Nothing that would keep a train out lets one pass.
 */
import type { At, Blocker } from '../blocker.ts'
import type { Deployment } from '../model.ts'
import { stepTitle } from '../rollout.ts'
import { stepOf } from '../steps.ts'
import { isHealthy, isUnseen, soakEnd } from '../verification.ts'
import { notVerified } from './health.ts'

/** Why the next step does not start now; `found`: what keeps it from outside. */
export function rolloutBlockers(
  { pipeline, policy, now }: At,
  here: Deployment,
  found: readonly Blocker[],
): readonly Blocker[] {
  const step = stepOf(here)
  const title = step === undefined ? '' : stepTitle(step)
  const outside = found.map((one) => ({ ...one, message: `at ${title}: ${one.message}` }))
  const { paused, skipped, bakesSince } = here.rollout ?? {}
  const environment = policy.name
  const pause: readonly Blocker[] =
    paused == null
      ? []
      : [
          {
            gate: 'hold',
            environment,
            since: paused.at,
            message: `paused at ${title} by ${paused.by}: ${paused.reason}`,
            clearBy: 'continue with a reason, skip to the last step, or take it back',
            until: null,
          },
        ]
  // Who skips waits for no bake; who pauses after that is heard all the same.
  if (skipped != null || isHealthy(pipeline, here, now)) return [...pause, ...outside]
  const bake = { ...notVerified(pipeline, here, 'it'), environment, since: bakesSince ?? now }
  // Its time is over, and the last look is not told yet.
  const isDue = bake.until !== null && now >= soakEnd(pipeline, here)
  if (!isDue) return [...pause, bake, ...outside]
  const late = isUnseen(pipeline, here, now)
    ? {
        message: `nobody has looked at it in ${environment} at ${title} for too long`,
        clearBy: 'wait for the next look',
      }
    : {}
  return [...pause, { ...bake, ...late, until: null }, ...outside]
}
