/**
 * The way of a start, against the books: what went before it, and what it must not overtake.
 *
 * Invariant: I-16 and I-19 as the town sees them, and of 2 what a migration keeps waiting.
 */
import type { Books } from './books.ts'
import { must } from './broken.ts'
import type { Start } from './start.ts'

export function judgeWay({ books, started, train, policy, broken }: Start): void {
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
export function judgeMigrations({ books, started, broken, ships }: Start): void {
  if (broken.has('migration')) return
  const { line } = books.branch
  for (const { sha, labels } of ships) {
    // What nobody told of is the affair of the rule that nothing unheard is shipped.
    if (!labels.includes('contract') || !books.heard.has(sha)) continue
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
