/**
 * What happens by itself when a deployment went wrong: a countdown, and then the way back; or the
 * line stops; or it is said why neither.
 *
 * Invariant: each failure is reacted to once. Nothing is taken back while a lock of anybody's
 * stands, and what is done is locked in the same decision.
 */
import type { Event } from './event.ts'
import { causeOf, countdownIn, isFailing, responseTo } from './failure.ts'
import { lockedForRollback } from './hand.ts'
import type { Deployment, Environment, Pipeline, Release } from './model.ts'
import type { EnvironmentPolicy } from './policy.ts'
import type { Withheld } from './reaction.ts'
import { occupant, takenFrom } from './releases.ts'
import { SYSTEM } from './system.ts'

/** The next step about any failure; undefined: none now. */
export function react(pipeline: Pipeline, now: number): Event | undefined {
  for (const policy of pipeline.policy.environments) {
    const environment = pipeline.environments.find(({ name }) => name === policy.name)
    const here = occupant(pipeline, policy.name)
    if (environment === undefined || here === undefined) continue
    const next = reactTo(pipeline, here, { environment, policy, now })
    if (next !== undefined) return next
  }
  return undefined
}

interface Place {
  readonly environment: Environment
  readonly policy: EnvironmentPolicy
  readonly now: number
}

function reactTo(
  pipeline: Pipeline,
  here: Deployment,
  { environment, policy: { onFailure }, now }: Place,
): Event | undefined {
  const counting = here.reaction?.is === 'countdown'
  if (here.reaction !== null && !counting) return undefined
  if (!isFailing(pipeline, here)) {
    return counting ? withheld(pipeline, here, { is: 'policy' }) : undefined
  }
  // A person takes it off the line, or back, already.
  const train = pipeline.trains.find(({ number }) => number === here.train)
  const isByHand = here.kind === 'forward' && environment.rollback !== null
  if (train?.cancelling != null || isByHand) return undefined
  if (onFailure.act === 'hold' && !counting) return undefined
  const locked = lockedForRollback(environment, {
    by: SYSTEM,
    reason: causeOf(pipeline, here),
    now,
  })
  const response = responseTo(pipeline, here, { policy: onFailure, now, ownLock: locked.lock.id })
  switch (response.is) {
    case 'withhold':
      return withheld(pipeline, here, response.why)
    case 'stop':
      return stopped(pipeline, here)
    case 'roll_back': {
      const running = countdownIn(pipeline, environment)?.countdown
      if (running === undefined) return begun(pipeline, here, { to: response.to, now, onFailure })
      if (now < running.at) return undefined
      // Closed first: nobody finds it open between the order and its lock.
      return environment.lock === null
        ? locked
        : ordered(pipeline, environment, { reason: running.cause, to: response.to, now })
    }
  }
}

const withheld = (pipeline: Pipeline, here: Deployment, why: Withheld): Event => {
  const { key, environment, reaction } = here
  // Of a countdown that ends for want of a failure nothing else tells the cause.
  const cause = reaction?.is === 'countdown' ? reaction.cause : causeOf(pipeline, here)
  return { type: 'reaction_withheld', key, environment, cause, why }
}

const stopped = (pipeline: Pipeline, here: Deployment): Event => {
  const reason = `${here.environment}: ${causeOf(pipeline, here)}`
  return { type: 'line_stopped', by: SYSTEM, reason, owner: null, failure: here.key }
}

function begun(
  pipeline: Pipeline,
  here: Deployment,
  {
    to,
    now,
    onFailure,
  }: { readonly to: Release; readonly now: number } & Pick<EnvironmentPolicy, 'onFailure'>,
): Event {
  const { key, environment } = here
  const cause = causeOf(pipeline, here)
  const countdown = { cause, since: now, at: now + onFailure.afterMs, to: to.sha }
  return { type: 'countdown_begun', key, environment, countdown }
}

const ordered = (
  pipeline: Pipeline,
  environment: Environment,
  { reason, to, now }: { readonly reason: string; readonly to: Release; readonly now: number },
): Event => ({
  type: 'rollback_ordered',
  environment: environment.name,
  order: {
    by: SYSTEM,
    reason,
    since: now,
    epoch: environment.epoch,
    from: takenFrom(pipeline, environment) ?? to.sha,
    to,
  },
})
