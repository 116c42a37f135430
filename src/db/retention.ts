/**
 * What of the database is kept for a time only, and what a limited keeping must spare.
 *
 * Invariant: the audit, trains, deployments and changes stay for ever; only what nobody asked about
 * goes, in portions that hold no lock for long.
 */
import type { Tx } from './transaction.ts'

const PORTION = 5_000

/** Runs whose logs somebody still needs: under way or unclear, with the steps before, or the newest of an environment. */
export async function runsWithNeededLogs(tx: Tx): Promise<ReadonlySet<string>> {
  const { rows } = await tx.query<{ run: string }>(
    `SELECT run FROM deployments WHERE status IN ('requested', 'running', 'unknown')
     UNION
     SELECT s.run FROM step_runs s JOIN deployments d ON d.key = s.deployment
      WHERE d.status IN ('requested', 'running', 'unknown')
     UNION
     SELECT run FROM migrations WHERE run IS NOT NULL AND contract IS NULL
     UNION
     SELECT run FROM (
       SELECT DISTINCT ON (pipeline, environment) run FROM deployments
        ORDER BY pipeline, environment, epoch DESC) AS newest`,
  )
  return new Set(rows.map(({ run }) => run))
}

/** Removes a portion of the checks heard 30 days ago of shas that nobody knows; answers how many. */
export async function forgetStrayChecks(tx: Tx): Promise<number> {
  const { rowCount } = await tx.query(
    `DELETE FROM checks WHERE ctid IN (
       SELECT c.ctid FROM checks c
        WHERE c.heard_at < clock_timestamp() - interval '30 days'
          AND NOT EXISTS (
            SELECT 1 FROM changes k WHERE k.repository = c.repository AND k.sha = c.sha)
          AND NOT EXISTS (SELECT 1 FROM environments e WHERE e.live_sha = c.sha)
          AND NOT EXISTS (SELECT 1 FROM trains t WHERE t.sha = c.sha)
        LIMIT $1)`,
    [PORTION],
  )
  return rowCount ?? 0
}

export const isWholePortion = (count: number): boolean => count === PORTION
