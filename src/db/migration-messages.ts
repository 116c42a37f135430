/**
 * Where each migration's card stands, and which issue says what is left to remove.
 *
 * Invariant: one card and one issue per change.
 */
import type { Posted } from './messages.ts'
import type { Tx } from './transaction.ts'

export async function findCard(tx: Tx, pipeline: string, change: string): Promise<Posted | null> {
  const { rows } = await tx.query<Omit<Posted, 'ageMs'> & { age: string }>(
    `SELECT channel, ts, hash,
            floor(extract(epoch FROM clock_timestamp() - updated_at) * 1000) AS age
       FROM migration_messages WHERE pipeline = $1 AND change = $2`,
    [pipeline, change],
  )
  const row = rows[0]
  if (row === undefined) return null
  const { age, ...posted } = row
  return { ...posted, ageMs: Number(age) }
}

export async function saveCard(
  tx: Tx,
  of: { readonly pipeline: string; readonly change: string },
  posted: { readonly channel: string; readonly ts: string; readonly hash: string },
): Promise<void> {
  await tx.query(
    `INSERT INTO migration_messages (pipeline, change, channel, ts, hash)
     VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (pipeline, change) DO UPDATE SET channel = EXCLUDED.channel, ts = EXCLUDED.ts,
       hash = EXCLUDED.hash, updated_at = clock_timestamp()`,
    [of.pipeline, of.change, posted.channel, posted.ts, posted.hash],
  )
}

/** It was deleted in Slack: the next one is a new message. */
export async function forgetCard(tx: Tx, pipeline: string, change: string): Promise<void> {
  await tx.query(`DELETE FROM migration_messages WHERE pipeline = $1 AND change = $2`, [
    pipeline,
    change,
  ])
}

export interface KnownIssue {
  readonly number: number
  readonly open: boolean
}

export async function findIssue(
  tx: Tx,
  pipeline: string,
  change: string,
): Promise<KnownIssue | null> {
  const { rows } = await tx.query<KnownIssue>(
    `SELECT number, open FROM migration_issues WHERE pipeline = $1 AND change = $2`,
    [pipeline, change],
  )
  return rows[0] ?? null
}

export async function saveIssue(
  tx: Tx,
  of: { readonly pipeline: string; readonly change: string },
  { number, open }: KnownIssue,
): Promise<void> {
  await tx.query(
    `INSERT INTO migration_issues (pipeline, change, number, open) VALUES ($1, $2, $3, $4)
     ON CONFLICT (pipeline, change) DO UPDATE SET number = EXCLUDED.number, open = EXCLUDED.open`,
    [of.pipeline, of.change, number, open],
  )
}

/** It is there no more: the next one has another number. */
export async function forgetIssue(tx: Tx, pipeline: string, change: string): Promise<void> {
  await tx.query(`DELETE FROM migration_issues WHERE pipeline = $1 AND change = $2`, [
    pipeline,
    change,
  ])
}

/** Whether GitHub, asked last, took no issue for it. */
export async function saveIssueRefused(
  tx: Tx,
  { pipeline, change }: { readonly pipeline: string; readonly change: string },
  isRefused: boolean,
): Promise<void> {
  await tx.query(
    isRefused
      ? `INSERT INTO migration_issues_refused (pipeline, change) VALUES ($1, $2)
         ON CONFLICT DO NOTHING`
      : `DELETE FROM migration_issues_refused WHERE pipeline = $1 AND change = $2`,
    [pipeline, change],
  )
}

/** Those of which GitHub takes no issue; `change`: its number, else its short sha. */
export async function refusedIssues(
  tx: Tx,
): Promise<readonly { readonly pipeline: string; readonly change: string }[]> {
  const { rows } = await tx.query<{ pipeline: string; change: string }>(
    `SELECT i.pipeline, coalesce(c.number::text, left(i.change, 8)) AS change
       FROM migration_issues_refused i
       JOIN pipelines p ON p.name = i.pipeline
       LEFT JOIN changes c ON c.repository = p.repository AND c.branch = p.branch
                          AND c.sha = i.change
      ORDER BY i.pipeline, i.change`,
  )
  return rows
}
