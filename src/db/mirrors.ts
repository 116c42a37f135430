/**
 * What GitHub was told of our deployments, and what there is to tell.
 *
 * Invariant: the deployment itself is read at the moment of telling, so a late or repeated telling
 * shows the present.
 */
import type { DeploymentStatus } from '../core/model.ts'
import type { Tx } from './transaction.ts'

export interface ToMirror {
  readonly pipeline: string
  readonly environment: string
  readonly kind: 'forward' | 'rollback'
  readonly train: number | null
  readonly run: string
  readonly sha: string
  readonly status: DeploymentStatus
  readonly reason: string | null
  readonly isSuperseded: boolean
}

/** A deployment by its key; undefined: there is none. */
export async function deploymentToMirror(tx: Tx, key: string): Promise<ToMirror | undefined> {
  const { rows } = await tx.query<ToMirror>(
    `SELECT d.pipeline, d.environment, d.kind, d.train, d.run, d.sha, d.status, d.reason,
            d.taken_back OR EXISTS (
              SELECT 1 FROM deployments n
               WHERE n.pipeline = d.pipeline AND n.environment = d.environment
                 AND n.epoch > d.epoch AND n.status IN ('succeeded', 'verified')
            ) AS "isSuperseded"
       FROM deployments d WHERE d.key = $1`,
    [key],
  )
  return rows[0]
}

export async function findMirror(
  tx: Tx,
  key: string,
): Promise<{ readonly id: number; readonly state: string | null } | null> {
  const { rows } = await tx.query<{ github_id: string; state: string | null }>(
    `SELECT github_id, state FROM github_deployments WHERE key = $1`,
    [key],
  )
  const row = rows[0]
  return row === undefined ? null : { id: Number(row.github_id), state: row.state }
}

export async function rememberMirror(tx: Tx, key: string, id: number): Promise<void> {
  await tx.query(
    `INSERT INTO github_deployments (key, pipeline, environment, epoch, github_id)
     SELECT key, pipeline, environment, epoch, $2 FROM deployments WHERE key = $1
     ON CONFLICT (key) DO NOTHING`,
    [key, id],
  )
}

export async function toldMirror(tx: Tx, key: string, state: string): Promise<void> {
  await tx.query(
    `UPDATE github_deployments SET state = $2, at = clock_timestamp() WHERE key = $1`,
    [key, state],
  )
}

/** Earlier ones of the same environment that GitHub still shows as live. */
export async function mirrorsReplacedBy(
  tx: Tx,
  key: string,
): Promise<readonly { readonly key: string; readonly id: number }[]> {
  const { rows } = await tx.query<{ key: string; github_id: string }>(
    `SELECT o.key, o.github_id FROM github_deployments o
       JOIN github_deployments n ON n.pipeline = o.pipeline AND n.environment = o.environment
      WHERE n.key = $1 AND o.epoch < n.epoch AND o.state = 'success' ORDER BY o.epoch`,
    [key],
  )
  return rows.map((row) => ({ key: row.key, id: Number(row.github_id) }))
}
