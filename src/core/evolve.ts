/**
 * One event applied to a pipeline.
 *
 * Invariant: total and unconditional; whatever must be refused was refused before the event was
 * made. An untouched part stays the same object, which is how the database knows what to save.
 */
import { boardingTrain } from './empty.ts'
import type { Event } from './event.ts'
import { rewriteBranch } from './evolve-branch.ts'
import { evolveFailure } from './evolve-failure.ts'
import { evolveFlag } from './evolve-flags.ts'
import { evolveMigration, openMigrations } from './evolve-migrations.ts'
import {
  arriveTrain,
  endDeployment,
  orderRollback,
  placeRelease,
  recordRelease,
  rollBack,
  shipBelow,
  verifyDeployment,
} from './evolve-releases.ts'
import { evolveRollout } from './evolve-rollout.ts'
import { departSpecial, followLock, keepSpecial, mergeSpecial } from './evolve-special.ts'
import { evolveVerification } from './evolve-verification.ts'
import { evolvePassage, evolveWord } from './evolve-words.ts'
import { ailmentNow } from './ground.ts'
import { environmentOf } from './line.ts'
import type { Change, Deployment, Lock, Pipeline } from './model.ts'
import { deployment, environmentTo, setLock, train, useUp } from './patch.ts'

interface Stamp {
  readonly at: number
}

/** The pipeline after `event`. */
export function evolve(pipeline: Pipeline, event: Event, { at }: Stamp): Pipeline {
  switch (event.type) {
    case 'change_recorded':
    case 'change_enriched':
      return recordChange(pipeline, event.change)
    case 'branch_rewritten':
      return rewriteBranch(pipeline, event)
    case 'check_recorded': {
      const { sha, name } = event.check
      const others = pipeline.checks.filter((check) => check.sha !== sha || check.name !== name)
      return { ...pipeline, checks: [...others, event.check] }
    }
    case 'train_opened':
      return openTrain(pipeline, event.train, at)
    case 'train_departed':
      return departTrain(pipeline, event, at)
    case 'special_departed':
      return departSpecial(pipeline, event, at)
    case 'special_kept':
      return keepSpecial(pipeline, event)
    case 'special_merged':
      return mergeSpecial(pipeline, event)
    case 'consent_given':
      return { ...pipeline, consents: [...pipeline.consents, event.consent] }
    case 'consent_withdrawn': {
      const { change, by } = event.consent
      const kept = pipeline.consents.filter((c) => c.change !== change || c.by !== by)
      return { ...pipeline, consents: kept }
    }
    case 'approval_given':
    case 'approval_withdrawn':
    case 'hold_placed':
    case 'hold_withdrawn':
      return evolveWord(pipeline, event)
    case 'lock_passed':
    case 'window_passed':
    case 'glass_broken':
    case 'plan_accepted':
    case 'veto_released':
      return evolvePassage(pipeline, event)
    case 'locked':
      return takeLock(pipeline, event.lock)
    case 'unlocked':
    case 'lock_expired':
      return followLock(setLock(pipeline, event.lock, null), event.lock.id, null)
    case 'lock_overruled':
      return pipeline
    case 'line_stopped':
      return stopLine(pipeline, event, at)
    case 'stop_claimed':
      return pipeline.stopped === null
        ? pipeline
        : { ...pipeline, stopped: { ...pipeline.stopped, owner: event.by } }
    case 'line_resumed':
      return { ...pipeline, stopped: null }
    case 'deployment_requested':
      return requestDeployment(pipeline, event.deployment)
    case 'run_claimed':
      return deployment(pipeline, event.key, { claimed: true })
    case 'run_started':
      return deployment(pipeline, event.key, { status: 'running', startedAt: at })
    case 'run_cancel_requested':
      return deployment(pipeline, event.key, { cancelling: true })
    case 'deployment_ended':
      return endDeployment(pipeline, event, at)
    case 'step_done':
    case 'step_requested':
    case 'rollout_paused':
    case 'rollout_skipped':
    case 'rollout_continued':
      return evolveRollout(pipeline, event, at)
    case 'deployment_verified':
      return verifyDeployment(pipeline, event.key)
    case 'verification_recorded':
    case 'verification_accepted':
      return evolveVerification(pipeline, event)
    case 'countdown_begun':
    case 'countdown_cancelled':
    case 'reaction_withheld':
      return evolveFailure(pipeline, event)
    case 'reality_doubted':
    case 'drift_found':
      return environmentTo(pipeline, event.environment, { doubt: event.doubt })
    case 'flag_off_requested':
    case 'flag_off_done':
    case 'flag_off_failed':
      return evolveFlag(pipeline, event)
    case 'retirement_done':
    case 'retirement_failed':
      return pipeline
    case 'migration_opened':
      return openMigrations(pipeline, event, at)
    case 'migration_live':
    case 'migration_gone':
    case 'migration_ready':
    case 'migration_begun':
    case 'migration_paused':
    case 'migration_resumed':
    case 'migration_run_requested':
    case 'migration_run_claimed':
    case 'migration_run_started':
    case 'migration_run_ended':
    case 'migration_verified':
    case 'migration_reminded':
    case 'migration_reopened':
    case 'migration_contracted':
      return evolveMigration(pipeline, event, at)
    case 'reality_agreed':
      return environmentTo(pipeline, event.environment, { doubt: null })
    case 'deployment_settled':
      return settleDeployment(pipeline, event.key)
    case 'deployment_told':
      return tellDeployment(pipeline, event.deployment)
    case 'cancel_requested':
      return train(pipeline, event.train, { cancelling: { by: event.by, reason: event.reason } })
    case 'cancel_lapsed':
      return train(pipeline, event.train, { cancelling: null })
    case 'train_cancelled':
      return cancelTrain(pipeline, event, at)
    case 'train_arrived':
      return arriveTrain(pipeline, event)
    case 'rollback_ordered':
      return orderRollback(pipeline, event)
    case 'rolled_back':
      return rollBack(pipeline, event, at)
    case 'release_recorded':
      return recordRelease(pipeline, event)
    case 'release_placed':
      return placeRelease(pipeline, event)
  }
}

