/**
 * Where changes are: what is live in the last environment, and what a force-push took.
 *
 * Invariant: only what one decision changed is written, in its transaction.
 */
import type { Pipeline } from '../core/model.ts'
import type { Tx } from './transaction.ts'

/** What arrived is added; what a rollback took back waits again, so its row goes. */
export async function saveShipped(tx: Tx, before: Pipeline, after: Pipeline): Promise<void> {
  const gone = [...before.shipped].flatMap(([sha, its]) =>
    after.shipped.get(sha) === its ? [] : [sha],
  )
  if (gone.length > 0) {
    await tx.query(`DELETE FROM shipped WHERE pipeline = $1 AND sha = ANY($2::text[])`, [
      after.name,
      gone,
    ])
  }
  const fresh = [...after.shipped].filter(([sha, its]) => before.shipped.get(sha) !== its)
  if (fresh.length === 0) return
  await tx.query(
    `INSERT INTO shipped (pipeline, sha, train, epoch)
     SELECT $1, * FROM unnest($2::text[], $3::integer[], $4::integer[])
     ON CONFLICT DO NOTHING -- Live before what a rollback can reach, and not loaded: that stands.`,
    [
      after.name,
      fresh.map(([sha]) => sha),
      fresh.map(([, { train }]) => train),
      fresh.map(([, { epoch }]) => epoch),
    ],
  )
}

/** What a force-push took off the branch, and what one brought back. */
export async function saveDropped(tx: Tx, before: Pipeline, after: Pipeline): Promise<void> {
  if (before.dropped === after.dropped) return
  const { name, rewritten } = after
  const back = [...before.dropped].filter((sha) => !after.dropped.has(sha))
  await tx.query(`DELETE FROM dropped WHERE pipeline = $1 AND sha = ANY($2::text[])`, [name, back])
  const gone = [...after.dropped].filter((sha) => !before.dropped.has(sha))
  await tx.query(
    `INSERT INTO dropped (pipeline, sha, at) SELECT $1, unnest($2::text[]), $3
     ON CONFLICT DO NOTHING`,
    [name, gone, new Date(rewritten?.at ?? 0)],
  )
}
