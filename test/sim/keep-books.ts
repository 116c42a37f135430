/**
 * What was committed, written into the books.
 *
 * Invariant: what is final stays so, and every word has a person behind it (invariant 4, I-23).
 */
import { SYSTEM } from '../../src/core/system.ts'
import type { Books, Committed, TrainEntry } from './books.ts'
import { must } from './broken.ts'
import { forgetLooks, judgeVerified, noteLook } from './keep-looks.ts'
import { end, endIncrement, nextStep, open, raise, status, told } from './keep-runs.ts'

/** Writes one event down. */
export function keepBooks(books: Books, committed: Committed): void {
  const { event, by, actor } = committed
  const known = by === SYSTEM || by === 'ci' || books.people.some(({ name }) => name === by)
  must(known, 'I-23', () => `${event.type} by ${by}, whom nobody knows`)
  switch (event.type) {
    case 'change_recorded':
    case 'change_enriched':
      books.heard.add(event.change.sha)
      if (event.change.parent !== null) books.placed.add(event.change.sha)
      return
    case 'train_opened':
      books.trains.set(event.train, {
        status: 'boarding',
        sha: null,
        special: null,
        brings: [],
        journey: [],
        departedAt: null,
        isCancelling: false,
      })
      return
    case 'train_departed':
      depart(books, event.train, event.sha)
      return
    case 'special_departed':
      books.isPlain = false
      books.trains.set(event.train, {
        status: 'departed',
        sha: event.sha,
        special: event.special.by,
        brings: event.special.changes.map(({ sha }) => sha),
        journey: event.journey,
        departedAt: books.clock.now,
        isCancelling: false,
      })
      return
    case 'branch_rewritten':
      books.isPlain = false
      for (const one of event.gone) books.toldGone.add(one)
      return
    case 'train_arrived':
      moveTrain(books, event.train, 'arrived')
      if (event.span.length === 0) books.broughtNothing.add(event.train)
      return
    case 'cancel_requested':
    case 'cancel_lapsed': {
      const train = books.trains.get(event.train)
      if (train !== undefined) train.isCancelling = event.type === 'cancel_requested'
      return
    }
    case 'train_cancelled': {
      moveTrain(books, event.train, 'cancelled')
      if (event.receiver !== null && event.changes.length > 0) hold(books, event.receiver, event.by)
      return
    }
    case 'deployment_settled': {
      const its = books.deployments.get(event.key)
      if (its !== undefined) its.isSettled = true
      return
    }
    case 'rolled_back':
      books.goingBack.delete(event.environment)
      takeBack(books, event.environment, event.order.to.sha)
      // Whatever came of it at the target, who had said yes to it is asked anew.
      if (event.environment === books.last) for (const one of event.changes) books.yes.delete(one)
      for (const train of event.trains) moveTrain(books, train, 'rolled_back')
      return
    case 'consent_given': {
      const { by: author, vouchedBy } = event.consent
      must((vouchedBy ?? author) === actor.name, '6.2', () => `${actor.name} says ${author}'s yes`)
      return
    }
    case 'consent_withdrawn':
      books.wordsOn(event.consent.change).delete(event.consent.by)
      return
    case 'approval_given':
      must(event.approval.by === actor.name, '6.2', () => `${actor.name} approves for another`)
      return
    case 'approval_withdrawn':
      books.approvals = books.approvals.filter(
        (one) => one.by !== event.approval.by || one.train !== event.train,
      )
      return
    case 'hold_placed':
      hold(books, event.train, event.hold.by)
      return
    case 'hold_withdrawn':
      books.holds.get(event.train)?.delete(event.hold.by)
      return
    case 'locked': {
      const { id, by: holder, expires, environment } = event.lock
      books.locks.set(environment ?? '*', { id, by: holder, expires })
      return
    }
    case 'unlocked':
    case 'lock_expired':
      books.locks.delete(event.lock.environment ?? '*')
      return
    case 'line_stopped':
      books.stopped = true
      return
    case 'line_resumed':
      books.stopped = false
      return
    case 'migration_opened':
      books.migrating.add(event.change)
      return
    case 'migration_contracted':
      books.migrating.delete(event.change)
      return
    case 'migration_reopened':
      books.migrating.add(event.change)
      return
    case 'migration_gone':
      books.migrated.delete(`${event.environment} ${event.change}`)
      return
    case 'migration_verified':
      books.migrated.add(`${event.environment} ${event.change}`)
      return
    case 'migration_run_requested':
      raise(books, event.environment, event.run.epoch)
      books.increments.set(event.run.run, {
        environment: event.environment,
        isOpen: true,
        isUnknown: false,
      })
      return
    case 'migration_paused':
    case 'migration_resumed': {
      const its = event.after && books.increments.get(event.after.run)
      if (its) its.isUnknown = false
      return
    }
    case 'migration_run_ended':
      endIncrement(books, event)
      return
    case 'deployment_requested':
      open(books, event.deployment)
      return
    case 'run_started':
      status(books, event.key, 'running')
      return
    case 'step_done': {
      const its = books.deployments.get(event.key)
      const isOpen = its !== undefined && ['requested', 'running', 'unknown'].includes(its.status)
      must(isOpen && !its.isBaking, '6.4', () => `a step of ${event.key} is done twice`)
      const really = books.targets.executions.get(event.run)?.end
      must(really === 'succeeded', 'I-4', () => `${event.run} did not succeed at its target`)
      if (its === undefined) return
      its.status = 'running'
      its.isBaking = true
      forgetLooks(books, event.key)
      return
    }
    case 'step_requested':
      nextStep(books, event)
      return
    case 'rollout_paused':
    case 'rollout_continued': {
      const its = books.deployments.get(event.key)
      must(actor.name === event.by, 'I-23', () => `${event.key} is paused by another`)
      if (its !== undefined) its.isPaused = event.type === 'rollout_paused'
      return
    }
    case 'rollout_skipped': {
      const its = books.deployments.get(event.key)
      must(actor.kind === 'person', 'I-21', () => `${event.key} is skipped by nobody`)
      if (its !== undefined) Object.assign(its, { isPaused: false, isSkipped: true })
      return
    }
    case 'deployment_ended':
      end(books, committed, event)
      return
    case 'verification_recorded':
      noteLook(books, event.key, committed.command)
      return
    case 'verification_accepted':
      must(actor.kind === 'person', 'I-21', () => `${event.key} is answered for by nobody`)
      books.answeredFor.set(event.key, books.sick.has(event.key) ? 'sick' : 'doubtful')
      return
    case 'deployment_verified':
      judgeVerified(books, event.key)
      status(books, event.key, 'verified')
      return
    case 'deployment_told':
      told(books, event.deployment)
      return
    case 'countdown_cancelled':
      must(actor.name === event.by, 'I-23', () => `${event.key} is kept by another`)
      books.kept.add(event.key)
      return
    case 'rollback_ordered':
      books.goingBack.set(event.environment, event.order.by)
      takeBack(books, event.environment, event.order.to.sha)
      letStay(books, event.environment, event.order.to.sha)
      return
    case 'release_recorded':
      books.toldLive.set(event.environment, event.release.sha)
      books.goingBack.delete(event.environment)
      raise(books, event.environment, event.release.epoch, true)
      return
    default:
      return
  }
}

