/**
 * What was committed, written into the books.
 *
 * Invariant: an outcome is written once, what is final stays so, epochs rise, and every word has a
 * person behind it (invariants 3 and 4, I-23).
 */
import type { Command } from '../../src/core/command.ts'
import type { Event } from '../../src/core/event.ts'
import type { Actor, Deployment } from '../../src/core/model.ts'
import { SYSTEM } from '../../src/core/system.ts'
import type { Books, TrainEntry } from './books.ts'
import { must } from './broken.ts'
import { closedAt } from './judge-step.ts'

export interface Committed {
  readonly command: Command
  readonly actor: Actor
  /** Who the audit says it was. */
  readonly by: string
  readonly event: Event
}

type Ended = Extract<Event, { readonly type: 'migration_run_ended' }>

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
      verified(books, event.key)
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

/** How a run of a migration ended, against what the target says. */
function endIncrement(
  books: Books,
  { run, status, kind, change, environment, reason }: Ended,
): void {
  const its = books.increments.get(run)
  must(its !== undefined, 'I-4', () => `${run} ends, and nobody ordered it`)
  if (its !== undefined) {
    its.isOpen = false
    its.isUnknown = status === 'unknown'
  }
  const really = books.targets.executions.get(run)
  if (status === 'succeeded') {
    must(really?.end === 'succeeded', 'I-4', () => `${run} did not succeed at its target`)
    if (kind === 'verify') books.migrated.add(`${environment} ${change}`)
  }
  if (status === 'failed' || status === 'aborted') {
    const isOver = really === undefined || really.end !== null
    must(isOver, 'I-4', () => `${run} is at work still, and ${status}: ${reason}`)
  }
}

function raise(books: Books, environment: string, epoch: number, maySame = false): void {
  const before = books.epochs.get(environment) ?? 0
  const rises = maySame ? epoch >= before : epoch > before
  must(rises, '6.3', () => `the epoch of ${environment} goes from ${before} to ${epoch}`)
  books.epochs.set(environment, epoch)
}

function open(books: Books, one: Deployment): void {
  const { environment, epoch, key, run, kind, train, sha } = one
  raise(books, environment, epoch)
  must(!books.deployments.has(key), 'I-14', () => `${key} is ordered twice`)
  books.deployments.set(key, {
    ...{ run, environment, kind, train, sha, status: 'requested', endedAt: null },
    ...{ isSettled: false, isTakenBack: false },
    ...UNSTEPPED,
    isCompared: (one.rollout?.analysis.length ?? 0) > 0,
    passed: closedAt(books, environment, train),
  })
}

const UNSTEPPED = { step: 0, isBaking: false, isPaused: false, isSkipped: false } as const

/** Each step is looked at anew. */
function forgetLooks({ healthy, sick, answeredFor, goodSince }: Books, key: string): void {
  healthy.delete(key)
  sick.delete(key)
  answeredFor.delete(key)
  goodSince.delete(key)
}

/** What stands closed by now was passed by name: it was judged. */
function nextStep(books: Books, event: Extract<Event, { type: 'step_requested' }>): void {
  const its = books.deployments.get(event.key)
  if (its === undefined) return
  const { environment, train } = its
  raise(books, environment, event.epoch)
  const passed = new Set([...its.passed, ...closedAt(books, environment, train)])
  const next = { run: event.run, step: event.at, isBaking: false, status: 'requested', passed }
  Object.assign(its, next)
  forgetLooks(books, event.key)
  const elsewhere = <T extends { train: number; environment: string }>(words: readonly T[]) =>
    words.filter((one) => one.train !== train || one.environment !== environment)
  books.glass = elsewhere(books.glass)
  books.passes = elsewhere(books.passes)
}

