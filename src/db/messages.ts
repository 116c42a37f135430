/**
 * Where each train's announcement stands, and what it shows.
 *
 * Invariant: at most one message per train; a thread belongs to one train.
 */
import type { Tx } from './transaction.ts'

export interface Posted {
  readonly channel: string
  readonly ts: string
  readonly hash: string
  /** How long ago it was last sent. */
  readonly ageMs: number
}

export async function findMessage(
  tx: Tx,
  pipeline: string,
  train: number,
): Promise<Posted | undefined> {
  const { rows } = await tx.query<Omit<Posted, 'ageMs'> & { age: string }>(
    `SELECT channel, ts, hash,
            floor(extract(epoch FROM clock_timestamp() - updated_at) * 1000) AS age
       FROM messages WHERE pipeline = $1 AND train = $2`,
    [pipeline, train],
  )
  const row = rows[0]
  if (row === undefined) return undefined
  const { age, ...posted } = row
  return { ...posted, ageMs: Number(age) }
}

export async function saveMessage(
  tx: Tx,
  of: { readonly pipeline: string; readonly train: number },
  posted: { readonly channel: string; readonly ts: string; readonly hash: string },
): Promise<void> {
  await tx.query(
    `INSERT INTO messages (pipeline, train, channel, ts, hash) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (pipeline, train) DO UPDATE SET channel = EXCLUDED.channel, ts = EXCLUDED.ts,
       hash = EXCLUDED.hash, updated_at = clock_timestamp()`,
    [of.pipeline, of.train, posted.channel, posted.ts, posted.hash],
  )
}

/** It was deleted in Slack: the next announcement is a new message. */
export async function forgetMessage(tx: Tx, pipeline: string, train: number): Promise<void> {
  await tx.query(`DELETE FROM messages WHERE pipeline = $1 AND train = $2`, [pipeline, train])
}

/** Whose announcement a message is; undefined: nobody's. */
export async function threadOwner(
  tx: Tx,
  channel: string,
  ts: string,
): Promise<{ readonly pipeline: string; readonly train: number } | undefined> {
  const { rows } = await tx.query<{ pipeline: string; train: number }>(
    `SELECT pipeline, train FROM messages WHERE channel = $1 AND ts = $2`,
    [channel, ts],
  )
  return rows[0]
}
