/**
 * What a start really brings and what it takes away, against the books.
 *
 * Invariant: 10 and 13 as the town sees them: nothing is lost unsaid, nothing comes of which nobody
 * told, nothing comes back that was taken back; and of 2 the checks.
 */
import type { Deployment } from '../../src/core/model.ts'
import type { Books, CheckWord } from './books.ts'
import { must } from './broken.ts'
import { isLiveElsewhere, type Start } from './start.ts'

export function judgeContent(start: Start): void {
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
