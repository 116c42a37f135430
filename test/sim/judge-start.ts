/**
 * The heart: a start, against the books.
 *
 * Invariant: 1, 9 and 10 as the town sees them: one at a time, past nobody who keeps the place closed,
 * and back only to what was well. Its way, its content and the words for it have judges of their own.
 */
import type { Deployment } from '../../src/core/model.ts'
import type { EnvironmentPolicy } from '../../src/core/policy.ts'
import type { Books, Passage } from './books.ts'
import { must } from './broken.ts'
import { judgeContent } from './judge-content.ts'
import { judgeMigrations, judgeWay } from './judge-way.ts'
import { judgeWords } from './judge-words.ts'
import { isEntitled, locksAt, shutNow, termsOf } from './said.ts'
import type { Start } from './start.ts'

/** Judges a deployment as it is ordered; uses up what was said for one start. */
export function judgeStart(books: Books, started: Deployment): void {
  const { environment, run, key } = started
  const other = [...books.deployments.values()].find(
    (one) =>
      one.environment === environment &&
      one.run !== run &&
      ['requested', 'running', 'unknown'].includes(one.status),
  )
  must(other === undefined, '6.1', () => `${key} is ordered while ${other?.run} is under way`)
  const increment = [...books.increments].find(
    ([, one]) => one.environment === environment && (one.isOpen || one.isUnknown),
  )
  must(increment === undefined, '6.1', () => `${key} is ordered while ${increment?.[0]} is at work`)
  if (started.kind === 'rollback') judgeRollback(books, started)
  else judgeForward(books, started)
}

/** Where a rollback goes was once well there and is not what was taken back; somebody asked for it. */
function judgeRollback(books: Books, { environment, sha, key }: Deployment): void {
  const was = [...books.deployments.values()].some(
    (one) =>
      one.environment === environment &&
      one.sha === sha &&
      one.status === 'verified' &&
      !one.isTakenBack,
  )
  must(was, '6.10', () => `${key} goes to ${sha}, which was never well in ${environment}`)
  must(books.goingBack.has(environment), '6.10', () => `nobody ordered ${key}`)
}

function judgeForward(books: Books, started: Deployment): void {
  const { environment, sha, key } = started
  const train = books.trains.get(started.train ?? -1)
  const policy = books.policy.environments.find(({ name }) => name === environment)
  must(train !== undefined && policy !== undefined, 'I-25', () => `${key} is of no train`)
  if (train === undefined || policy === undefined) return
  must(
    train.status === 'departed',
    'I-25',
    () => `${key} starts of a train that is ${train.status}`,
  )
  must(!train.isCancelling, '6.4', () => `${key} starts, and its train is being cancelled`)
  must(train.sha === sha, 'I-18', () => `${key} ships ${sha} and not ${train.sha}`)
  const live = books.targets.at(environment)
  const ships = books.branch.between(live, sha)
  const isMine = (one: Passage): boolean =>
    one.train === started.train &&
    one.environment === environment &&
    one.sha === sha &&
    isOfThis(books, { policy, live }, one)
  const broken = new Set(books.glass.filter(isMine).flatMap(({ gates }) => gates))
  const passes = books.passes.filter(isMine)
  const start: Start = { books, started, train, policy, broken, passes, ships }
  judgeFailure(start)
  judgeLocks(start)
  judgeWindows(start)
  judgeWay(start)
  // Somebody put something there that nobody has told of yet: the machine refuses what is older.
  if (!books.targets.untold.has(environment)) {
    judgeContent(start)
    judgeMigrations(start)
    judgeWords(start)
  }
  const elsewhere = <T extends { train: number; environment: string }>(words: readonly T[]) =>
    words.filter((one) => one.train !== started.train || one.environment !== environment)
  books.glass = elsewhere(books.glass)
  books.passes = elsewhere(books.passes)
}

/** Whoever let it pass saw this plan: upon what it is put, and what is executed how. */
function isOfThis(
  { targets, branch }: Books,
  { policy, live }: { readonly policy: EnvironmentPolicy; readonly live: string | null },
  { shown, environment }: Passage,
): boolean {
  if (shown === null) return true
  // What came from off the branch counts no longer once its lock is released: the plan is upon
  // what was there before.
  const isForgotten = live !== null && !branch.line.includes(live)
  const isSameBase = shown.base === live || isForgotten || targets.untold.has(environment)
  return isSameBase && shown.terms === termsOf(policy)
}

/** What went wrong there last, a person has dealt with. */
function judgeFailure({ books, started: { environment, key } }: Start): void {
  const here = [...books.deployments].filter(([, one]) => one.environment === environment)
  for (const [other, { status, isSettled }] of here) {
    const isOpen = (status === 'failed' || status === 'aborted') && !isSettled
    must(!isOpen, '6.1', () => `${key} starts, and nobody dealt with ${other}, which ${status}`)
  }
}

function judgeLocks({ books, started, passes, broken }: Start): void {
  const { environment, key, train } = started
  must(!books.stopped || broken.has('stopped'), '6.9', () => `${key} starts on a stopped line`)
  const held = [...(books.holds.get(train ?? -1) ?? [])]
  must(held.length === 0 || broken.has('hold'), '6.2', () => `${key} starts, held by ${held}`)
  if (broken.has('lock')) return
  for (const lock of locksAt(books, environment)) {
    const passed = passes.some(({ by, gates }) => by === lock.by && gates.includes('lock'))
    must(passed, '6.9', () => `${key} starts where ${lock.by} keeps it locked`)
  }
}

/** Outside its windows only somebody whom the policy excepts sends it. */
function judgeWindows({ books, started: { key }, passes, policy, broken }: Start): void {
  const shut = shutNow(books, policy)
  if (shut === undefined || broken.has('window')) return
  const people = policy.windows?.except.people ?? []
  const sent = passes.some(
    ({ by, gates }) => gates.includes('window') && isEntitled(books, people, by),
  )
  must(sent, '6.9', () => `${key} starts outside the windows (${shut})`)
}