function told(books: Books, one: Deployment): void {
  const { key, run, environment, kind, sha, train, epoch } = one
  if (!books.deployments.has(key)) raise(books, environment, epoch)
  books.deployments.set(key, {
    ...{ run, environment, kind, train, sha },
    ...{ status: one.status, endedAt: one.endedAt },
    ...{ isSettled: one.settled, isTakenBack: false },
    ...UNSTEPPED,
    isCompared: false,
    passed: new Set<string>(),
  })
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

/** The look itself, as it was told: not what the core makes of it. */
function noteLook(books: Books, key: string, command: Command): void {
  if (command.type !== 'record_verification') return
  if (command.look.outcome === 'pass') {
    if (!books.healthy.has(key)) books.goodSince.set(key, command.at)
    books.healthy.add(key)
    books.seenAt.set(key, command.at)
    return
  }
  // That good turn is over: whoever answers for it now answers for the whole soak.
  books.healthy.delete(key)
  books.goodSince.delete(key)
  if (command.look.outcome !== 'fail') return
  if (!books.sick.has(key)) books.badSince.set(key, books.clock.now)
  books.sick.add(key)
}

const NEXT = {
  requested: ['running', 'succeeded', 'failed', 'aborted', 'unknown'],
  running: ['succeeded', 'failed', 'aborted', 'unknown'],
  unknown: ['succeeded', 'failed', 'aborted'],
  succeeded: ['verified'],
  verified: [],
  failed: [],
  aborted: [],
} as const

/** Silence never counts as healthy: it was seen to be well, or a person answers for it. */
function verified(books: Books, key: string): void {
  const its = books.deployments.get(key)
  const policy = books.policy.environments.find(({ name }) => name === its?.environment)
  const isCompared = its?.isCompared === true
  const isAsked = isCompared || (policy !== undefined && policy.verify.length > 0)
  const word = books.answeredFor.get(key)
  const isSeen = books.sick.has(key)
    ? word === 'sick'
    : books.healthy.has(key) || word !== undefined
  must(!isAsked || isSeen, 'I-21', () => `${key} is verified, and nobody saw that it is healthy`)
  const soakMs = policy?.soakMs ?? 0
  const from = Math.max(
    its?.endedAt ?? 0,
    isAsked && !isCompared ? (books.goodSince.get(key) ?? 0) : 0,
  )
  must(books.clock.now >= from + soakMs, 'I-21', () => `${key} is verified before it has soaked`)
  // Whoever answers for it answers for the rest of its soak as well.
  const last = books.seenAt.get(key) ?? 0
  const isSeenLast = !isAsked || soakMs === 0 || word !== undefined || last >= from + soakMs
  must(isSeenLast, 'I-21', () => `${key} is verified, and nobody looked at the end of its soak`)
  status(books, key, 'verified')
}

function status(books: Books, key: string, to: Deployment['status']): void {
  const one = books.deployments.get(key)
  const may: readonly string[] = one === undefined ? [] : NEXT[one.status]
  must(may.includes(to), '6.4', () => `${key} goes from ${one?.status} to ${to}`)
  if (one === undefined) return
  one.status = to
  if (to === 'failed') books.badSince.set(key, books.clock.now)
  if (to !== 'running' && to !== 'verified') one.endedAt = books.clock.now
}

/** How a run ended, against what the target says. */
function end(
  books: Books,
  { command, actor }: Committed,
  event: Extract<Event, { type: 'deployment_ended' }>,
): void {
  const before = books.deployments.get(event.key)
  const was = before?.status
  status(books, event.key, event.status)
  if (before === undefined) return
  if (event.status === 'succeeded') books.toldLive.set(before.environment, before.sha)
  if (event.source === 'person') {
    const isWord = ['settle_unknown', 'roll_back', 'record_release', 'cancel'].includes(
      command.type,
    )
    must(isWord && actor.kind === 'person', 'I-4', () => `${event.key} is settled by nobody`)
    const isOpen = command.type !== 'settle_unknown' || was === 'unknown'
    must(isOpen, 'I-4', () => `${event.key} is settled, and was ${was}`)
    return
  }
  // The step is done; that it is not well, or not wanted, ends the whole.
  if (before.isBaking) {
    // What somebody did there by hand meanwhile has overtaken it.
    if (command.type === 'take_account') return
    const isEnd = event.status === 'failed' || event.status === 'aborted'
    must(isEnd, 'I-4', () => `${event.key} ends in a bake`)
    const isSick = event.status !== 'failed' || !books.healthy.has(event.key)
    must(isSick, 'I-4', () => `${event.key} failed, and was seen to be well`)
    return
  }
  const really = books.targets.executions.get(before.run)
  if (event.status === 'succeeded') {
    must(really?.end === 'succeeded', 'I-4', () => `${event.key} did not succeed at its target`)
  }
  if (event.status === 'failed' || event.status === 'aborted') {
    const over = really === undefined || really.end !== null || command.type === 'take_account'
    must(over, 'I-4', () => `${event.key} is at work still, and ${event.status}`)
    const not = really?.end !== 'succeeded' || command.type === 'take_account'
    must(not, 'I-4', () => `${event.key} succeeded, and counts as ${event.status}`)
  }
}
