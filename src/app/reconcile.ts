/**
 * What webhooks missed: the branch as GitHub has it, compared with what was heard.
 *
 * Invariant: it records through the same commands as a delivery does, and moves its own mark only
 * after everything up to there was recorded. Without an API there is nothing to compare with.
 */
import type { Logger } from 'pino'
import {
  type Followed,
  knownAmong,
  possiblyLost,
  type Suspect,
  sawHead,
  startOf,
  waitingShas,
} from '../db/branches.ts'
import { inTransaction, type Pool } from '../db/transaction.ts'
import type { Account, Branch, Outline, Pushed } from '../github/account.ts'
import { askChecks } from './ask.ts'
import type { Observer } from './observe.ts'

export interface Reconciling {
  readonly pool: Pool
  readonly observer: Observer
  readonly account: Account
  readonly log: Logger
  /** So long GitHub's API may lag behind its webhooks. */
  readonly settledMs?: number
}

type Target = Followed & { readonly github: Branch }

/** Checks are asked again of so many waiting changes, the newest. */
const CHECKED_MAX = 50
const LOST_MAX = 20
const SETTLED_MS = 60_000

/** Compares every followed branch once, in one question each where nothing has moved. */
export const reconcileBranches = (reconciling: Reconciling): Promise<boolean> =>
  eachBranch(reconciling, reconcileBranch)

/** Asks once for the checks of every change that waits. */
export const reconcileChecks = (reconciling: Reconciling): Promise<boolean> =>
  eachBranch(reconciling, reconcileWaiting)

/** Asks again who wrote what waits: an address that was nobody's may be a person's by now. */
export const reconcileWriters = (reconciling: Reconciling): Promise<boolean> =>
  eachBranch(reconciling, describeWaiting)

/** One repository's fault never keeps the others waiting; false: there was one. */
async function eachBranch(
  reconciling: Reconciling,
  compare: (reconciling: Reconciling, target: Target) => Promise<void>,
): Promise<boolean> {
  const { observer, log } = reconciling
  let isWhole = true
  for (const target of observer.followed()) {
    try {
      await compare(reconciling, target)
    } catch (fault) {
      isWhole = false
      log.warn({ err: fault, ...target.github }, 'GitHub could not be compared; tried again later')
    }
  }
  return isWhole
}

async function reconcileBranch(reconciling: Reconciling, target: Target): Promise<void> {
  const { pool, account, log } = reconciling
  const after = await account.head(target.github)
  if (after === null) {
    log.warn(target.github, 'GitHub has no such branch, or does not show it to us')
    return
  }
  const before = await inTransaction(pool, (tx) => startOf(tx, target))
  if (before !== null && before !== after) {
    const range = await account.range(target.github, { before, after })
    if (range === null) {
      log.warn({ ...target.github, before }, 'GitHub no longer knows the head that was seen last')
    } else {
      const pushes = await account.pushes(target.github)
      await recordMissed(reconciling, target, { changes: range.changes, pushes })
    }
  }
  await tellLost(reconciling, target, { before, after })
  //! failpoint reconcile.recorded
  await inTransaction(pool, (tx) => sawHead(tx, target, after))
}

/** Waiting changes that the branch no longer contains: a force-push took them. */
async function tellLost(
  { pool, observer, account, settledMs = SETTLED_MS }: Reconciling,
  target: Target,
  { before, after }: { readonly before: string | null; readonly after: string },
): Promise<void> {
  const { github } = target
  const look = { moved: before !== after, settledMs, limit: LOST_MAX }
  const gone: string[] = []
  for (const one of await inTransaction(pool, (tx) => possiblyLost(tx, target, look))) {
    if (!(await isOnLine(account, github, { ...one, head: after }))) gone.push(one.sha)
  }
  if (gone.length === 0) return
  const pushes = await account.pushes(github)
  const push = pushes.find((one) => one.after === after)
  const { by, at } = push ?? { by: 'somebody', at: Date.now() }
  await observer.forcePush(github, { by, head: after, at, gone })
}

/**
 * Whether the branch still has a change. Of two on one parent its own line goes through one alone:
 * the other, taken off by a force-push, may have come back inside a merge, and is part of that merge.
 */
async function isOnLine(
  account: Account,
  at: Branch,
  { sha, shared, head }: Suspect & { readonly head: string },
): Promise<boolean> {
  if (!(await account.contains(at.repository, { sha, head }))) return false
  if (shared === null) return true
  const range = await account.range(at, { before: shared, after: head })
  return range === null || range.changes.some((one) => one.sha === sha)
}

async function recordMissed(
  { pool, observer, account, log }: Reconciling,
  target: Target,
  { changes, pushes }: { readonly changes: readonly Outline[]; readonly pushes: readonly Pushed[] },
): Promise<void> {
  const shas = changes.map(({ sha }) => sha)
  const known = await inTransaction(pool, (tx) => knownAmong(tx, target, shas))
  const by = pushersOf(changes, pushes)
  for (const outline of changes) {
    const change = known.get(outline.sha)
    const isWhole =
      change !== undefined &&
      change.parent !== null &&
      change.lines !== null &&
      change.number === outline.number
    if (isWhole) continue
    const described = await account.describe(target.github, outline)
    const push = described.number === null ? by.get(outline.sha) : undefined
    const told =
      push === undefined ? described : { ...described, author: push.by, mergedAt: push.at }
    await observer.change(target.github, told)
    if (change === undefined) {
      // What told nothing of the change most likely told nothing of its checks.
      await askChecks(observer, account, target.github.repository, outline.sha)
      log.info({ ...target.github, sha: outline.sha }, 'a change was found that no webhook told of')
    }
  }
}

/** A push of several commits made every change down to the head before it. */
export function pushersOf(
  changes: readonly Outline[],
  pushes: readonly Pushed[],
): ReadonlyMap<string, Pushed> {
  const found = new Map<string, Pushed>()
  let current: Pushed | undefined
  for (const { sha } of [...changes].reverse()) {
    const own = pushes.find(({ after }) => after === sha)
    current = own ?? (sha === current?.before ? undefined : current)
    if (current !== undefined) found.set(sha, current)
  }
  return found
}

async function reconcileWaiting(
  { pool, observer, account }: Reconciling,
  target: Target,
): Promise<void> {
  const shas = await inTransaction(pool, (tx) => waitingShas(tx, target, CHECKED_MAX))
  for (const sha of shas) await askChecks(observer, account, target.github.repository, sha)
}

/** Who pushed without a pull request is known from the push alone, and is not asked for. */
async function describeWaiting(
  { pool, observer, account }: Reconciling,
  { github, ...target }: Target,
): Promise<void> {
  for (const sha of await inTransaction(pool, (tx) => waitingShas(tx, target, CHECKED_MAX))) {
    const outline = await account.outline(github, sha)
    if (outline.number === null) continue
    await observer.change(github, await account.describe(github, outline))
  }
}
