/**
 * The gate: why a departed train may not enter an environment now.
 *
 * Invariant: it explains itself. The start asks whether the answer is empty; the API, the CLI and
 * every message render the same value, so nothing waits for a reason that people cannot read.
 */
import { verdictOn } from './checks.ts'
import {
  aboard,
  attemptAt,
  environmentOf,
  gaps,
  isVerifiedAt,
  type Plan,
  planOf,
  spanOf,
  unfinished,
} from './line.ts'
import type { Approval, Deployment, Lock, Pipeline, Train } from './model.ts'
import { askedFor, entitled, isConsented, writersOf } from './people.ts'
import type { EnvironmentPolicy } from './policy.ts'

export type Gate =
  | 'checks'
  | 'consent'
  | 'approvals'
  | 'hold'
  | 'lock'
  | 'stopped'
  | 'order'
  | 'occupied'
  | 'soak'
  | 'facts'
  | 'failed'
  | 'unknown'

/** One reason to wait: which gate, where, since when, in words, and the way out. */
export interface Blocker {
  readonly gate: Gate
  readonly environment: string
  readonly since: number
  readonly message: string
  readonly clearBy: string
  /** When time alone may clear it; null: only a person or a report can. */
  readonly until: number | null
}

interface At {
  readonly pipeline: Pipeline
  readonly train: Train
  readonly policy: EnvironmentPolicy
  readonly now: number
}

/** Every reason why `train` may not enter the environment now; empty means go. */
export function blockers(
  pipeline: Pipeline,
  train: Train,
  where: { readonly policy: EnvironmentPolicy; readonly now: number },
): readonly Blocker[] {
  const at: At = { pipeline, train, ...where }
  return [facts, stopped, order, occupancy, locks, holds, checks, consent, approvals].flatMap(
    (gate) => gate(at),
  )
}

/** The approvals of a plan that count now: entitled, distinct, fresh, by no writer of it. */
export function countedApprovals(
  pipeline: Pipeline,
  train: Train,
  where: { readonly policy: EnvironmentPolicy; readonly plan: Plan; readonly now: number },
): readonly Approval[] {
  const { from, expireMs } = where.policy.approvals
  const may = entitled(pipeline, from)
  const writers = aboard(pipeline, train).flatMap((change) => writersOf(pipeline, change))
  return train.approvals.filter(
    ({ by, plan, at }) =>
      plan === where.plan.hash &&
      may.includes(by) &&
      !writers.includes(by) &&
      (expireMs === null || where.now < at + expireMs),
  )
}

/** A lock counts until it expires; it closes its environment, its pipeline, or everything. */
export function locksOn(pipeline: Pipeline, environment: string, now: number): readonly Lock[] {
  const here = environmentOf(pipeline, environment)?.lock ?? null
  return [here, pipeline.lock].flatMap((lock) =>
    lock !== null && (lock.expires === null || now < lock.expires) ? [lock] : [],
  )
}

const departedAt = (train: Train): number => train.departedAt ?? train.openedAt

function facts({ pipeline, train, policy }: At): readonly Blocker[] {
  const span = new Set(spanOf(pipeline, train).map(({ sha }) => sha))
  const missing = gaps(pipeline).filter(({ sha }) => span.has(sha))
  return missing.slice(0, 1).map((change) => ({
    gate: 'facts' as const,
    environment: policy.name,
    since: departedAt(train),
    message: `what was merged just before ${short(change.sha)} is not known (its parent is ${short(change.parent ?? '')})`,
    clearBy: 'report the missing change with `record_change`, or cancel the train',
    until: null,
  }))
}

function stopped({ pipeline, policy }: At): readonly Blocker[] {
  if (pipeline.stopped === null) return []
  const { by, reason, since } = pipeline.stopped
  return [
    {
      gate: 'stopped',
      environment: policy.name,
      since,
      message: `the line was stopped by ${by}: ${reason}`,
      clearBy: `resume ${pipeline.name}`,
      until: null,
    },
  ]
}

function order({ pipeline, train, policy, now }: At): readonly Blocker[] {
  const found: Blocker[] = []
  const line = unfinished(pipeline)
  const ahead = line
    .slice(
      0,
      line.findIndex(({ number }) => number === train.number),
    )
    .findLast((other) => !isVerifiedAt(pipeline, other, policy.name))
  if (ahead !== undefined) {
    found.push({
      gate: 'order',
      environment: policy.name,
      since: departedAt(train),
      message: `train #${ahead.number} ahead is not verified in ${policy.name} yet`,
      clearBy: `wait for train #${ahead.number}, or cancel it`,
      until: null,
    })
  }
  const environments = pipeline.policy.environments
  const before = environments[environments.findIndex(({ name }) => name === policy.name) - 1]
  if (before === undefined || isVerifiedAt(pipeline, train, before.name)) return found
  const attempt = attemptAt(pipeline, train, before.name)
  const soaking = attempt?.status === 'succeeded'
  const until = soaking ? (attempt.endedAt ?? now) + before.soakMs : null
  found.push({
    gate: soaking ? 'soak' : 'order',
    environment: policy.name,
    since: attempt?.endedAt ?? departedAt(train),
    message: soaking
      ? `it soaks in ${before.name}`
      : `it is not verified in ${before.name}, the environment before`,
    clearBy: soaking
      ? 'wait until the soak is over'
      : `wait until it is verified in ${before.name}`,
    until,
  })
  return found
}

