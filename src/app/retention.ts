/**
 * Keeps what is promised to be kept, and lets the rest go.
 *
 * Invariant: any number of processes may do this at once; what one has removed the other misses
 * without harm. Each cleans the logs of its own home only.
 */
import type { Logger } from 'pino'
import { forgetOldAgents } from '../db/agents.ts'
import { forgetLooks } from '../db/looks.ts'
import { forgetStrayChecks, isWholePortion, runsWithNeededLogs } from '../db/retention.ts'
import { inTransaction, type Pool } from '../db/transaction.ts'
import { forgetVerifyRuns } from '../db/verify-runs.ts'
import { forgetOldConcerns } from '../db/watch.ts'
import { pruneLogs } from '../runs/log-retention.ts'

/** More is left for the next hour. */
const PORTIONS_MAX = 100

/** Logs that agents pushed to this home. */
export async function retainLogs(
  pool: Pool,
  {
    directory,
    now,
    log,
  }: { readonly directory: string; readonly now: number; readonly log: Logger },
): Promise<void> {
  const kept = await inTransaction(pool, runsWithNeededLogs)
  const gone = await pruneLogs(directory, { now, kept })
  if (gone.length > 0) log.info({ runs: gone.length }, 'removed old logs of runs')
}

/** Rows of the database that are kept for a time only. */
export async function retainRows(pool: Pool, log: Logger): Promise<void> {
  await inTransaction(pool, forgetOldAgents)
  await inTransaction(pool, forgetLooks)
  await inTransaction(pool, forgetVerifyRuns)
  await inTransaction(pool, forgetOldConcerns)
  let checks = 0
  for (let portion = 0; portion < PORTIONS_MAX; portion += 1) {
    const removed = await inTransaction(pool, forgetStrayChecks)
    checks += removed
    if (!isWholePortion(removed)) break
  }
  if (checks > 0) log.info({ checks }, 'removed checks of shas that nobody knows')
}
