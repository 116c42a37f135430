/**
 * Reading one train with everything its announcement shows, on the line or after it.
 *
 * Invariant: read only, after the pipeline was loaded in the same transaction.
 */
import { spanOf, unfinished } from '../core/line.ts'
import type { Change, Deployment, Pipeline, Train } from '../core/model.ts'
import type { Configured } from './load.ts'
import type { Tx } from './transaction.ts'

export interface TrainScene {
  readonly train: Train
  /** Aboard in branch order; of a finished train: what it carried. */
  readonly changes: readonly Change[]
  /** Every deployment of it, oldest first. */
  readonly deployments: readonly Deployment[]
}

/** The train of that number with its changes and deployments; undefined: none such. */
export async function loadTrainScene(
  tx: Tx,
  { pipeline, configured }: { readonly pipeline: Pipeline; readonly configured: Configured },
  number: number,
): Promise<TrainScene | undefined> {
  const deployments = await deploymentsOf(tx, pipeline.name, number)
  const onTheLine = unfinished(pipeline).find((one) => one.number === number)
  if (onTheLine !== undefined) {
    return { train: onTheLine, changes: spanOf(pipeline, onTheLine), deployments }
  }
  const train = await findTrain(tx, pipeline.name, number)
  if (train === undefined) return undefined
  return { train, changes: await carriedBy(tx, configured, train), deployments }
}

async function findTrain(tx: Tx, pipeline: string, number: number): Promise<Train | undefined> {
  const { rows } = await tx.query<
    Omit<Train, 'openedAt' | 'departedAt'> & { openedAt: Date; departedAt: Date | null }
  >(
    `SELECT number, status, opened_at AS "openedAt", departed_at AS "departedAt", sha,
            approvals, holds, passes, veto_releases AS "vetoReleases", overrides, accepted,
            cancelling, carried
       FROM trains WHERE pipeline = $1 AND number = $2`,
    [pipeline, number],
  )
  const row = rows[0]
  return (
    row && {
      ...row,
      openedAt: row.openedAt.getTime(),
      departedAt: row.departedAt?.getTime() ?? null,
    }
  )
}

async function carriedBy(
  tx: Tx,
  { policy, carries }: Configured,
  { carried }: Train,
): Promise<readonly Change[]> {
  const { rows } = await tx.query<Omit<Change, 'mergedAt' | 'carried'> & { mergedAt: Date }>(
    `SELECT sha, number, title, author, co_authors AS "coAuthors", merged_by AS "mergedBy",
            merged_at AS "mergedAt", parent, lines, paths, labels, reverts
       FROM changes WHERE repository = $1 AND branch = $2 AND sha = ANY($3::text[])
      ORDER BY array_position($3::text[], sha)`,
    [policy.repository, policy.branch, carried ?? []],
  )
  return rows.map((row) => ({
    ...row,
    mergedAt: row.mergedAt.getTime(),
    carried: carries(row.paths),
  }))
}

async function deploymentsOf(
  tx: Tx,
  pipeline: string,
  number: number,
): Promise<readonly Deployment[]> {
  const { rows } = await tx.query<
    Omit<Deployment, 'requestedAt' | 'startedAt' | 'endedAt'> & {
      requestedAt: Date
      startedAt: Date | null
      endedAt: Date | null
    }
  >(
    `SELECT key, run, train, environment, kind, attempt, sha, base_sha AS "baseSha", epoch, plan,
            deploy, agent, status, requested_at AS "requestedAt", started_at AS "startedAt",
            ended_at AS "endedAt", reason, tail, claimed, cancelling, settled,
            taken_back AS "takenBack"
       FROM deployments WHERE pipeline = $1 AND train = $2 ORDER BY requested_at, key`,
    [pipeline, number],
  )
  return rows.map((row) => ({
    ...row,
    requestedAt: row.requestedAt.getTime(),
    startedAt: row.startedAt?.getTime() ?? null,
    endedAt: row.endedAt?.getTime() ?? null,
  }))
}
