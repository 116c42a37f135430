/**
 * The locks of a decided pipeline, saved.
 *
 * Invariant: one for each scope; a lock that is taken over is another one.
 */
import type { Lock, Pipeline } from '../core/model.ts'
import type { Tx } from './transaction.ts'

const time = (ms: number | null): Date | null => (ms === null ? null : new Date(ms))

const locksOf = (pipeline: Pipeline): readonly Lock[] =>
  [pipeline.lock, ...pipeline.environments.map(({ lock }) => lock)].flatMap((lock) =>
    lock === null ? [] : [lock],
  )

export async function saveLocks(tx: Tx, before: Pipeline, after: Pipeline): Promise<void> {
  const [old, now] = [locksOf(before), locksOf(after)]
  for (const lock of old.filter((one) => !now.includes(one))) {
    await tx.query(`DELETE FROM locks WHERE id = $1`, [lock.id])
  }
  for (const lock of now.filter((one) => !old.includes(one))) {
    await tx.query(
      `INSERT INTO locks (id, pipeline, environment, by_name, reason, since, expires)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        lock.id,
        after.name,
        lock.environment,
        lock.by,
        lock.reason,
        time(lock.since),
        time(lock.expires),
      ],
    )
  }
}
