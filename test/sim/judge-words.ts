/**
 * Who really said yes to what a start brings, against the books.
 *
 * Invariant: 2 as the town sees it: by people who are there, for exactly what they were shown.
 */
import type { EnvironmentPolicy } from '../../src/core/policy.ts'
import type { Books } from './books.ts'
import type { Commit } from './branch.ts'
import { must } from './broken.ts'
import { isEntitled, termsOf, writersOf } from './said.ts'
import { isLiveElsewhere, type Start } from './start.ts'

export function judgeWords(start: Start): void {
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
