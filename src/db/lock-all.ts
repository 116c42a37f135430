/**
 * The row of the lock on everything.
 *
 * Invariant: read before any pipeline's row is locked, always in this order, so nothing deadlocks
 * and no start can slip past a lock that is being placed.
 */
import type { Lock } from '../core/model.ts'
import type { Tx } from './transaction.ts'

interface Row {
  readonly id: string | null
  readonly by: string | null
  readonly reason: string | null
  readonly since: Date | null
  readonly expires: Date | null
  readonly now: Date
}

const READ = `SELECT id, by_name AS "by", reason, since, expires,
                     clock_timestamp()::timestamptz(3) AS now FROM lock_all`

/** `share`: others may read it too; `update`: to change it. */
export async function readLockAll(
  tx: Tx,
  mode: 'share' | 'update',
): Promise<{ readonly lock: Lock | null; readonly now: number }> {
  const { rows } = await tx.query<Row>(`${READ} ${mode === 'share' ? 'FOR SHARE' : 'FOR UPDATE'}`)
  const row = rows[0]
  if (row === undefined) throw new Error('the row of lock_all is missing: migrate and start again')
  return { lock: lockOf(row), now: row.now.getTime() }
}

function lockOf({ id, by, reason, since, expires }: Row): Lock | null {
  if (id === null || by === null || reason === null || since === null) return null
  const until = expires?.getTime() ?? null
  return { id, environment: null, by, reason, since: since.getTime(), expires: until }
}

/** Saves it, and has every pipeline look again: what may start and when has changed. */
export async function saveLockAll(tx: Tx, lock: Lock | null, now: number): Promise<void> {
  await tx.query(
    `UPDATE lock_all SET id = $1, by_name = $2, reason = $3, since = $4, expires = $5`,
    [
      lock?.id ?? null,
      lock?.by ?? null,
      lock?.reason ?? null,
      lock === null ? null : new Date(lock.since),
      lock === null || lock.expires === null ? null : new Date(lock.expires),
    ],
  )
  await tx.query(`UPDATE pipelines SET due_at = least(due_at, $1)`, [new Date(now)])
}
