/**
 * The gates of the way: is the line clear, the environment free, the sha where it should be.
 *
 * Invariant: derived from the line alone; no person's word about this train opens one, but for a
 * lock's own holder and the word for a diverged plan.
 */

import type { Account } from '../account.ts'
import { type At, type Blocker, departedAt, short } from '../blocker.ts'
import {
  attemptAt,
  environmentOf,
  gapsOf,
  isVerifiedAt,
  journeyOf,
  line,
  planOf,
  wholeOrder,
} from '../line.ts'
import { atWorkIn, nameOf, unknownIn } from '../migrations.ts'
import type { Deployment, Lock, Pipeline } from '../model.ts'
import { occupant } from '../releases.ts'
import { leftUnheard } from '../special.ts'
import { atStep } from '../steps.ts'
import { SYSTEM } from '../system.ts'
import { notVerified } from './health.ts'

/** A lock counts until it expires; it closes its environment, its pipeline, or everything. */
export function locksOn(pipeline: Pipeline, environment: string, now: number): readonly Lock[] {
  const here = environmentOf(pipeline, environment)?.lock ?? null
  return [here, pipeline.lock, pipeline.lockAll].flatMap((lock) =>
    lock !== null && (lock.expires === null || now < lock.expires) ? [lock] : [],
  )
}

export function facts({ pipeline, train, policy }: At): readonly Blocker[] {
  const { special } = train
  if (special !== null && leftUnheard(pipeline, train, special, wholeOrder(pipeline))) {
    return [
      {
        gate: 'facts',
        environment: policy.name,
        since: departedAt(train),
        message: `it left ${pipeline.policy.branch} at ${short(special.fork ?? '')}, of which nobody has told yet`,
        clearBy: 'report what was merged up to there with `record_change`, or cancel the train',
        until: null,
      },
    ]
  }
  const missing = gapsOf(pipeline, train, planOf(pipeline, train, policy)?.baseSha ?? null)
  return missing.slice(0, 1).map((change) => ({
    gate: 'facts' as const,
    environment: policy.name,
    since: departedAt(train),
    message: `what was merged just before ${short(change.sha)} is not known (${change.parent === null ? 'nobody told its parent' : `its parent is ${short(change.parent)}`})`,
    clearBy: 'report the missing change with `record_change`, or cancel the train',
    until: null,
  }))
}

export function stopped({ pipeline, policy }: Pick<At, 'pipeline' | 'policy'>): readonly Blocker[] {
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

export function order({ pipeline, train, policy }: At): readonly Blocker[] {
  const found: Blocker[] = []
  const trains = train.special === null ? line(pipeline) : []
  const ahead = trains
    .slice(
      0,
      trains.findIndex(({ number }) => number === train.number),
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
      ahead: true,
    })
  }
  const environments = journeyOf(pipeline, train)
  const before = environments[environments.findIndex(({ name }) => name === policy.name) - 1]
  if (before === undefined || isVerifiedAt(pipeline, train, before.name)) return found
  const attempt = attemptAt(pipeline, train, before.name)
  const common = { environment: policy.name, since: attempt?.endedAt ?? departedAt(train) }
  if (attempt?.status === 'succeeded' && !attempt.takenBack) {
    return [...found, { ...common, ...notVerified(pipeline, attempt, 'it') }]
  }
  found.push({
    ...common,
    gate: 'order',
    message: `it is not verified in ${before.name}, the environment before`,
    clearBy: `wait until it is verified in ${before.name}`,
    until: null,
  })
  return found
}

export const occupancy = ({ pipeline, policy }: At): readonly Blocker[] =>
  occupancyIn(pipeline, policy.name)

/** Whatever is at work in an environment, or went wrong there. */
export function occupancyIn(pipeline: Pipeline, name: string): readonly Blocker[] {
  const here = occupant(pipeline, name)
  if (here === undefined) return [...goingBack(pipeline, name), ...migrating(pipeline, name)]
  if (here.account !== null) return [told(here, here.account)]
  const common = { environment: name, since: here.endedAt ?? here.requestedAt }
  const whose = here.kind === 'rollback' ? 'the rollback' : `train #${here.train}`
  switch (here.status) {
    case 'failed':
    case 'aborted':
      return [
        {
          ...common,
          gate: 'failed',
          message: `${whose} ${here.status} in ${name}: ${here.reason ?? 'no reason given'}`,
          clearBy: soonBack(
            here,
            here.kind === 'rollback'
              ? 'retry it, roll back further, or record what is live there'
              : `retry or cancel ${whose}, or roll back`,
          ),
          until: null,
        },
      ]
    case 'unknown':
      return [
        {
          ...common,
          gate: 'unknown',
          message: `nobody knows how ${whose} ended in ${name}: ${here.reason ?? 'its agent is silent'}`,
          clearBy: 'look at the target, then settle it as succeeded or failed, or roll back',
          until: null,
        },
      ]
    case 'succeeded': {
      const found = notVerified(pipeline, here, whose)
      if (found.gate === 'failed') {
        return [{ ...common, ...found, clearBy: soonBack(here, found.clearBy) }]
      }
      const clearBy = found.until === null ? found.clearBy : `wait for ${whose}`
      return [{ ...common, ...found, gate: 'occupied', clearBy }]
    }
    case 'requested':
    case 'running':
    case 'verified':
      return [
        {
          ...common,
          gate: 'occupied',
          message: `${whose} is ${here.status} in ${name}${atStep(here)}`,
          clearBy: `wait for ${whose}`,
          until: null,
        },
      ]
  }
}

