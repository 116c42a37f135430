/**
 * Which agent instance holds which run, be it a deployment's or a migration's, and until when its
 * silence is no news.
 *
 * Invariant: a run once claimed never changes its instance; the database refuses it too.
 */
import type { DeployPolicy } from '../core/policy.ts'
import type { Tx } from './transaction.ts'

/** One increment of a migration, or its verification. */
export interface MigrationPart {
  /** The number of its change, or its short sha. */
  readonly of: string
  /** Which increment it is, from 1; null: it verifies. */
  readonly increment: number | null
  readonly batch: number
  readonly cursor: string
}

/** A run as an agent must know it. */
export interface HeldRun {
  readonly run: string
  readonly epoch: number
  readonly pipeline: string
  readonly environment: string
  /** `verify`: it looks at what is deployed, and deploys nothing; `migration`: it moves data there. */
  readonly kind: 'forward' | 'rollback' | 'verify' | 'migration'
  readonly sha: string
  readonly baseSha: string | null
  readonly train: number | null
  readonly repository: string
  readonly deploy: DeployPolicy
  readonly cancelling: boolean
  /** The flag that it turns off; null: it turns none off. */
  readonly flag: string | null
  /** It follows a verification, and may end what was live before. */
  readonly retires: boolean
  /** The step of a rollout that it is; null: it goes to everybody at once. */
  readonly step: HeldStep | null
  /** What a part of a migration is told; null: it is none. */
  readonly migration: MigrationPart | null
}

export interface HeldStep {
  readonly name: string
  readonly traffic: number | null
}

/** Both keep their runs in the same columns. */
const TABLES = ['deployments', 'migration_runs'] as const

/** Of each, whose command may be at work; a deployment in steps rests between them. */
const AT_WORK = [
  ['deployments', 'at_work'],
  ['migration_runs', "status IN ('requested', 'running')"],
] as const

/** Runs that wait for an agent of that name. */
export async function waitingRuns(
  tx: Tx,
  agent: string,
): Promise<readonly { readonly run: string; readonly pipeline: string }[]> {
  const { rows } = await tx.query<{ run: string; pipeline: string }>(
    `SELECT run, pipeline FROM (
       SELECT run, pipeline, requested_at FROM deployments
        WHERE agent = $1 AND status = 'requested' AND instance IS NULL AND NOT cancelling
       UNION ALL
       SELECT run, pipeline, requested_at FROM migration_runs
        WHERE agent = $1 AND status = 'requested' AND instance IS NULL) AS waiting
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
  for (const table of TABLES) {
    await tx.query(
      `UPDATE ${table} SET instance = $2, lease_until = clock_timestamp() + $3 * interval '1 ms'
        WHERE run = $1`,
      [run, instance, leaseMs],
    )
  }
}

/** Renews the leases of the runs an instance says it works on. */
export async function renewLeases(
  tx: Tx,
  lease: { readonly instance: string; readonly runs: readonly string[]; readonly leaseMs: number },
): Promise<void> {
  for (const [table, isAtWork] of AT_WORK) {
    await tx.query(
      `UPDATE ${table} SET lease_until = clock_timestamp() + $3 * interval '1 ms'
        WHERE instance = $1 AND run = ANY($2::text[]) AND ${isAtWork}`,
      [lease.instance, lease.runs, lease.leaseMs],
    )
  }
}

/** The unfinished runs of an instance. */
export async function runsOf(tx: Tx, instance: string): Promise<readonly HeldRun[]> {
  const { rows } = await tx.query<HeldRun>(
    `SELECT d.run, d.epoch, d.pipeline, d.environment, d.kind, d.sha, d.base_sha AS "baseSha",
            d.train, p.repository, d.deploy, d.cancelling, NULL::text AS flag, false AS retires,
            d.rollout->'steps'->(d.rollout->>'at')::int AS step, NULL AS migration
       FROM deployments d JOIN pipelines p ON p.name = d.pipeline
      WHERE d.instance = $1 AND d.at_work ORDER BY d.requested_at`,
    [instance],
  )
  const parts = await tx.query<HeldRun>(
    `SELECT r.run, r.epoch, r.pipeline, r.environment, 'migration' AS kind, r.sha,
            r.sha AS "baseSha", e.live_train AS train, p.repository, r.deploy,
            false AS cancelling, NULL::text AS flag, false AS retires,
            json_build_object(
              'of', coalesce(c.number::text, left(r.change, 8)),
              'increment', CASE r.kind WHEN 'increment' THEN r.number END,
              'batch', r.size, 'cursor', r.cursor) AS migration
       FROM migration_runs r
       JOIN pipelines p ON p.name = r.pipeline
       JOIN environments e ON e.pipeline = r.pipeline AND e.name = r.environment
       LEFT JOIN changes c ON c.repository = p.repository AND c.branch = p.branch
                          AND c.sha = r.change
      WHERE r.instance = $1 AND r.status IN ('requested', 'running') ORDER BY r.requested_at`,
    [instance],
  )
  return [...rows, ...parts.rows]
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
     UNION ALL SELECT pipeline, instance, status FROM migration_runs WHERE run = $1
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
    AT_WORK.map(
      ([table, isAtWork]) => `SELECT run, pipeline, epoch FROM ${table}
                   WHERE instance IS NOT NULL AND ${isAtWork}
                     AND lease_until < clock_timestamp()`,
    ).join(' UNION ALL '),
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
