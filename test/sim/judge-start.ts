/**
 * The heart: a start, against the books.
 *
 * Invariant: 1, 2, 9, 10 and 13 as the town sees them: what really lies between what runs there and
 * what goes there, who really said yes to it, and who keeps the place closed.
 */
import type { Deployment } from '../../src/core/model.ts'
import type { EnvironmentPolicy } from '../../src/core/policy.ts'
import type { Books, CheckWord, Passage, TrainEntry } from './books.ts'
import type { Commit } from './branch.ts'
import { must } from './broken.ts'
import { locksAt, shutNow, termsOf, writersOf } from './said.ts'

interface Start {
  readonly books: Books
  readonly started: Deployment
  readonly train: TrainEntry
  readonly policy: EnvironmentPolicy
  /** Gates that broken glass opens for it. */
  readonly broken: ReadonlySet<string>
  /** Words by which somebody sent exactly this past a lock or a window. */
  readonly passes: readonly Passage[]
  /** What it really brings there. */
  readonly ships: readonly Commit[]
}

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

function judgeWay({ books, started, train, policy, broken }: Start): void {
  const { key, sha, environment } = started
  const at = train.journey.indexOf(environment)
  const before = train.journey[at - 1]
  if (before !== undefined && !broken.has('order')) {
    const was = books.targets.wasAt(before, sha)
    must(was, 'I-19', () => `${key} starts, and ${sha} never ran in ${before}`)
    judgeSoak(books, { key, sha, before, broken })
  }
  if (train.special !== null) return
  for (const [number, ahead] of books.trains) {
    const isAhead =
      number < (started.train ?? 0) &&
      ahead.status === 'departed' &&
      ahead.special === null &&
      ahead.sha !== sha &&
      books.branch.contains(sha, ahead.sha)
    if (!isAhead || ahead.sha === null) continue
    const was = books.targets.wasAt(policy.name, ahead.sha)
    must(was, 'I-16', () => `${key} overtakes train #${number}`)
  }
}

function judgeSoak(
  books: Books,
  at: {
    readonly key: string
    readonly sha: string
    readonly before: string
    readonly broken: ReadonlySet<string>
  },
): void {
  const done = [...books.deployments.values()].filter(
    (one) =>
      one.environment === at.before &&
      one.sha === at.sha &&
      one.kind === 'forward' &&
      !one.isTakenBack,
  )
  const soaked = done.some(
    ({ status }) => status === 'verified' || (status === 'succeeded' && at.broken.has('soak')),
  )
  must(soaked, 'I-19', () => `${at.key} starts before it has soaked in ${at.before}`)
}

/** What removes the old code comes nowhere before every migration ahead of it is verified there. */
function judgeMigrations({ books, started, broken, ships }: Start): void {
  if (broken.has('migration')) return
  const { line } = books.branch
  for (const { sha, labels } of ships) {
    if (!labels.includes('contract')) continue
    const missing = line
      .slice(0, Math.max(0, line.indexOf(sha)))
      .find(
        (one) => books.migrating.has(one) && !books.migrated.has(`${started.environment} ${one}`),
      )
    must(
      missing === undefined,
      '6.2',
      () => `${started.key} ships ${sha} before ${missing} is migrated`,
    )
  }
}

function judgeContent(start: Start): void {
  const { books, started, train, broken, ships } = start
  const { key, sha, environment } = started
  const { branch, targets } = books
  const live = targets.at(environment)
  const left = live !== null && ![...branch.line, ...branch.gone].includes(live)
  const said = books.accepted.some(
    (one) => one.train === started.train && one.environment === environment && one.base === live,
  )
  // Nobody told that a force-push took it, nor what the sha stands on instead.
  const isUntold =
    live !== null && branch.gone.has(live) && !books.toldGone.has(live) && !books.placed.has(sha)
  const mayLose =
    said || isUntold || (environment !== books.last && (train.special !== null || left))
  must(branch.contains(sha, live) || mayLose, '6.13', () => `${key} loses ${live}, unsaid`)
  if (!broken.has('facts')) {
    const unheard = ships.find(
      (one) =>
        !isLiveElsewhere(start, one) && isHidden(books, environment, { it: one.sha, in: sha }),
    )
    must(unheard === undefined, '6.13', () => `${key} ships ${unheard?.sha}, of which nobody told`)
  }
  if (!broken.has('veto')) {
    for (const lost of books.takenBack) {
      if (lost.environment !== environment || lost.releasedFor.has(started.train ?? -1)) continue
      const again = ships.find((one) => lost.shas.has(one.sha))
      must(again === undefined, '6.10', () => `${key} brings back ${again?.sha}, taken back before`)
    }
  }
  if (!broken.has('checks')) judgeChecks(books, started)
}

/**
 * On the branch, nobody told of it, and from what was told one could know that something is missing.
 * Not so below a change that was told without its parent, even if that was forced off since; nor for
 * what was there before anybody listened, which goes along with the first that is on the branch.
 * What was there once before, and was displaced by a special train alone, comes back: it was judged
 * when it first came.
 */
