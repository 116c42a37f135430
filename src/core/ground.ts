/**
 * Whether an environment was well when a deployment began there: a failure on ill ground is no
 * proof against what was deployed.
 *
 * Invariant: what was verified by itself is well until it drifts; everything else is not.
 */

import type { Deployment, Environment, Pipeline } from './model.ts'
import type { Ground } from './reaction.ts'
import { findingOf, stepsOf } from './verification.ts'

/** What was released before anybody verified it. */
export const UNVERIFIED = 'it was never verified'

/** Why a deployment that is verified now was not seen to be well; null: it was. */
export function ailmentOf(pipeline: Pipeline, deployment: Deployment): string | null {
  const unseen = stepsOf(pipeline, deployment).filter(
    ({ name }) => findingOf(deployment, name)?.outcome !== 'pass',
  )
  if (unseen.length === 0) return null
  const by = deployment.verification.accepted?.by ?? 'somebody'
  return `${by} had to answer for ${unseen.map(({ name }) => name).join(', ')}`
}

/** What the next deployment there replaces. `former`: the same train's attempt before it. */
export function groundOf(
  { live, doubt, ailment }: Environment,
  former: Deployment | undefined,
): Ground {
  // Tried again, it replaces what the first attempt did: what that one left is its own doing.
  if (former !== undefined && (live === null || live.epoch <= former.epoch)) return former.replaces
  if (live === null) return { sha: null, ailment: null }
  return { sha: live.sha, ailment: ailmentNow({ doubt, ailment }) }
}

/** Why what is live is not known to be well now; null: it is. */
export const ailmentNow = ({ doubt, ailment }: Pick<Environment, 'doubt' | 'ailment'>) =>
  doubt?.isDrift === true ? `it had drifted: ${doubt.says}` : ailment
