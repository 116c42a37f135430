/**
 * Commands of verifications: ordered here, run by agents under the protocol of all runs.
 *
 * Invariant: at most one at a time for each step of a deployment, and each belongs to the agent
 * instance that claimed it. They deploy nothing, so they occupy nothing.
 */
import type { DeployPolicy } from '../core/policy.ts'
import type { HeldRun } from './runs.ts'
import type { Tx } from './transaction.ts'

export interface VerifyRun {
  readonly pipeline: string
  readonly environment: string
  /** The run that is looked at. */
  readonly deployment: string
  readonly epoch: number
  readonly step: string
  readonly sha: string
  readonly baseSha: string | null
  readonly train: number | null
  readonly deploy: DeployPolicy
  readonly agent: string
  /** When the look before it began. */
  readonly before: number | null
  /** The flag that it turns off, and when that was asked for; null: it looks at a deployment. */
  readonly flag: AskedFlag | null
  /** The key of a verified deployment that it follows; left out: none. */
  readonly retires?: string
}

export interface AskedFlag {
  readonly name: string
  readonly since: number
}

export interface OpenVerifyRun {
  readonly run: string
  readonly pipeline: string
  readonly deployment: string
  readonly step: string
  readonly epoch: number
  readonly requestedAt: number
  readonly before: number | null
  readonly instance: string | null
  readonly environment: string
  readonly flag: AskedFlag | null
  readonly retires: string | null
  readonly baseSha: string | null
  readonly train: number | null
}

/** Orders a command; nothing happens while one of that step is open. */
export async function orderVerifyRun(tx: Tx, one: VerifyRun, run: string): Promise<void> {
  await tx.query(
    `INSERT INTO verify_runs (run, pipeline, environment, deployment, epoch, step, sha, base_sha,
                              train, deploy, agent, status, before, flag, retires)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'requested', $12, $13, $14)
     ON CONFLICT DO NOTHING`,
    [
      run,
      one.pipeline,
      one.environment,
      one.deployment,
      one.epoch,
      one.step,
      one.sha,
      one.baseSha,
      one.train,
      JSON.stringify(one.deploy),
      one.agent,
      one.before === null ? null : new Date(one.before),
      one.flag === null ? null : JSON.stringify(one.flag),
      one.retires ?? null,
    ],
  )
}

const OPEN = `run, pipeline, environment, deployment, step, epoch, requested_at AS "requestedAt",
  before, instance, flag, retires, base_sha AS "baseSha", train`

type OpenRow = Omit<OpenVerifyRun, 'requestedAt' | 'before'> & {
  readonly requestedAt: Date
  readonly before: Date | null
}

const openOf = (row: OpenRow): OpenVerifyRun => ({
  ...row,
  requestedAt: row.requestedAt.getTime(),
  before: row.before?.getTime() ?? null,
})

/** One that has not ended; undefined: there is none of that name. */
export async function findVerifyRun(tx: Tx, run: string): Promise<OpenVerifyRun | undefined> {
  const { rows } = await tx.query<OpenRow>(
    `SELECT ${OPEN} FROM verify_runs WHERE run = $1 AND status <> 'ended' FOR UPDATE`,
    [run],
  )
  return rows[0] && openOf(rows[0])
}

/** Gives what waits for an agent of that name to one of its instances. */
export async function claimVerifyRuns(
  tx: Tx,
  claim: { readonly agent: string; readonly instance: string; readonly leaseMs: number },
): Promise<void> {
  await tx.query(
    `UPDATE verify_runs
        SET status = 'running', instance = $2, lease_until = clock_timestamp() + $3 * interval '1 ms'
      WHERE run IN (SELECT run FROM verify_runs
                     WHERE agent = $1 AND status = 'requested' AND NOT cancelling
                       FOR UPDATE SKIP LOCKED)`,
    [claim.agent, claim.instance, claim.leaseMs],
  )
}

export async function renewVerifyLeases(
  tx: Tx,
  lease: { readonly instance: string; readonly runs: readonly string[]; readonly leaseMs: number },
): Promise<void> {
  await tx.query(
    `UPDATE verify_runs SET lease_until = clock_timestamp() + $3 * interval '1 ms'
      WHERE instance = $1 AND run = ANY($2::text[]) AND status = 'running'`,
    [lease.instance, lease.runs, lease.leaseMs],
  )
}

/** The open ones of an instance, as an agent must know them. */
export async function verifyRunsOf(tx: Tx, instance: string): Promise<readonly HeldRun[]> {
  const { rows } = await tx.query<HeldRun>(
    `SELECT v.run, v.epoch, v.pipeline, v.environment, 'verify' AS kind, v.sha,
            v.base_sha AS "baseSha", v.train, p.repository, v.deploy, v.cancelling,
            v.flag->>'name' AS flag, v.retires IS NOT NULL AS retires, NULL AS step, NULL AS migration
       FROM verify_runs v JOIN pipelines p ON p.name = v.pipeline
      WHERE v.instance = $1 AND v.status = 'running' ORDER BY v.requested_at`,
    [instance],
  )
  return rows
}

/** Those that no agent took within `takenMs` after the time they may take, or whose agent is silent. */
export async function lostVerifyRuns(tx: Tx, takenMs: number): Promise<readonly OpenVerifyRun[]> {
  const { rows } = await tx.query<OpenRow>(
    `SELECT ${OPEN} FROM verify_runs
      WHERE (status = 'running' AND lease_until < clock_timestamp())
         OR (status = 'requested' AND requested_at < clock_timestamp()
               - ((deploy->>'timeoutMs')::bigint + $1) * interval '1 ms')`,
    [takenMs],
  )
  return rows.map(openOf)
}

/** What ended so long ago that its log is gone too. */
export async function forgetVerifyRuns(tx: Tx): Promise<void> {
  await tx.query(
    `DELETE FROM verify_runs
      WHERE status = 'ended' AND requested_at < clock_timestamp() - interval '90 days'`,
  )
}

export async function endVerifyRun(tx: Tx, run: string): Promise<void> {
  await tx.query(`UPDATE verify_runs SET status = 'ended' WHERE run = $1`, [run])
}

/** What looks at a deployment that nobody asks about any more is ended. */
export async function endStrayVerifyRuns(tx: Tx): Promise<void> {
  await tx.query(
    `UPDATE verify_runs v
        SET cancelling = true, status = CASE WHEN instance IS NULL THEN 'ended' ELSE status END
      WHERE v.status <> 'ended' AND NOT v.cancelling AND v.flag IS NULL AND v.retires IS NULL
        AND NOT EXISTS (
        SELECT 1 FROM deployments d
         WHERE d.run = v.deployment
           AND (d.status = 'succeeded' OR (d.status = 'running' AND NOT d.at_work))
           AND NOT d.taken_back AND NOT d.settled)`,
  )
}
