/**
 * Everything that happens by itself: doors close, the next environment is entered, a soak ends,
 * a lock expires, a train arrives, what went wrong is taken back.
 *
 * Invariant: one event at a time, from the state alone, so any nudge at any moment is safe and a
 * lost one only delays. It starts nothing while the gate gives a reason to wait.
 */
import { react } from './advance-failure.ts'
import { migrate } from './advance-migrations.ts'
import { goBack, land } from './advance-rollback.ts'
import { rollOut } from './advance-rollout.ts'
import { deploymentRequested } from './deployment-requested.ts'
import { closesOn, dueReason } from './doors.ts'
import type { Event } from './event.ts'
import { blockers, passedBy } from './gate.ts'
import { groundOf } from './ground.ts'
import { place } from './hand.ts'
import { keep, landing } from './landing.ts'
import {
  aboard,
  attemptAt,
  branchOrder,
  deploymentsOf,
  endOf,
  isLiveAt,
  isVerifiedAt,
  journeyOf,
  line,
  nextEnvironment,
  planOf,
  unfinished,
} from './line.ts'
import type { Deployment, Lock, Pipeline, Train } from './model.ts'
import type { EnvironmentPolicy } from './policy.ts'
import { goingBack, occupant } from './releases.ts'
import { isBaking } from './steps.ts'
import { healthOf, isHealthy, isUnderVerification } from './verification.ts'

/** What happens next by itself at `now`; undefined: nothing. */
export function advance(pipeline: Pipeline, now: number): Event | undefined {
  return (
    expireLock(pipeline, now) ??
    keep(pipeline, now) ??
    land(pipeline) ??
    goBack(pipeline, now) ??
    lapse(pipeline) ??
    verify(pipeline, now) ??
    arrive(pipeline) ??
    place(pipeline, now) ??
    cancel(pipeline) ??
    rollOut(pipeline, now) ??
    react(pipeline, now) ??
    open(pipeline) ??
    depart(pipeline, now) ??
    request(pipeline, now) ??
    migrate(pipeline, now)
  )
}

/** Every lock of this pipeline that stands, expired ones too. */
export const ownLocks = (pipeline: Pipeline): readonly Lock[] =>
  [pipeline.lock, ...pipeline.environments.map(({ lock }) => lock)].flatMap((lock) =>
    lock === null ? [] : [lock],
  )

function expireLock(pipeline: Pipeline, now: number): Event | undefined {
  const lock = ownLocks(pipeline).find(({ expires }) => expires !== null && now >= expires)
  return lock && { type: 'lock_expired', lock }
}

function verify(pipeline: Pipeline, now: number): Event | undefined {
  const soaked = pipeline.deployments.find(
    (one) => isUnderVerification(one) && !isBaking(one) && isHealthy(pipeline, one, now),
  )
  return soaked && { type: 'deployment_verified', key: soaked.key }
}

function arrive(pipeline: Pipeline): Event | undefined {
  const train = unfinished(pipeline).find((one) => {
    const last = journeyOf(pipeline, one).at(-1)
    return last !== undefined && isVerifiedAt(pipeline, one, last.name)
  })
  if (train?.sha == null) return undefined
  return {
    type: 'train_arrived',
    train: train.number,
    sha: train.sha,
    changes: aboard(pipeline, train).map(({ sha }) => sha),
    ...landing(pipeline, train),
  }
}

/** A cancel came too late once the last environment has succeeded: said before the train arrives. */
function lapse(pipeline: Pipeline): Event | undefined {
  const late = unfinished(pipeline).find((one) => one.cancelling !== null && isLive(pipeline, one))
  if (late === undefined || late.cancelling === null) return undefined
  return { type: 'cancel_lapsed', train: late.number, by: late.cancelling.by }
}

/** A cancel is done once its running deployment is. */
function cancel(pipeline: Pipeline): Event | undefined {
  const train = unfinished(pipeline).find(({ cancelling }) => cancelling !== null)
  if (train === undefined || train.cancelling === null) return undefined
  const { by, reason } = train.cancelling
  if (isTakenBack(pipeline, train)) return undefined
  const mine = deploymentsOf(pipeline, train)
  if (mine.some(({ status }) => ['requested', 'running', 'unknown'].includes(status)))
    return undefined
  const failed = mine.find(
    (one) =>
      (!one.settled && (one.status === 'failed' || one.status === 'aborted')) ||
      (isUnderVerification(one) && isDoubtful(pipeline, one)),
  )
  if (failed !== undefined) return { type: 'deployment_settled', key: failed.key, why: 'cancel' }
  if (train.special !== null) {
    const changes = aboard(pipeline, train).map(({ sha }) => sha)
    const own = { train: train.number, by, reason, changes, receiver: null, coupled: null }
    return { type: 'train_cancelled', ...own }
  }
  const trains = line(pipeline)
  const behind = trains[trains.findIndex(({ number }) => number === train.number) + 1]
  if (behind === undefined) return { type: 'train_opened', train: pipeline.nextTrain }
  return {
    type: 'train_cancelled',
    train: train.number,
    by,
    reason,
    changes: aboard(pipeline, train).map(({ sha }) => sha),
    receiver: behind.number,
    coupled: later(pipeline, behind.coupled, train.sha),
  }
}

