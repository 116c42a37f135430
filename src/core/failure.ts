/**
 * A deployment that went wrong, and what its environment's policy makes of it.
 *
 * Invariant: derived from the present policy, the locks and what the deployment replaced. Nothing
 * is taken back where a lock stands, nor where the cause may be an earlier one.
 */
import { short } from './blocker.ts'
import { locksOn } from './gates/way.ts'
import { environmentOf } from './line.ts'
import { unknownTo } from './migrations.ts'
import type { Deployment, Environment, Pipeline, Release } from './model.ts'
import type { OnFailurePolicy } from './policy.ts'
import type { Countdown, Withheld } from './reaction.ts'
import { occupant, targetOf } from './releases.ts'
import { isBaking } from './steps.ts'
import { healthOf, isUnderVerification, unwell } from './verification.ts'

/** It failed, or its verification did. What nobody knows the end of, or a person ended, has not. */
export const isFailing = (pipeline: Pipeline, one: Deployment): boolean =>
  one.account === null &&
  (one.status === 'failed' ||
    // Of a step that fails, the deployment ends.
    (isUnderVerification(one) && !isBaking(one) && healthOf(pipeline, one) === 'failed'))

/** What went wrong, for the reason of whatever is done about it. */
export const causeOf = (pipeline: Pipeline, one: Deployment): string =>
  one.status === 'failed'
    ? `the ${one.kind === 'rollback' ? 'rollback' : 'deployment'} failed: ${one.reason ?? 'no reason given'}`
    : `its verification failed: ${unwell(pipeline, one)}`

/** The countdown that runs in an environment, and what it is about; null: none does. */
export function countdownIn(
  pipeline: Pipeline,
  { name, rollback }: Environment,
): { readonly deployment: Deployment; readonly countdown: Countdown } | null {
  const here = occupant(pipeline, name)
  // By hand it goes back already.
  if (here === undefined || rollback !== null || here.reaction?.is !== 'countdown') return null
  return isFailing(pipeline, here) ? { deployment: here, countdown: here.reaction } : null
}

/** Every countdown that runs. */
export const countdowns = (pipeline: Pipeline) =>
  pipeline.environments.flatMap((one) => countdownIn(pipeline, one) ?? [])

export type Response =
  | { readonly is: 'roll_back'; readonly to: Release }
  | { readonly is: 'stop' }
  | { readonly is: 'withhold'; readonly why: Withheld }

const withhold = (why: Withheld): Response => ({ is: 'withhold', why })

/** What is to be done now about a failure, by itself. `ownLock`: the id of a lock that is its own. */
export function responseTo(
  pipeline: Pipeline,
  failed: Deployment,
  at: {
    readonly policy: OnFailurePolicy
    readonly now: number
    readonly ownLock: string
  },
): Response {
  const { act, dryRun } = at.policy
  switch (act) {
    case 'hold':
      return withhold({ is: 'policy' })
    case 'stop':
      if (pipeline.stopped !== null) return withhold({ is: 'stopped', by: pipeline.stopped.by })
      return dryRun ? withhold({ is: 'dry_run', act }) : { is: 'stop' }
    case 'roll_back': {
      const found = wayBack(pipeline, failed)
      if (!found.ok) return withhold(found.why)
      const moved = unknownTo(pipeline, failed.environment, found.target)
      if (moved.length > 0) {
        return withhold({ is: 'migrated', changes: moved.map(({ change }) => change) })
      }
      const to = found.target.sha
      const lock = locksOn(pipeline, failed.environment, at.now).find(({ id }) => id !== at.ownLock)
      if (dryRun) return withhold({ is: 'dry_run', act, to, asks: lock?.by ?? null })
      if (lock !== undefined) {
        return withhold({ is: 'locked', by: lock.by, reason: lock.reason, to })
      }
      return { is: 'roll_back', to: found.target }
    }
  }
}

/** Where it may be taken back to without asking: to what it replaced, if that was well. */
function wayBack(
  pipeline: Pipeline,
  { kind, environment, sha, replaces }: Deployment,
):
  | { readonly ok: true; readonly target: Release }
  | { readonly ok: false; readonly why: Withheld } {
  const no = (why: Withheld) => ({ ok: false, why }) as const
  const sick = (ailment: string) => no({ is: 'sick_before', ailment })
  if (kind === 'rollback') return no({ is: 'rollback' })
  if (replaces.ailment !== null) return sick(replaces.ailment)
  const place = environmentOf(pipeline, environment)
  const found = place && targetOf(pipeline, place, null)
  if (replaces.sha === null || found === undefined || !found.ok) return no({ is: 'nothing_before' })
  if (replaces.sha === sha) return sick(`${short(sha)} was live there before, too`)
  return found.target.sha === replaces.sha
    ? { ok: true, target: found.target }
    : sick(`${short(replaces.sha)}, which was live before, is no release to go back to`)
}