function isHidden(
  { branch, heard, placed, targets }: Books,
  environment: string,
  at: { readonly it: string; readonly in: string },
): boolean {
  const place = branch.line.indexOf(at.it)
  if (place < 0 || heard.has(at.it)) return false
  const past = targets.everAt(environment)
  if (past.some((one) => branch.contains(one, at.it))) return false
  const isFirst = !past.some((one) => branch.line.includes(one))
  if (isFirst && !branch.line.slice(0, place).some((one) => heard.has(one))) return false
  const way = branch.gone.has(at.in) ? branch.below(at.in) : branch.line
  const above = way.slice(way.indexOf(at.it) + 1).find((one) => heard.has(one))
  return above === undefined || !branch.contains(at.in, above) || placed.has(above)
}

function judgeChecks(books: Books, { sha, key }: Deployment): void {
  const [not] = notGreen(books, sha)
  must(not === undefined, '6.2', () => `${key} starts, and its check ${not}`)
}

/** Checks that are asked of a sha, or were told of it, and did not pass. */
export function notGreen(books: Books, sha: string): readonly string[] {
  const reported = books.checks.get(sha) ?? new Map<string, CheckWord>()
  return [...(books.policy.checks.require ?? reported.keys())].flatMap((name) => {
    const status = reported.get(name)?.status ?? 'missing'
    return status === 'success' ? [] : [`${name} is ${status}`]
  })
}

function judgeWords(start: Start): void {
  const { books, started, train, policy, broken, ships } = start
  const { key, sha } = started
  // What a merge brought back besides is part of that merge.
  const own = (one: Commit): boolean =>
    train.special !== null && !books.branch.line.includes(one.sha)
  const asked = ships.filter(
    (one) =>
      (books.heard.has(one.sha) || own(one)) &&
      !isLiveElsewhere(start, one) &&
      !isPartOfMerge(start, one),
  )
  if (policy.approvals.authors === 'all' && !broken.has('consent')) {
    for (const one of asked) {
      // What is off the branch is answered for by whoever sent it.
      const mergedBy = one.number === null ? train.special : one.mergedBy
      must(
        isSaid(books, policy, { ...one, mergedBy }),
        '6.2',
        () => `${key} ships ${one.sha} without a yes`,
      )
    }
  }
  const isLast = policy.name === books.last
  const offBranch = train.special !== null && ![...books.branch.line].includes(sha)
  const others =
    offBranch && isLast ? Math.max(1, policy.approvals.others) : policy.approvals.others
  if (others === 0 || broken.has('approvals')) return
  const shas = asked.map((one) => one.sha).sort()
  const counts = books.approvals.filter(
    (one) =>
      one.environment === policy.name &&
      one.train === started.train &&
      one.sha === sha &&
      one.terms === termsOf(policy) &&
      isShown(books, start, one.ships, shas) &&
      (policy.approvals.expireMs === null ||
        books.clock.now < one.at + policy.approvals.expireMs) &&
      isEntitled(books, policy.approvals.from, one.by) &&
      !asked.some((its) => writersOf(books, its.sha).includes(one.by)) &&
      !asked.some((its) => [...books.wordsOn(its.sha).values()].includes(one.by)) &&
      // An author line is anybody's word: what is off the branch may well be its sender's own.
      !(offBranch && train.special === one.by),
  )
  const people = new Set(counts.map(({ by }) => by)).size
  must(people >= others, 'I-2', () => `${key} starts with ${people} of ${others} approvals`)
}

/** A force-push took it off the branch, and a merge that is aboard brought it back as its own. */
const isPartOfMerge = ({ books, started, train }: Start, { sha }: Commit): boolean =>
  train.special === null &&
  books.branch.line.includes(started.sha) &&
  !books.branch.line.includes(sha)

/** What a first deployment takes along of the last environment was answered for on its way there. */
function isLiveElsewhere({ books, started }: Start, { sha }: Commit): boolean {
  const { targets, branch, last } = books
  const there = targets.at(last)
  if (there === null || targets.at(started.environment) !== null) return false
  return branch.contains(there, sha)
}

/**
 * A first deployment takes along what was live elsewhere before, and says so in general. Where the
 * branch was rewritten, or something off it was sent, a plan may stand on what no longer counts as
 * live there, and then it shows something else than what is between.
 */
function isShown(
  books: Books,
  { started }: Start,
  shown: readonly string[],
  ships: readonly string[],
): boolean {
  if (!books.isPlain) return true
  if (books.targets.at(started.environment) === null) {
    return shown.every((one) => ships.includes(one))
  }
  return shown.join() === ships.join()
}

export function isEntitled(books: Books, from: readonly string[] | null, who: string): boolean {
  const person = books.people.find(({ name }) => name === who)
  if (person === undefined || !person.active) return false
  return from === null || from.some((one) => one === who || person.groups.includes(one))
}

/** Those who wrote it and are there; else whoever merged it; else anybody who may stand in. */
function isSaid(books: Books, { approvals }: EnvironmentPolicy, one: Commit): boolean {
  const words = books.wordsOn(one.sha)
  const counts = (name: string): boolean =>
    words.has(name) || books.people.some((its) => its.name === name && its.active)
  const writers = [one.author, ...one.coAuthors].filter(counts)
  if (writers.length > 0) return writers.every((name) => words.has(name))
  if (one.mergedBy !== null && counts(one.mergedBy)) return words.has(one.mergedBy)
  const standIn = approvals.standIn ?? approvals.from
  return [...words.keys()].some((name) => isEntitled(books, standIn, name))
}
