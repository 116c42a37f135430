/**
 * The journey: every environment in travel order, how far the train is there, and how long it took.
 *
 * Invariant: failed, aborted, unknown, taken back and not yet reached never look alike.
 */
import { locksOn } from '../../core/gates/way.ts'
import { journeyOf, nextEnvironment } from '../../core/line.ts'
import type { Deployment, Pipeline } from '../../core/model.ts'
import { isBaking } from '../../core/steps.ts'
import { healthOf, isUnderVerification, soakEnd } from '../../core/verification.ts'
import { standing } from '../../core/windows.ts'
import { join, type Mrkdwn, md, nothing } from '../words/mrkdwn.ts'
import { clock, span } from '../words/time.ts'
import type { Seen } from './phase.ts'
import { stepsLine } from './rollout.ts'

const SHOWN_MAX = 12

export function journey(seen: Seen): Mrkdwn {
  const names = journeyOf(seen.pipeline, seen.train).map(({ name }) => name)
  const steps = names.slice(0, SHOWN_MAX).map((name) => step(seen, name))
  const more = names.length > SHOWN_MAX ? [md`+ ${names.length - SHOWN_MAX} more`] : []
  return join([...steps, ...more], ' → ')
}

function step(seen: Seen, name: string): Mrkdwn {
  const { pipeline, deployments, now } = seen
  const last = deployments.findLast(({ environment }) => environment === name)
  const lock = locksOn(pipeline, name, now).length > 0 ? ' 🔒' : ''
  const policy = pipeline.policy.environments.find((one) => one.name === name)
  const isShut = policy?.windows != null && !standing(policy.windows, now).isOpen
  const shut = isShut && last === undefined ? ' 🕘' : ''
  if (last !== undefined) return md`${drawn(pipeline, last)}${until(seen, last)}${lock}`
  return isNext(seen, name) ? md`▶️ *${name}* next${lock}${shut}` : md`⬜ ${name}${lock}${shut}`
}

function until({ pipeline }: Seen, deployment: Deployment): Mrkdwn {
  const { kind } = deployment
  return kind === 'forward' &&
    isUnderVerification(deployment) &&
    healthOf(pipeline, deployment) === 'well'
    ? md` until ${clock(soakEnd(pipeline, deployment))}`
    : nothing
}

/** Where a departed train wants to go from where it stands, with nothing else under way. */
function isNext({ pipeline, train, deployments }: Seen, name: string): boolean {
  const isIdle = deployments.every(
    ({ status, kind }) => status === 'verified' && kind === 'forward',
  )
  return train.status === 'departed' && isIdle && nextEnvironment(pipeline, train)?.name === name
}

function drawn(pipeline: Pipeline, deployment: Deployment): Mrkdwn {
  const name = deployment.environment
  const back = deployment.kind === 'rollback'
  const took = tookOf(deployment)
  if (deployment.takenBack) return md`⏪ ${name} taken back`
  switch (deployment.status) {
    case 'requested':
      return md`${back ? '⏪' : '▶️'} *${name}*${stepsLine(deployment)} waits for its agent`
    case 'running':
      return isBaking(deployment)
        ? md`${deployment.rollout?.paused == null ? '🪜' : '⏸️'} *${name}*${stepsLine(deployment)}`
        : md`${back ? '⏪' : '▶️'} *${name}*${stepsLine(deployment)} since ${clock(deployment.startedAt ?? deployment.requestedAt)}`
    case 'succeeded':
      return back ? md`⏪ *${name}* went back` : verifying(pipeline, deployment)
    case 'verified':
      return back ? md`⏪ *${name}* went back` : md`✅ ${name} ${took}`
    case 'failed':
      return md`❌ *${name}* ${back ? 'rollback failed' : 'failed'}`
    case 'aborted':
      return md`🛑 *${name}* aborted`
    case 'unknown':
      return md`❓ *${name}* unknown`
  }
}

function verifying(pipeline: Pipeline, deployment: Deployment): Mrkdwn {
  const name = deployment.environment
  const took = tookOf(deployment)
  switch (healthOf(pipeline, deployment)) {
    case 'well':
      return md`⏲️ *${name}* ${took}, soaking`
    case 'waiting':
      return md`🔎 *${name}* ${took}, being verified`
    case 'inconclusive':
      return md`❔ *${name}* ${took}, inconclusive`
    case 'failed':
      return md`🤒 *${name}* ${took}, not healthy`
  }
}

/**
 * How long its command ran, or all the steps of a rollout took; empty while nobody knows, and of one
 * that ended in a bake.
 */
export const tookOf = ({ startedAt, endedAt, rollout }: Deployment): string =>
  startedAt === null || endedAt === null || rollout?.bakesSince != null
    ? ''
    : span(endedAt - (rollout !== null && rollout.steps.length > 1 ? rollout.since : startedAt))
