/**
 * What people did, and what happened by itself, against what each may.
 *
 * Invariant: 2, 4, 9 and 10 beside the starts: a word is taken from whoever may say it and no
 * sooner, a lock is another's until it is taken over, and nothing ends before its time.
 */
import { SYSTEM } from '../../src/core/system.ts'
import type { Books, Committed, LockEntry } from './books.ts'
import { must } from './broken.ts'
import { notGreen } from './judge-content.ts'
import { isEntitled, locksAt, writersOf } from './said.ts'

/** How a place stood before anything of a decision was written down. */
export interface Before {
  readonly locks: readonly LockEntry[]
  /** What was under way there, or ended in a way that nobody knows. */
  readonly open: 'at_work' | 'unknown' | null
}

/** Every place of the policy as it stands now. */
export function placesIn(books: Books): ReadonlyMap<string, Before> {
  return new Map(
    books.policy.environments.map(({ name }) => {
      const statuses = [...books.deployments.values()].flatMap(({ environment, status }) =>
        environment === name ? [status] : [],
      )
      const isAtWork = statuses.some((one) => one === 'requested' || one === 'running')
      const open = isAtWork ? 'at_work' : statuses.includes('unknown') ? 'unknown' : null
      return [name, { locks: locksAt(books, name), open }]
    }),
  )
}

/** Judges one event before it is written into the books. */
export function judgeAct(
  books: Books,
  committed: Committed,
  before: ReadonlyMap<string, Before>,
): void {
  const { event, by, actor, command } = committed
  switch (event.type) {
    case 'train_departed':
      if (by === SYSTEM) judgeDoors(books, event)
      return
    case 'train_arrived':
      judgeArrival(books, event.train, event.sha)
      return
    case 'train_cancelled':
      judgeCancelled(books, event.train)
      return
    case 'consent_given':
      if (event.consent.vouchedBy !== null) judgeVouched(books, event)
      return
    case 'glass_broken': {
      const may = isAmong(books, books.policy.permissions.break_glass, actor.name)
      must(may && actor.kind === 'person', '6.2', () => `${actor.name} breaks the glass`)
      return
    }
    case 'locked':
      judgeLock(books, committed)
      return
    case 'unlocked': {
      const standing = books.locks.get(event.lock.environment ?? '*')
      const isMeant =
        command.type !== 'unlock' || command.id === null || command.id === standing?.id
      must(isMeant, '6.9', () => `${actor.name} unlocks another lock than the one that was shown`)
      return
    }
    case 'deployment_settled':
      judgeSettled(books, committed)
      return
    case 'rollback_ordered':
      if (by !== SYSTEM) judgeOrder(committed, before.get(event.environment))
      return
    case 'release_recorded':
      judgeRecorded(books, committed)
      return
    default:
      return
  }
}

/** Judges what was decided as a whole, once it is in the books. */
export function judgeWhole(books: Books, { event }: Committed): void {
  switch (event.type) {
    case 'rollback_ordered': {
      const { environment } = event
      const isClosed = locksAt(books, environment).length > 0
      must(isClosed, '6.9', () => `${environment} goes back, and stays open to the next train`)
      return
    }
    case 'branch_rewritten': {
      const lost = event.gone.find((one) => books.heard.has(one))
      must(lost === undefined || books.stopped, 'I-13', () => `${lost} vanished, and nobody stops`)
      return
    }
    case 'rolled_back':
      judgeTrains(books, event)
      return
    default:
      return
  }
}

const isAmong = (books: Books, permission: 'everyone' | readonly string[], who: string): boolean =>
  permission === 'everyone' ||
  books.people.some(
    ({ name, groups }) =>
      name === who && permission.some((one) => one === name || groups.includes(one)),
  )

type Of<T extends Committed['event']['type']> = Extract<Committed['event'], { type: T }>

/** Doors close by themselves on what is green, while nobody objects. */
function judgeDoors(books: Books, { train, sha }: Of<'train_departed'>): void {
  const what = `train #${train} departs by itself`
  must(!books.stopped, '6.9', () => `${what} on a stopped line`)
  const held = [...(books.holds.get(train) ?? [])]
  must(held.length === 0, '6.2', () => `${what}, held by ${held}`)
  const [not] = notGreen(books, sha)
  must(not === undefined, '6.2', () => `${what}, and its check ${not}`)
  // What departed before it is not aboard.
  const ahead = [...books.trains].findLast(
    ([number, one]) => number < train && one.status === 'departed' && one.special === null,
  )
  for (const lost of books.takenBack) {
    // It is back already, and nobody has told so.
    const { environment } = lost
    if (books.goingBack.has(environment) || books.targets.untold.has(environment)) continue
    const from = ahead?.[1].sha ?? books.targets.at(environment)
    const again = books.branch.between(from, sha).find((one) => lost.shas.has(one.sha))
    must(again === undefined, '6.10', () => `${what} with ${again?.sha}, taken back before`)
  }
}

const attemptsOf = (books: Books, train: number) =>
  [...books.deployments.values()].filter((one) => one.train === train && one.kind === 'forward')

function judgeArrival(books: Books, train: number, sha: string): void {
  const last = books.trains.get(train)?.journey.at(-1)
  const isThere = attemptsOf(books, train).some(
    (one) =>
      one.environment === last && one.sha === sha && one.status === 'verified' && !one.isTakenBack,
  )
  must(isThere, '6.4', () => `train #${train} arrives, and was not seen to be well in ${last}`)
}