/** It leaves the line by a way back that is ordered already, which asks for what it carries anew. */
function isTakenBack(pipeline: Pipeline, { number }: Train): boolean {
  const last = pipeline.environments.at(-1)
  return last !== undefined && goingBack(pipeline, last).some((one) => one.number === number)
}

/** Nothing but a person would ever end its verification. */
const isDoubtful = (pipeline: Pipeline, one: Deployment): boolean =>
  ['failed', 'inconclusive'].includes(healthOf(pipeline, one))

/** Of two shas of the line, the one that is further up the branch. */
function later(pipeline: Pipeline, a: string | null, b: string | null): string | null {
  const order = branchOrder(pipeline).map(({ sha }) => sha)
  return order.indexOf(a ?? '') > order.indexOf(b ?? '') ? a : b
}

/** Whether this train's deployment in its last environment has succeeded. */
export function isLive(pipeline: Pipeline, train: Train): boolean {
  const last = journeyOf(pipeline, train).at(-1)
  return last !== undefined && isLiveAt(pipeline, train, last.name)
}

function open(pipeline: Pipeline): Event | undefined {
  const trains = line(pipeline)
  if (trains.some(({ status }) => status === 'boarding')) return undefined
  const order = branchOrder(pipeline)
  const taken = Math.max(0, ...trains.map((train) => endOf(pipeline, order, train)))
  const waits = order.slice(taken).some(({ carried }) => carried)
  return waits ? { type: 'train_opened', train: pipeline.nextTrain } : undefined
}

function depart(pipeline: Pipeline, now: number): Event | undefined {
  const train = unfinished(pipeline).find(({ status }) => status === 'boarding')
  if (train === undefined || train.cancelling !== null) return undefined
  const why = dueReason(pipeline, train, now)
  const last = why && closesOn(pipeline, train, now)
  if (why === undefined || last === undefined) return undefined
  const pinned = { ...train, sha: last.sha }
  const trains = pipeline.trains.map((one) => (one === train ? pinned : one))
  const changes = aboard({ ...pipeline, trains }, pinned).map(({ sha }) => sha)
  return { type: 'train_departed', train: train.number, sha: last.sha, why, changes }
}

function request(pipeline: Pipeline, now: number): Event | undefined {
  for (const train of unfinished(pipeline)) {
    if (train.sha === null || train.cancelling !== null) continue
    const policy = wanted(pipeline, train).find(
      (one) =>
        occupant(pipeline, one.name) === undefined &&
        blockers(pipeline, train, { policy: one, now }).length === 0,
    )
    if (policy !== undefined) return requestFor(pipeline, train, { policy, now })
  }
  return undefined
}

/** The next environment in travel order, and any that broken glass lets it enter out of order. */
export function wanted(pipeline: Pipeline, train: Train): readonly EnvironmentPolicy[] {
  const next = nextEnvironment(pipeline, train)
  const direct = journeyOf(pipeline, train).filter(
    ({ name }) =>
      name !== next?.name &&
      !isLiveAt(pipeline, train, name) &&
      train.overrides.some((one) => one.environment === name && one.gates.includes('order')),
  )
  return next === undefined ? [] : [next, ...direct]
}

function requestFor(
  pipeline: Pipeline,
  train: Train,
  { policy, now }: { readonly policy: EnvironmentPolicy; readonly now: number },
): Event | undefined {
  const plan = planOf(pipeline, train, policy)
  const environment = pipeline.environments.find(({ name }) => name === policy.name)
  if (plan === null || environment === undefined) return undefined
  return deploymentRequested(pipeline, {
    train: train.number,
    whose: String(train.number),
    policy,
    kind: 'forward',
    attempt: (attemptAt(pipeline, train, policy.name)?.attempt ?? 0) + 1,
    sha: plan.sha,
    baseSha: environment.live?.sha ?? null,
    epoch: environment.epoch + 1,
    replaces: groundOf(environment, attemptAt(pipeline, train, policy.name)),
    plan: plan.hash,
    passed: passedBy({ pipeline, train, policy, now }),
    now,
  })
}
