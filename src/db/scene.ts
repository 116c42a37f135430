/**
 * Reading one train with everything its announcement shows, on the line or after it.
 *
 * Invariant: read only, after the pipeline was loaded in the same transaction.
 */
import { aboard, unfinished } from '../core/line.ts'
import type { Change, Deployment, Pipeline, Train } from '../core/model.ts'
import type { Configured } from './load.ts'
import {
  CHANGE,
  type ChangeRow,
  changeOf,
  DEPLOYMENT,
  type DeploymentRow,
  deploymentOf,
  TRAIN,
  type TrainRow,
  trainOf,
} from './rows.ts'
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
    return { train: onTheLine, changes: aboard(pipeline, onTheLine), deployments }
  }
  const train = await findTrain(tx, pipeline.name, number)
  if (train === undefined) return undefined
  return {
    train,
    changes: await carriedBy(tx, { ...configured, policy: pipeline.policy }, train),
    deployments,
  }
}

async function findTrain(tx: Tx, pipeline: string, number: number): Promise<Train | undefined> {
  const { rows } = await tx.query<TrainRow>(
    `SELECT ${TRAIN} FROM trains t WHERE t.pipeline = $1 AND t.number = $2`,
    [pipeline, number],
  )
  const [row] = rows
  return row && trainOf(row)
}

async function carriedBy(
  tx: Tx,
  configured: Configured,
  { carried, special }: Train,
): Promise<readonly Change[]> {
  const { repository, branch } = configured.policy
  const { rows } = await tx.query<ChangeRow>(
    `SELECT ${CHANGE}
       FROM changes c WHERE c.repository = $1 AND c.branch = $2 AND c.sha = ANY($3::text[])
      ORDER BY array_position($3::text[], c.sha)`,
    [repository, branch, carried ?? []],
  )
  const own = special?.changes.filter(({ sha }) => carried?.includes(sha)) ?? []
  return [...rows.map((row) => changeOf(row, configured)), ...own]
}

async function deploymentsOf(
  tx: Tx,
  pipeline: string,
  number: number,
): Promise<readonly Deployment[]> {
  const { rows } = await tx.query<DeploymentRow>(
    `SELECT ${DEPLOYMENT}
       FROM deployments d WHERE d.pipeline = $1 AND d.train = $2 ORDER BY d.requested_at, d.key`,
    [pipeline, number],
  )
  return rows.map(deploymentOf)
}
