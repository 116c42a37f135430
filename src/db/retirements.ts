/**
 * What is known of a verified deployment, for what is run after it.
 *
 * Invariant: read by its key alone, because its train may have left the line.
 */
import type { Tx } from './transaction.ts'

export interface Verified {
  readonly run: string
  readonly environment: string
  readonly epoch: number
  readonly train: number | null
  readonly sha: string
  /** What was live before; null: nothing was. */
  readonly baseSha: string | null
  readonly agent: string
}

/** Undefined: no such deployment, or it is not verified, or it was taken back. */
export async function verifiedDeployment(tx: Tx, key: string): Promise<Verified | undefined> {
  const { rows } = await tx.query<Verified>(
    `SELECT run, environment, epoch, train, sha, base_sha AS "baseSha", agent FROM deployments
      WHERE key = $1 AND kind = 'forward' AND status = 'verified' AND NOT taken_back`,
    [key],
  )
  return rows[0]
}

/** Whether its command was ordered before: it never is twice. */
export async function wasOrdered(tx: Tx, run: string): Promise<boolean> {
  const { rows } = await tx.query(`SELECT 1 FROM verify_runs WHERE run = $1`, [run])
  return rows.length > 0
}
