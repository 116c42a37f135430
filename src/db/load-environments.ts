/**
 * The environments of a pipeline, loaded: what they serve, served and are said to serve.
 *
 * Invariant: one for each that the policy names, in its order; what an earlier version did not keep
 * is filled in here.
 */
import type { Environment, Release } from '../core/model.ts'
import type { Policy } from '../core/policy.ts'
import { tookBy } from './took.ts'
import type { Tx } from './transaction.ts'

interface EnvironmentRow {
  readonly name: string
  readonly epoch: number
  readonly live_sha: string | null
  readonly live_train: number | null
  readonly live_epoch: number | null
  readonly live_since: Date | null
  readonly live_by: string | null
  readonly chain: Environment['chain']
  readonly rollback: Environment['rollback']
  readonly vetoes: Environment['vetoes']
  readonly doubt: Environment['doubt']
  readonly ailment: string | null
  readonly flags: Environment['flags']
  readonly forward: readonly number[]
  readonly back: readonly number[]
}

/** Every environment of the policy, without its lock. */
export async function loadEnvironments(
  tx: Tx,
  policy: Policy,
): Promise<readonly Omit<Environment, 'lock'>[]> {
  const { rows } = await tx.query<EnvironmentRow>(
    `SELECT name, epoch, live_sha, live_train, live_epoch, live_since, live_by, chain, rollback,
            vetoes, doubt, ailment, flags, ARRAY(${tookBy('forward')}) AS forward, ARRAY(${tookBy('rollback')}) AS back
       FROM environments e WHERE pipeline = $1`,
    [policy.pipeline],
  )
  return policy.environments.map(({ name }) => {
    const row = rows.find((one) => one.name === name)
    if (row === undefined) throw new Error(`environment ${policy.pipeline}:${name} has no row`)
    const { epoch, chain, rollback, vetoes, ailment, flags } = row
    // Kept by a version that did not keep when it was asked last.
    const doubt = row.doubt && { ...row.doubt, at: row.doubt.at ?? row.doubt.since }
    const took = { forward: row.forward, rollback: row.back }
    const history = { chain, rollback, vetoes, took }
    return { name, epoch, live: liveOf(row), ...history, doubt, ailment, flags }
  })
}

function liveOf(row: EnvironmentRow): Release | null {
  const { live_sha: sha, live_epoch: epoch, live_since: since } = row
  if (sha === null || epoch === null || since === null) return null
  return { sha, train: row.live_train, epoch, since: since.getTime(), by: row.live_by }
}