/** While a countdown runs, time clears it as well. */
const soonBack = ({ reaction }: Deployment, byHand: string): string =>
  reaction?.is === 'countdown'
    ? `wait: it goes back to ${short(reaction.to)} by itself unless somebody cancels that; or ${byHand}`
    : byHand

/** An environment of which an agent knows more than this line, until somebody has looked. */
export function unanswered(pipeline: Pipeline, environment: string): Blocker | null {
  const here = occupant(pipeline, environment)
  return here === undefined || here.account === null ? null : told(here, here.account)
}

function told(here: Deployment, { agent, epoch, status, hand }: Account): Blocker {
  const { environment, sha } = here
  const reason = here.reason ?? 'no reason given'
  const message =
    hand === null
      ? `agent ${agent} ran ${short(sha)} in ${environment} at epoch ${epoch} (${status}: ${reason}), of which this database knows nothing: it is older than that`
      : `${hand.by} deployed ${short(sha)} to ${environment} by hand (${hand.reason}): ${here.status}, ${reason}`
  return {
    gate: here.status === 'unknown' ? 'unknown' : 'failed',
    environment,
    since: here.endedAt ?? here.requestedAt,
    message,
    clearBy: 'look at the target, then record what is live there, or roll back',
    until: null,
  }
}

/** An increment of a migration, or one of which nobody knows whether it has ended. */
function migrating(pipeline: Pipeline, environment: string): readonly Blocker[] {
  const one = atWorkIn(pipeline, environment) ?? unknownIn(pipeline, environment)
  if (one?.run == null) return []
  const { kind, number, requestedAt, endedAt, status, reason } = one.run
  const of = `the migration of ${nameOf(pipeline, one.change)}`
  const what = kind === 'verify' ? `the verification of ${of}` : `increment ${number} of ${of}`
  const its = { environment, until: null }
  return status === 'unknown'
    ? [
        {
          ...its,
          gate: 'unknown',
          since: endedAt ?? requestedAt,
          message: `nobody knows how ${what} ended in ${environment}: ${reason ?? 'its agent is silent'}`,
          clearBy: `make sure that it has ended, then resume ${of}, or pause it`,
        },
      ]
    : [
        {
          ...its,
          gate: 'occupied',
          since: requestedAt,
          message: `${what} runs in ${environment}`,
          clearBy: 'wait for its end',
        },
      ]
}

/** Between its order and its start, a rollback keeps the environment to itself. */
function goingBack(pipeline: Pipeline, environment: string): readonly Blocker[] {
  const order = environmentOf(pipeline, environment)?.rollback ?? null
  if (order === null) return []
  const message = `${order.by} rolls ${environment} back to ${short(order.to.sha)}: ${order.reason}`
  const clearBy = 'wait for the rollback'
  return [{ gate: 'occupied', environment, since: order.since, message, clearBy, until: null }]
}

/** What a lock closes, as people call it. */
export const scopeOf = (pipeline: Pipeline, lock: Lock): string =>
  lock === pipeline.lockAll ? 'everything' : (lock.environment ?? pipeline.name)

/** Locks whose holder has sent this very plan under them do not count against it. */
export function locks({ pipeline, train, policy, now }: At): readonly Blocker[] {
  const plan = planOf(pipeline, train, policy)?.hash
  const passed = train.passes.filter(
    (one) => one.environment === policy.name && one.plan === plan && one.gate === undefined,
  )
  const closed = locksOn(pipeline, policy.name, now).filter(
    (lock) => !passed.some(({ by }) => by === lock.by),
  )
  return closed.map((lock) => lockedBy(pipeline, lock, policy.name))
}

export function lockedBy(pipeline: Pipeline, lock: Lock, environment: string): Blocker {
  return {
    gate: 'lock',
    environment,
    since: lock.since,
    message: `${scopeOf(pipeline, lock)} is locked by ${lock.by}: ${lock.reason}`,
    clearBy:
      lock.by === SYSTEM
        ? 'look at what went wrong there, then unlock it'
        : `ask ${lock.by}, or unlock it`,
    until: lock.expires,
  }
}
