/**
 * What agents tell of runs that this database did not order, or has forgotten.
 *
 * Invariant: a run is looked up by its name and its epoch, because a restored database gives names
 * again. Reading finds what is news; only a dispatched command writes.
 */
import type { Tx } from './transaction.ts'

/** The newest run of an environment, as an agent's journal has it. */
export interface Seen {
  readonly pipeline: string
  readonly environment: string
  readonly run: string
  readonly epoch: number
  readonly status: string
  /** The name under which an account of it is kept here. */
  readonly told: string
}

/**
 * Which of them, by their place in the list, this database does not know, or knows only as at work.
 * While the same agent has a run there to report the end of, that comes first.
 */
export async function newsAmong(
  tx: Tx,
  { instance, seen }: { readonly instance: string; readonly seen: readonly Seen[] },
): Promise<readonly number[]> {
  if (seen.length === 0) return []
  const { rows } = await tx.query<{ at: number }>(
    `SELECT s.at FROM jsonb_to_recordset($1) AS s(at integer, pipeline text, environment text,
                                                  run text, epoch integer, status text, told text)
       JOIN environments e ON e.pipeline = s.pipeline AND e.name = s.environment
       LEFT JOIN deployments t ON t.run = s.told
      WHERE (t.status = 'unknown' AND t.account->>'status' = 'running' AND s.status <> 'running')
         OR (t.run IS NULL AND s.epoch >= e.epoch
             AND NOT EXISTS (SELECT 1 FROM deployments d WHERE d.run = s.run AND d.epoch = s.epoch)
             AND NOT EXISTS (
               SELECT 1 FROM deployments d
                WHERE d.pipeline = s.pipeline AND d.environment = s.environment
                  AND d.instance = $2 AND d.status IN ('requested', 'running') AND d.at_work))
      ORDER BY s.at`,
    [JSON.stringify(seen.map((one, at) => ({ ...one, at }))), instance],
  )
  return rows.map(({ at }) => at)
}

/** An environment that stays closed until somebody has looked at what an agent did there. */
export interface Unanswered {
  readonly pipeline: string
  readonly environment: string
  readonly sha: string
  readonly status: string
  readonly agent: string
  readonly by: string | null
  readonly reason: string
}

export async function unansweredAccounts(tx: Tx): Promise<readonly Unanswered[]> {
  const { rows } = await tx.query<Unanswered>(
    `SELECT pipeline, environment, sha, account->>'status' AS status, account->>'agent' AS agent,
            account->'hand'->>'by' AS by, coalesce(reason, '') AS reason
       FROM deployments
      WHERE account IS NOT NULL AND NOT settled AND NOT taken_back
      ORDER BY pipeline, environment`,
  )
  return rows
}