/** The deployment that keeps an environment closed: under way, soaking, unknown or failed. */
export const occupant = (pipeline: Pipeline, environment: string): Deployment | undefined =>
  pipeline.deployments.find(
    (deployment) =>
      deployment.environment === environment &&
      deployment.status !== 'verified' &&
      !deployment.settled,
  )

function occupancy({ pipeline, policy, now }: At): readonly Blocker[] {
  const here = occupant(pipeline, policy.name)
  if (here === undefined) return []
  const common = { environment: policy.name, since: here.endedAt ?? here.requestedAt }
  switch (here.status) {
    case 'failed':
    case 'aborted':
      return [
        {
          ...common,
          gate: 'failed',
          message: `train #${here.train} ${here.status} in ${policy.name}: ${here.reason ?? 'no reason given'}`,
          clearBy: `retry or cancel train #${here.train}`,
          until: null,
        },
      ]
    case 'unknown':
      return [
        {
          ...common,
          gate: 'unknown',
          message: `nobody knows how train #${here.train} ended in ${policy.name}: ${here.reason ?? 'its agent is silent'}`,
          clearBy: 'look at the target, then settle it as succeeded or failed',
          until: null,
        },
      ]
    case 'requested':
    case 'running':
    case 'succeeded':
    case 'verified':
      return [
        {
          ...common,
          gate: 'occupied',
          message: `train #${here.train} ${here.status === 'succeeded' ? 'soaks' : `is ${here.status}`} in ${policy.name}`,
          clearBy: `wait for train #${here.train}`,
          until: here.status === 'succeeded' ? (here.endedAt ?? now) + policy.soakMs : null,
        },
      ]
  }
}

/** Locks whose holder has sent this very plan under them do not count against it. */
function locks({ pipeline, train, policy, now }: At): readonly Blocker[] {
  const plan = planOf(pipeline, train, policy)?.hash
  const passed = train.passes.filter((p) => p.environment === policy.name && p.plan === plan)
  const closed = locksOn(pipeline, policy.name, now).filter(
    (lock) => !passed.some(({ by }) => by === lock.by),
  )
  return closed.map((lock) => ({
    gate: 'lock',
    environment: policy.name,
    since: lock.since,
    message: `${lock.environment ?? pipeline.name} is locked by ${lock.by}: ${lock.reason}`,
    clearBy: `ask ${lock.by}, or unlock it`,
    until: lock.expires,
  }))
}

function holds({ train, policy }: At): readonly Blocker[] {
  return train.holds.map(({ by, reason, at }) => ({
    gate: 'hold',
    environment: policy.name,
    since: at,
    message: `held by ${by}: ${reason}`,
    clearBy: `${by} withdraws the hold, or someone who may depart the train does, with a reason`,
    until: null,
  }))
}

function checks({ pipeline, train, policy, now }: At): readonly Blocker[] {
  const newest = aboard(pipeline, train).find(({ sha }) => sha === train.sha)
  if (newest === undefined) return []
  const verdict = verdictOn(pipeline, newest, now)
  if (verdict.color === 'green') return []
  const names = verdict.names.length === 0 ? 'checks' : verdict.names.join(', ')
  return [
    {
      gate: 'checks',
      environment: policy.name,
      since: departedAt(train),
      message: `${names} ${verdict.color === 'red' ? 'failed' : 'pending'} on ${short(newest.sha)}`,
      clearBy:
        verdict.color === 'red' ? 'a later report of the same check' : 'wait for the checks to end',
      until: verdict.color === 'pending' ? verdict.until : null,
    },
  ]
}

function consent({ pipeline, train, policy }: At): readonly Blocker[] {
  const { authors, from } = policy.approvals
  if (authors === 'none') return []
  const silent = aboard(pipeline, train).filter((change) => !isConsented(pipeline, change, from))
  if (silent.length === 0) return []
  const asked = silent.map((change) => {
    const { rule, people } = askedFor(pipeline, change, from)
    return people.join(rule === 'each' ? ' and ' : ' or ') || 'nobody can be asked'
  })
  const name = (index: number): string =>
    `${title(silent[index]?.number ?? null, silent[index]?.sha ?? '')} (${asked[index] ?? ''})`
  return [
    {
      gate: 'consent',
      environment: policy.name,
      since: departedAt(train),
      message: `waits for the authors of ${silent.map((_, index) => name(index)).join(', ')}`,
      clearBy: 'each of them consents',
      until: null,
    },
  ]
}

function approvals({ pipeline, train, policy, now }: At): readonly Blocker[] {
  const { others, from } = policy.approvals
  const plan = planOf(pipeline, train, policy)
  if (others === 0 || plan === null) return []
  const count = countedApprovals(pipeline, train, { policy, plan, now }).length
  if (count >= others) return []
  return [
    {
      gate: 'approvals',
      environment: policy.name,
      since: departedAt(train),
      message: `${count} of ${others} approvals for this plan`,
      clearBy: `approval by ${from === null ? 'people' : from.join(', ')} who wrote none of it`,
      until: null,
    },
  ]
}

export const short = (sha: string): string => sha.slice(0, 8)

/** How a change is named to people: `#12`, or its short sha after a direct push. */
export const title = (number: number | null, sha: string): string =>
  number === null ? short(sha) : `#${number}`
