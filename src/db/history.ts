/**
 * Reading finished trains.
 *
 * Invariant: read only. A finished train keeps the list it carried; nothing is recomputed.
 */
import type { Tx } from './transaction.ts'

export interface FinishedTrain {
  readonly number: number
  readonly status: string
  readonly openedAt: Date
  readonly departedAt: Date | null
  readonly sha: string | null
  readonly changes: readonly {
    readonly sha: string
    readonly number: number | null
    readonly title: string
    readonly author: string
    readonly lines: number | null
  }[]
  readonly deployments: readonly {
    readonly key: string
    readonly run: string
    readonly environment: string
    readonly status: string
    readonly sha: string
    readonly reason: string | null
    readonly ended_at: Date | null
  }[]
}

/** A train that has left the line, with its changes and deployments; undefined: none such. */
export async function findFinishedTrain(
  tx: Tx,
  pipeline: string,
  number: number,
): Promise<FinishedTrain | undefined> {
  const { rows } = await tx.query<
    Omit<FinishedTrain, 'changes' | 'deployments'> & { carried: readonly string[] }
  >(
    `SELECT number, status, opened_at AS "openedAt", departed_at AS "departedAt", sha, carried
       FROM trains WHERE pipeline = $1 AND number = $2 AND carried IS NOT NULL`,
    [pipeline, number],
  )
  const row = rows[0]
  if (row === undefined) return undefined
  const { carried, ...train } = row
  const changes = await tx.query<FinishedTrain['changes'][number]>(
    `SELECT c.sha, c.number, c.title, c.author, c.lines
       FROM changes c JOIN pipelines p ON p.repository = c.repository AND p.branch = c.branch
      WHERE p.name = $1 AND c.sha = ANY($2::text[])
      ORDER BY array_position($2::text[], c.sha)`,
    [pipeline, carried],
  )
  const deployments = await tx.query<FinishedTrain['deployments'][number]>(
    `SELECT key, run, environment, status, sha, reason, ended_at
       FROM deployments WHERE pipeline = $1 AND train = $2 ORDER BY requested_at`,
    [pipeline, number],
  )
  return { ...train, changes: changes.rows, deployments: deployments.rows }
}
