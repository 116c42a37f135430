/**
 * Which agent instance holds which run, and until when its silence is no news.
 *
 * Invariant: a run once claimed never changes its instance; the database refuses it too.
 */
import type { DeployPolicy } from '../core/policy.ts'
import type { Tx } from './transaction.ts'

/** A run as an agent must know it. */
export interface HeldRun {
  readonly run: string
  readonly epoch: number
  readonly pipeline: string
  readonly environment: string
  /** `verify`: it looks at what is deployed, and deploys nothing. */
  readonly kind: 'forward' | 'rollback' | 'verify'
  readonly sha: string
  readonly baseSha: string | null
  readonly train: number | null
  readonly repository: string
  readonly deploy: DeployPolicy
  readonly cancelling: boolean
  /** The flag that it turns off; null: it turns none off. */
  readonly flag: string | null
  /** The step of a rollout that it is; null: it goes to everybody at once. */
  readonly step: HeldStep | null
}

export interface HeldStep {
  readonly name: string
  readonly traffic: number | null
}

/** Runs that wait for an agent of that name. */
export async function waitingRuns(
  tx: Tx,
  agent: string,
): Promise<readonly { readonly run: string; readonly pipeline: string }[]> {
  const { rows } = await tx.query<{ run: string; pipeline: string }>(
    `SELECT run, pipeline FROM deployments
      WHERE agent = $1 AND status = 'requested' AND instance IS NULL AND NOT cancelling
      ORDER BY requested_at`,
    [agent],
  )
  return rows
}

/** Gives a run to an instance, in the transaction that records the claim. */
export async function holdRun(
  tx: Tx,
  {
    run,
    instance,
    leaseMs,
  }: { readonly run: string; readonly instance: string; readonly leaseMs: number },
): Promise<void> {
  await tx.query(
    `UPDATE deployments SET instance = $2, lease_until = clock_timestamp() + $3 * interval '1 ms'
      WHERE run = $1`,
    [run, instance, leaseMs],
  )
}

/** Renews the leases of the runs an instance says it works on. */
export async function renewLeases(
  tx: Tx,
  lease: { readonly instance: string; readonly runs: readonly string[]; readonly leaseMs: number },
): Promise<void> {
  await tx.query(
    `UPDATE deployments SET lease_until = clock_timestamp() + $3 * interval '1 ms'
      WHERE instance = $1 AND run = ANY($2::text[]) AND at_work`,
    [lease.instance, lease.runs, lease.leaseMs],
  )
}

/** The unfinished runs of an instance. */
export async function runsOf(tx: Tx, instance: string): Promise<readonly HeldRun[]> {
  const { rows } = await tx.query<HeldRun>(
    `SELECT d.run, d.epoch, d.pipeline, d.environment, d.kind, d.sha, d.base_sha AS "baseSha",
            d.train, p.repository, d.deploy, d.cancelling, NULL::text AS flag,
            d.rollout->'steps'->(d.rollout->>'at')::int AS step
       FROM deployments d JOIN pipelines p ON p.name = d.pipeline
      WHERE d.instance = $1 AND d.at_work ORDER BY d.requested_at`,
    [instance],
  )
  return rows
}

/** Where a run stands, of whatever kind, and whose it is; undefined: no such run. */
export async function findRun(
  tx: Tx,
  run: string,
): Promise<
  | { readonly pipeline: string; readonly instance: string | null; readonly status: string }
  | undefined
> {
  const { rows } = await tx.query<{ pipeline: string; instance: string | null; status: string }>(
    `SELECT pipeline, instance,
            CASE WHEN status = 'running' AND NOT at_work THEN 'succeeded' ELSE status END AS status
       FROM deployments WHERE run = $1
     UNION ALL SELECT pipeline, instance, 'succeeded' FROM step_runs WHERE run = $1
     UNION ALL SELECT pipeline, instance, status FROM verify_runs WHERE run = $1`,
    [run],
  )
  return rows[0]
}

/** Runs whose agent has been silent past its lease. */
export async function silentRuns(
  tx: Tx,
): Promise<readonly { readonly run: string; readonly pipeline: string; readonly epoch: number }[]> {
  const { rows } = await tx.query<{ run: string; pipeline: string; epoch: number }>(
    `SELECT run, pipeline, epoch FROM deployments
      WHERE instance IS NOT NULL AND at_work
        AND lease_until < clock_timestamp()`,
  )
  return rows
}

/** Pipelines at which time alone may move something now. */
export async function duePipelines(tx: Tx): Promise<readonly string[]> {
  const { rows } = await tx.query<{ name: string }>(
    `SELECT name FROM pipelines WHERE due_at <= clock_timestamp() ORDER BY due_at`,
  )
  return rows.map(({ name }) => name)
}