function depart(books: Books, number: number, sha: string): void {
  const train = books.trains.get(number)
  must(train?.status === 'boarding', '6.4', () => `train #${number} departs twice`)
  if (train === undefined) return
  train.status = 'departed'
  train.sha = sha
  train.departedAt = books.clock.now
  train.journey = books.policy.environments.map(({ name }) => name)
  // Broken glass and a pass may close the doors in the same act.
  books.glass = books.glass.map((one) =>
    one.train === number && one.sha === null ? { ...one, sha } : one,
  )
}

const MAY: Readonly<Record<TrainEntry['status'], readonly TrainEntry['status'][]>> = {
  boarding: ['departed', 'cancelled'],
  departed: ['arrived', 'cancelled', 'rolled_back'],
  arrived: ['rolled_back'],
  cancelled: [],
  rolled_back: [],
}

function moveTrain(books: Books, number: number, to: TrainEntry['status']): void {
  const train = books.trains.get(number)
  must(train !== undefined && MAY[train.status].includes(to), '6.4', () => {
    return `train #${number} goes from ${train?.status} to ${to}`
  })
  if (train !== undefined) train.status = to
}

function hold(books: Books, train: number, by: string): void {
  books.holds.set(train, (books.holds.get(train) ?? new Set()).add(by))
}

/** What was put there after the release that it goes back to counts no longer. */
function takeBack(books: Books, environment: string, to: string): void {
  const here = [...books.deployments.values()].filter((one) => one.environment === environment)
  const at = here.findLastIndex(
    (one) => one.sha === to && one.status === 'verified' && !one.isTakenBack,
  )
  for (const [index, one] of here.entries()) {
    const isAfter = at < 0 ? !books.branch.contains(to, one.sha) : index > at
    const wasThere = one.status === 'succeeded' || one.status === 'verified'
    if (isAfter && wasThere && one.sha !== to) one.isTakenBack = true
  }
}

/** Until a way back has landed, what it takes back is live still, and somebody may have it stay. */
function letStay(books: Books, environment: string, sha: string): void {
  if (books.toldLive.get(environment) !== sha) return
  for (const one of books.deployments.values()) {
    if (one.environment === environment && one.sha === sha) one.isTakenBack = false
  }
}
