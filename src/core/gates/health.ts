/**
 * The gate of what is deployed and not verified: it soaks, it is doubtful, or it is sick.
 *
 * Invariant: while nobody knows whether it is healthy only a named person lets it go on.
 */
import type { Blocker } from '../blocker.ts'
import type { Deployment, Pipeline } from '../model.ts'
import { atStep, isBaking } from '../steps.ts'
import { healthOf, soakEnd, unwell } from '../verification.ts'

type Found = Pick<Blocker, 'message' | 'clearBy' | 'until'> & { readonly gate: 'soak' | 'failed' }

/** Why a succeeded deployment is not verified yet; `whose`: as its sentence names it. */
export function notVerified(pipeline: Pipeline, deployment: Deployment, whose: string): Found {
  const environment = `${deployment.environment}${isBaking(deployment) ? atStep(deployment) : ''}`
  const what = unwell(pipeline, deployment)
  switch (healthOf(pipeline, deployment)) {
    case 'well':
      return {
        gate: 'soak',
        message: `${whose} ${isBaking(deployment) ? 'bakes' : 'soaks'} in ${environment}`,
        clearBy: `wait until the ${isBaking(deployment) ? 'bake' : 'soak'} is over`,
        until: soakEnd(pipeline, deployment),
      }
    case 'waiting':
      return {
        gate: 'soak',
        message: `${whose} is being verified in ${environment}: ${what}`,
        clearBy: 'wait for its verification',
        until: null,
      }
    case 'inconclusive':
      return {
        gate: 'soak',
        message: `the verification of ${whose} in ${environment} is inconclusive: ${what}`,
        clearBy: 'look at it, then continue with a reason, or take it back',
        until: null,
      }
    case 'failed':
      return {
        gate: 'failed',
        message: `the verification of ${whose} in ${environment} failed: ${what}`,
        clearBy: 'take it back, retry it, or continue with a reason',
        until: null,
      }
  }
}
