/**
 * The inbox: verified deliveries, until everything they say has been recorded.
 *
 * Invariant: what was acknowledged is here. A body is one row, however often and under whatever
 * delivery id it comes; a row ends as taken or given up, and is kept for 30 days either way.
 */
import type { Tx } from './transaction.ts'

export interface Delivery {
  readonly delivery: string
  readonly event: string
  readonly sha256: string
  readonly repository: string
  readonly checkedSha: string | null
  readonly body: unknown
}

/** A delivery that somebody works on. */
export interface Claimed {
  readonly position: string
  readonly delivery: string
  readonly event: string
  readonly repository: string
  readonly body: unknown
  readonly attempts: number
}

/** What is to be done next with a row: tell the pipelines, then ask GitHub for the rest. */
export type Stage = 'hear' | 'ask'

/**
 * Stores deliveries in one statement. A repeat is no news, unless the first one was given up: then
 * whoever asked for the redelivery wants another try.
 */
export async function storeDeliveries(tx: Tx, deliveries: readonly Delivery[]): Promise<void> {
  const unique = [...new Map(deliveries.map((one) => [`${one.event} ${one.sha256}`, one])).values()]
  await tx.query(
    `INSERT INTO inbox (delivery, event, sha256, repository, checked_sha, body)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[])
     ON CONFLICT (event, sha256) DO UPDATE
       SET gave_up_at = NULL, attempts = 0, due_at = clock_timestamp()
       WHERE inbox.gave_up_at IS NOT NULL`,
    [
      unique.map(({ delivery }) => delivery),
      unique.map(({ event }) => event),
      unique.map(({ sha256 }) => sha256),
      unique.map(({ repository }) => repository),
      unique.map(({ checkedSha }) => checkedSha),
      unique.map(({ body }) => JSON.stringify(body)),
    ],
  )
}

/** Claims due rows for `leaseMs`, oldest first; a worker that dies leaves them to the next. */
export async function claimDeliveries(
  tx: Tx,
  {
    stage,
    limit,
    leaseMs,
  }: { readonly stage: Stage; readonly limit: number; readonly leaseMs: number },
): Promise<readonly Claimed[]> {
  const { rows } = await tx.query<Claimed>(
    `UPDATE inbox SET attempts = attempts + 1, due_at = clock_timestamp() + $3 * interval '1 ms'
      WHERE position IN (
        SELECT position FROM inbox
         WHERE taken_at IS NULL AND gave_up_at IS NULL AND (heard_at IS NULL) = ($1 = 'hear')
           AND due_at <= clock_timestamp()
         ORDER BY position LIMIT $2 FOR UPDATE SKIP LOCKED)
      RETURNING position, delivery, event, repository, body, attempts`,
    [stage, limit, leaseMs],
  )
  return [...rows].sort((a, b) => Number(a.position) - Number(b.position))
}

/** Keeps claims: whoever works on them is alive. */
export async function renewDeliveries(
  tx: Tx,
  {
    positions,
    stage,
    leaseMs,
  }: {
    readonly positions: readonly string[]
    readonly stage: Stage
    readonly leaseMs: number
  },
): Promise<void> {
  await tx.query(
    `UPDATE inbox SET due_at = clock_timestamp() + $3 * interval '1 ms'
      WHERE position = ANY($1::bigint[]) AND (heard_at IS NULL) = ($2 = 'hear')
        AND taken_at IS NULL AND gave_up_at IS NULL`,
    [positions, stage, leaseMs],
  )
}

/** Everything the delivery itself says was recorded; `done`: and nothing is left to ask. */
export async function markHeard(tx: Tx, position: string, done: boolean): Promise<void> {
  await tx.query(
    `UPDATE inbox SET heard_at = coalesce(heard_at, clock_timestamp()), attempts = 0,
            last_error = NULL, due_at = clock_timestamp(),
            taken_at = CASE WHEN $2 THEN clock_timestamp() END
      WHERE position = $1`,
    [position, done],
  )
}

/** It failed: again after a pause, or (null) never again. */
export async function markFailed(
  tx: Tx,
  position: string,
  {
    error,
    pauseMs,
    counts,
  }: { readonly error: string; readonly pauseMs: number | null; readonly counts: boolean },
): Promise<void> {
  await tx.query(
    `UPDATE inbox SET last_error = left($2, 500),
            due_at = clock_timestamp() + coalesce($3::float8, 0) * interval '1 ms',
            attempts = CASE WHEN $4 THEN attempts ELSE attempts - 1 END,
            gave_up_at = CASE WHEN $3::float8 IS NULL THEN clock_timestamp() END
      WHERE position = $1`,
    [position, error, pauseMs, counts],
  )
}

/** Kept checks of a sha, heard before anybody knew that it would be merged. */
export async function checksHeardOf(
  tx: Tx,
  repository: string,
  sha: string,
): Promise<readonly unknown[]> {
  const { rows } = await tx.query<{ body: unknown }>(
    `SELECT body FROM inbox WHERE repository = $1 AND checked_sha = $2 ORDER BY position`,
    [repository, sha],
  )
  return rows.map(({ body }) => body)
}

/** Forgets what is older than 30 days; answers how many rows that were. */
export async function purgeInbox(tx: Tx): Promise<number> {
  const { rowCount } = await tx.query(
    `DELETE FROM inbox WHERE received_at < clock_timestamp() - interval '30 days'`,
  )
  return rowCount ?? 0
}

export interface InboxState {
  readonly waiting: number
  /** How long the oldest of those waits; 0: none does. */
  readonly oldestMs: number
  readonly givenUp: readonly {
    readonly delivery: string
    readonly event: string
    readonly error: string | null
  }[]
}

/** How the inbox stands: for `doctor`. */
export async function inboxState(tx: Tx): Promise<InboxState> {
  const { rows: waiting } = await tx.query<{ count: number; oldest: number }>(
    `SELECT count(*)::int AS count,
            coalesce(extract(epoch FROM clock_timestamp() - min(received_at)) * 1000, 0)::float8
              AS oldest
       FROM inbox WHERE taken_at IS NULL AND gave_up_at IS NULL`,
  )
  const { rows: givenUp } = await tx.query<InboxState['givenUp'][number]>(
    `SELECT delivery, event, last_error AS error FROM inbox
      WHERE gave_up_at IS NOT NULL ORDER BY position DESC LIMIT 20`,
  )
  return { waiting: waiting[0]?.count ?? 0, oldestMs: waiting[0]?.oldest ?? 0, givenUp }
}
