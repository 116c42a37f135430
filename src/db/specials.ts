/**
 * Special trains that are served somewhere and not yet seen on the branch.
 *
 * Invariant: read only.
 */
import type { Tx } from './transaction.ts'

export async function unmergedSpecials(
  tx: Tx,
): Promise<readonly { readonly pipeline: string; readonly train: number }[]> {
  const { rows } = await tx.query<{ pipeline: string; train: number }>(
    `SELECT t.pipeline, t.number AS train FROM trains t
      WHERE t.special IS NOT NULL AND t.special->>'merged' IS NULL
        AND (t.special->>'isOffBranch')::boolean
        AND EXISTS (SELECT 1 FROM environments e
                     WHERE e.pipeline = t.pipeline AND e.live_sha = t.sha)
      ORDER BY t.pipeline, t.number`,
  )
  return rows
}