function stopLine(
  pipeline: Pipeline,
  { by, reason, owner, failure }: Extract<Event, { type: 'line_stopped' }>,
  at: number,
): Pipeline {
  const stopped = { ...pipeline, stopped: { by, reason, owner, since: at } }
  return failure === undefined
    ? stopped
    : deployment(stopped, failure, { reaction: { is: 'stopped' } })
}

function takeLock(pipeline: Pipeline, lock: Lock): Pipeline {
  const before = pipeline.environments.find(({ name }) => name === lock.environment)?.lock
  const locked = setLock(pipeline, lock, lock)
  return before == null ? locked : followLock(locked, before.id, lock.id)
}

/** The epoch rises; what was said once for this start is used up. */
function requestDeployment(pipeline: Pipeline, requested: Deployment): Pipeline {
  const { environment, epoch, train: number, kind } = requested
  const deployments = [...pipeline.deployments, requested]
  const place = environmentOf(pipeline, environment)
  // Asked anew it may say anything; that it had drifted is for whatever fails on top of it to know.
  const ailment = place === undefined ? null : ailmentNow(place)
  const now = { epoch, doubt: null, ailment }
  const raised = environmentTo({ ...pipeline, deployments }, environment, now)
  return kind === 'rollback' || number === null ? raised : useUp(raised, number, environment)
}

/** One that soaked and is over before its time is no longer there. */
function settleDeployment(pipeline: Pipeline, key: string): Pipeline {
  const soaks = pipeline.deployments.some(
    (one) => one.key === key && one.status === 'succeeded' && one.account === null,
  )
  return deployment(pipeline, key, soaks ? { settled: true, takenBack: true } : { settled: true })
}

/** What was started under an epoch is never overtaken by a later start of ours. */
function tellDeployment(pipeline: Pipeline, told: Deployment): Pipeline {
  const { key, environment, epoch } = told
  if (pipeline.deployments.some((one) => one.key === key)) return deployment(pipeline, key, told)
  const deployments = [...pipeline.deployments, told]
  return environmentTo({ ...pipeline, deployments }, environment, { epoch })
}

/** Below something live everything is live: also what is heard of later, and what that stands on. */
function recordChange(pipeline: Pipeline, change: Change): Pipeline {
  const others = pipeline.changes.filter(({ sha }) => sha !== change.sha)
  const recorded = { ...pipeline, changes: [...others, change] }
  const shipment = pipeline.shipped.get(change.sha)
  return shipment === undefined ? recorded : shipBelow(recorded, change, shipment)
}

function openTrain(pipeline: Pipeline, number: number, at: number): Pipeline {
  const trains = [...pipeline.trains, boardingTrain(number, at)]
  return { ...pipeline, trains, nextTrain: number + 1 }
}

function departTrain(
  pipeline: Pipeline,
  { train: number, sha }: Extract<Event, { type: 'train_departed' }>,
  at: number,
): Pipeline {
  const journey = pipeline.policy.environments.map(({ name }) => name)
  return train(pipeline, number, { status: 'departed', sha, journey, departedAt: at })
}

/** Its changes fall to the train behind, with the reason as a hold: a cancel never departs by itself. */
function cancelTrain(
  pipeline: Pipeline,
  event: Extract<Event, { type: 'train_cancelled' }>,
  at: number,
): Pipeline {
  const cancelled = train(pipeline, event.train, {
    status: 'cancelled',
    carried: event.changes,
    cancelling: { by: event.by, reason: event.reason },
  })
  const receiver = cancelled.trains.find(({ number }) => number === event.receiver)
  if (receiver === undefined || event.changes.length === 0) return cancelled
  const hold = { by: event.by, reason: `train #${event.train} was cancelled: ${event.reason}`, at }
  const others = receiver.holds.filter(({ by }) => by !== event.by)
  return train(cancelled, receiver.number, {
    holds: [...others, hold],
    coupled: event.coupled,
  })
}
