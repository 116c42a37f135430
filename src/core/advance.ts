/**
 * Everything that happens by itself: doors close, the next environment is entered, a soak ends,
 * a lock expires, a train arrives.
 *
 * Invariant: one event at a time, from the state alone, so any nudge at any moment is safe and a
 * lost one only delays. It starts nothing while the gate gives a reason to wait.
 */
import { closesOn, dueReason } from './doors.ts'
import type { Event } from './event.ts'
import { blockers, occupant } from './gate.ts'
import {
  aboard,
  attemptAt,
  branchOrder,
  deploymentsOf,
  isVerifiedAt,
  nextEnvironment,
  planOf,
  spanOf,
  unfinished,
} from './line.ts'
import type { Lock, Pipeline, Train } from './model.ts'
import type { EnvironmentPolicy } from './policy.ts'

/** What happens next by itself at `now`; undefined: nothing. */
export function advance(pipeline: Pipeline, now: number): Event | undefined {
  return (
    expireLock(pipeline, now) ??
    verify(pipeline, now) ??
    arrive(pipeline) ??
    cancel(pipeline) ??
    open(pipeline) ??
    depart(pipeline, now) ??
    request(pipeline, now)
  )
}

/** Every lock that stands, expired ones too. */
export const ownLocks = (pipeline: Pipeline): readonly Lock[] =>
  [pipeline.lock, ...pipeline.environments.map(({ lock }) => lock)].flatMap((lock) =>
    lock === null ? [] : [lock],
  )

function expireLock(pipeline: Pipeline, now: number): Event | undefined {
  const lock = ownLocks(pipeline).find(({ expires }) => expires !== null && now >= expires)
  return lock && { type: 'lock_expired', lock }
}

export const soakMs = (pipeline: Pipeline, environment: string): number =>
  pipeline.policy.environments.find(({ name }) => name === environment)?.soakMs ?? 0

function verify(pipeline: Pipeline, now: number): Event | undefined {
  const soaked = pipeline.deployments.find(
    ({ status, endedAt, environment }) =>
      status === 'succeeded' && now >= (endedAt ?? now) + soakMs(pipeline, environment),
  )
  return soaked && { type: 'deployment_verified', key: soaked.key }
}

function arrive(pipeline: Pipeline): Event | undefined {
  const last = pipeline.policy.environments.at(-1)
  const train = unfinished(pipeline).find(
    (one) => last !== undefined && isVerifiedAt(pipeline, one, last.name),
  )
  if (train?.sha == null) return undefined
  return {
    type: 'train_arrived',
    train: train.number,
    sha: train.sha,
    changes: aboard(pipeline, train).map(({ sha }) => sha),
    span: spanOf(pipeline, train).map(({ sha }) => sha),
  }
}

/** A cancel is done once its running deployment is; it lapses if the last environment succeeded. */
function cancel(pipeline: Pipeline): Event | undefined {
  const train = unfinished(pipeline).find(({ cancelling }) => cancelling !== null)
  if (train === undefined || train.cancelling === null) return undefined
  const { by, reason } = train.cancelling
  if (isLive(pipeline, train)) return { type: 'cancel_lapsed', train: train.number, by }
  const mine = deploymentsOf(pipeline, train)
  if (mine.some(({ status }) => ['requested', 'running', 'unknown'].includes(status)))
    return undefined
  const failed = mine.find(
    ({ status, settled }) => !settled && (status === 'failed' || status === 'aborted'),
  )
  if (failed !== undefined) return { type: 'deployment_settled', key: failed.key, why: 'cancel' }
  const line = unfinished(pipeline)
  const behind = line[line.findIndex(({ number }) => number === train.number) + 1]
  if (behind === undefined) return { type: 'train_opened', train: pipeline.nextTrain }
  return {
    type: 'train_cancelled',
    train: train.number,
    by,
    reason,
    changes: aboard(pipeline, train).map(({ sha }) => sha),
    receiver: behind.number,
  }
}

/** Whether this train's deployment in the last environment has succeeded. */
export function isLive(pipeline: Pipeline, train: Train): boolean {
  const last = pipeline.policy.environments.at(-1)
  const status = last && attemptAt(pipeline, train, last.name)?.status
  return status === 'succeeded' || status === 'verified'
}

function open(pipeline: Pipeline): Event | undefined {
  const line = unfinished(pipeline)
  if (line.some(({ status }) => status === 'boarding')) return undefined
  const order = branchOrder(pipeline)
  const taken = line.reduce(
    (at, { sha }) => Math.max(at, order.findIndex((change) => change.sha === sha) + 1),
    0,
  )
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
    const policy = nextEnvironment(pipeline, train)
    if (train.sha === null || train.cancelling !== null || policy === undefined) continue
    if (occupant(pipeline, policy.name) !== undefined) continue
    if (blockers(pipeline, train, { policy, now }).length === 0) {
      return requestFor(pipeline, train, { policy, now })
    }
  }
  return undefined
}

function requestFor(
  pipeline: Pipeline,
  train: Train,
  { policy, now }: { readonly policy: EnvironmentPolicy; readonly now: number },
): Event | undefined {
  const plan = planOf(pipeline, train, policy)
  const environment = pipeline.environments.find(({ name }) => name === policy.name)
  if (plan === null || environment === undefined) return undefined
  const attempt = (attemptAt(pipeline, train, policy.name)?.attempt ?? 0) + 1
  return {
    type: 'deployment_requested',
    deployment: {
      key: `${pipeline.name}/${train.number}:${policy.name}:forward:${attempt}`,
      run: `${pipeline.name}-${train.number}-${policy.name}-forward-${attempt}`,
      train: train.number,
      environment: policy.name,
      kind: 'forward',
      attempt,
      sha: plan.sha,
      baseSha: environment.live?.sha ?? null,
      epoch: environment.epoch + 1,
      plan: plan.hash,
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
    },
  }
}