/** It is off the line once nothing of it is at work, and never when it is live already. */
function judgeCancelled(books: Books, train: number): void {
  const last = books.trains.get(train)?.journey.at(-1)
  for (const { environment, status, isTakenBack, isSettled, run } of attemptsOf(books, train)) {
    const isAtWork = ['requested', 'running', 'unknown'].includes(status)
    const isOpen = isAtWork || books.targets.executions.get(run)?.end === null
    must(!isOpen, '6.4', () => `train #${train} is cancelled, and ${status} in ${environment}`)
    const isLive = environment === last && ['succeeded', 'verified'].includes(status)
    // Settled: somebody has put something there by hand since.
    must(
      !isLive || isTakenBack || isSettled,
      '6.4',
      () => `train #${train} is cancelled, and live in ${last}`,
    )
  }
}

/** Somebody says yes for another: who may, not for oneself, and not before there was time. */
function judgeVouched(books: Books, { train, consent }: Of<'consent_given'>): void {
  const { change, vouchedBy } = consent
  const who = vouchedBy ?? ''
  const places = books.policy.environments.filter(({ approvals }) => approvals.authors === 'all')
  const may = places.some(({ approvals }) =>
    isEntitled(books, approvals.standIn ?? approvals.from, who),
  )
  must(may, '6.2', () => `${who} vouches for ${change}, and may not`)
  const writers = writersOf(books, change)
  must(!writers.includes(who), '6.2', () => `${who} vouches for what is ${who}'s own`)
  const known = books.people.filter(({ name }) => writers.includes(name))
  if (known.length > 0 && known.every(({ active }) => !active)) return
  const departedAt = books.trains.get(train)?.departedAt ?? Number.POSITIVE_INFINITY
  const waitMs = Math.min(...places.map(({ approvals }) => approvals.standInAfterMs))
  const isTime = books.clock.now >= departedAt + waitMs
  must(isTime, '6.2', () => `${who} vouches for ${change} before its authors had time`)
}

function judgeLock(books: Books, { event, command, actor }: Committed): void {
  if (event.type !== 'locked' || command.type !== 'lock') return
  const { environment, expires } = event.lock
  const standing = books.locks.get(environment ?? '*')
  const isOthers = standing !== undefined && standing.by !== actor.name
  must(!isOthers || command.takeOver, '6.9', () => `${actor.name} takes ${standing?.by}'s lock`)
  const until = command.forMs === null ? null : books.clock.now + command.forMs
  must(expires === until, '6.9', () => `${event.lock.id} is to end at ${until}, not at ${expires}`)
}

/** A failure keeps its place closed until a person says what becomes of it. */
function judgeSettled(books: Books, { event, command, actor }: Committed): void {
  if (event.type !== 'deployment_settled') return
  const { key, why } = event
  const its = books.deployments.get(key)
  const isCancelled = books.trains.get(its?.train ?? -1)?.isCancelling === true
  const isSaid = {
    retry: command.type === 'retry' && actor.kind === 'person',
    cancel: isCancelled,
    rollback: books.goingBack.has(its?.environment ?? ''),
    release: ['record_release', 'take_account', 'settle_unknown'].includes(command.type),
  }[why]
  must(isSaid, '6.1', () => `${key} counts as dealt with (${why}), and nobody said so`)
}

/** A person's way back needs a word for each thing in its way. */
function judgeOrder({ event, command, actor }: Committed, before: Before | undefined): void {
  if (event.type !== 'rollback_ordered') return
  const { environment } = event
  const words = command.type === 'roll_back' ? command : null
  must(words !== null && actor.kind === 'person', '6.10', () => `nobody asked ${environment} back`)
  if (words === null) return
  const others = before?.locks.find(({ by }) => by !== actor.name)
  const isOver = others === undefined || words.takeOver
  must(isOver, '6.9', () => `${environment} goes back past ${others?.by}'s lock, unsaid`)
  const isSaid = { at_work: words.abort, unknown: words.settle }[before?.open ?? 'at_work']
  const isFree = before === undefined || before.open === null
  must(isFree || isSaid, '6.10', () => `what is ${before?.open} in ${environment} is ended, unsaid`)
}

/** Nobody says what is live while something is being put there. */
function judgeRecorded(books: Books, { event, command }: Committed): void {
  if (event.type !== 'release_recorded' || command.type !== 'record_release') return
  const open = [...books.deployments.values()].find(
    ({ environment, status, isTakenBack, isSettled }) =>
      environment === event.environment &&
      ['requested', 'running', 'succeeded'].includes(status) &&
      !isTakenBack &&
      !isSettled,
  )
  must(open === undefined, '6.1', () => `${open?.run} is under way, and somebody records a release`)
}

/** Every arrived train that the target lacks goes with it. Others brought nothing. */
function judgeTrains(books: Books, { environment, order }: Of<'rolled_back'>): void {
  if (environment !== books.last) return
  const { from, to } = order
  for (const [number, { status, sha }] of books.trains) {
    if (status !== 'arrived' || sha === null || books.broughtNothing.has(number)) continue
    const isLost = books.branch.contains(from, sha) && !books.branch.contains(to.sha, sha)
    must(!isLost, '6.10', () => `train #${number} was taken back, and counts as arrived`)
  }
}
