/**
 * A pipeline, loaded with its row locked: what a decision needs, never history.
 *
 * Invariant: bounded by what is unfinished. The row lock serialises every decision on a pipeline,
 * and the moment is read by the statement that takes it, so no replica's clock decides.
 */
import type {
  Change,
  Check,
  Deployment,
  Environment,
  Lock,
  Pipeline,
  Train,
} from '../core/model.ts'
import type { Placing } from '../core/placing.ts'
import type { Person, Policy } from '../core/policy.ts'
import type { Consent } from '../core/spoken.ts'
import { wholePolicy } from '../core/whole.ts'
import { loadEnvironments } from './load-environments.ts'
import { loadDropped, loadShipped, reachOf } from './load-places.ts'
import { readLockAll } from './lock-all.ts'
import {
  CHANGE,
  type ChangeRow,
  changeOf,
  DEPLOYMENT,
  type DeploymentRow,
  deploymentOf,
  ms,
  type Times,
  TRAIN,
  type TrainRow,
  trainOf,
} from './rows.ts'
import { loadMigrations, migratingChanges } from './standing-migrations.ts'
import type { Tx } from './transaction.ts'

/** What the configuration says about a pipeline, handed to every load. */
export interface Configured extends Placing {
  readonly policy: Policy
  readonly people: readonly Person[]
}

export interface Loaded {
  readonly pipeline: Pipeline
  /** When it was to be looked at again; null: nothing but a command can move it. */
  readonly dueAt: number | null
  readonly now: number
}

interface PipelineRow {
  readonly policy: Policy | null
  readonly tip: string | null
  readonly stopped: Pipeline['stopped']
  readonly rewritten: Pipeline['rewritten']
  readonly next_train: number
  readonly due_at: Date | null
  readonly now: Date
}

/** Makes the rows of a policy exist; harmless when they do. */
export async function ensurePipeline(
  tx: Tx,
  { policy }: Pick<Configured, 'policy'>,
): Promise<void> {
  await tx.query(
    `INSERT INTO pipelines (name, repository, branch) VALUES ($1, $2, $3)
     ON CONFLICT (name) DO UPDATE SET repository = EXCLUDED.repository, branch = EXCLUDED.branch`,
    [policy.pipeline, policy.repository, policy.branch],
  )
  await tx.query(
    `INSERT INTO environments (pipeline, name) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING`,
    [policy.pipeline, policy.environments.map(({ name }) => name)],
  )
}

/** Locks and loads a pipeline. `mentioned`: shas of a command, of which all must be known. */
export async function loadPipeline(
  tx: Tx,
  configured: Configured,
  mentioned: readonly string[],
): Promise<Loaded> {
  const { people } = configured
  const name = configured.policy.pipeline
  const { lock: lockAll } = await readLockAll(tx, 'share')
  const { rows } = await tx.query<PipelineRow>(
    `SELECT policy, tip, stopped, rewritten, next_train, due_at,
            clock_timestamp()::timestamptz(3) AS now
       FROM pipelines WHERE name = $1 FOR UPDATE`,
    [name],
  )
  const row = rows[0]
  if (row === undefined) throw new Error(`pipeline ${name} has no row: migrate and start again`)
  // The row says what is in force, whatever this process has read or heard of.
  const policy =
    row.policy === null ? configured.policy : wholePolicy(row.policy, configured.policy)
  const environments = await loadEnvironments(tx, policy)
  const reach = await reachOf(tx, name, environments)
  const trains = await loadTrains(tx, name, { reach, special: serving(environments) })
  const kept = trains.flatMap((train) => train.kept ?? [])
  const migrating = await migratingChanges(tx, name)
  const also = [row.tip, ...mentioned, ...kept, ...migrating]
  const changes = await loadChanges(tx, { ...configured, policy }, { reach, also })
  const locks = await loadLocks(tx, name)
  const live = environments.at(-1)?.live?.sha
  // What a special train brings stands on no branch, and has checks and consents all the same.
  const special = trains.flatMap((train) => [
    ...(train.special === null ? [] : [train.sha ?? '']),
    ...(train.special?.changes.map(({ sha }) => sha) ?? []),
  ])
  const shas = [...changes.map(({ sha }) => sha), ...special]
  const parents = changes.flatMap(({ parent }) => parent ?? [])
  const deployments = await loadDeployments(tx, name)
  const told = deployments.flatMap(({ sha, account }) => (account === null ? [] : [sha]))
  const around = [...mentioned, ...migrating, ...told, ...parents, ...named(environments, trains)]
  const pipeline: Pipeline = {
    name,
    policy,
    people,
    // Kept by a version that knew no owner, it has none.
    stopped: row.stopped && { ...row.stopped, owner: row.stopped.owner ?? null },
    lock: locks.find(({ environment }) => environment === null) ?? null,
    lockAll,
    environments: environments.map((one) => ({
      ...one,
      lock: locks.find(({ environment }) => environment === one.name) ?? null,
    })),
    trains,
    deployments,
    migrations: await loadMigrations(
      tx,
      name,
      changes.map(({ sha }) => sha),
    ),
    changes,
    // The tip too: where another environment became the last one, it is no longer what is live.
    shipped: await loadShipped(tx, name, {
      reach,
      shas: row.tip === null ? around : [...around, row.tip],
    }),
    dropped: await loadDropped(tx, name, [...shas, ...around]),
    rewritten: row.rewritten,
    tip: row.tip,
    checks: await loadChecks(tx, policy, [
      ...shas,
      ...mentioned,
      ...(live === undefined ? [] : [live]),
    ]),
    consents: await loadConsents(tx, name, shas),
    nextTrain: row.next_train,
  }
  return { pipeline, dueAt: row.due_at?.getTime() ?? null, now: row.now.getTime() }
}

/** Shas whose arrival decides about something that stands. */
const named = (
  environments: readonly Omit<Environment, 'lock'>[],
  trains: readonly Train[],
): readonly string[] => [
  ...environments.flatMap(({ live, vetoes }) => [
    ...(live === null ? [] : [live.sha]),
    ...vetoes.flatMap(({ from, target }) => [from, target]),
  ]),
  ...trains.flatMap(({ sha, special }) => [sha ?? [], special?.fork ?? []].flat()),
]

async function loadChanges(
  tx: Tx,
  configured: Configured,
  { reach, also }: { readonly reach: number; readonly also: readonly (string | null)[] },
): Promise<readonly Change[]> {
  const { policy } = configured
  const { rows } = await tx.query<ChangeRow>(
    `SELECT ${CHANGE}
       FROM changes c
      WHERE c.repository = $1 AND c.branch = $2
        AND (c.sha = ANY($5::text[]) OR NOT EXISTS (
          SELECT 1 FROM shipped s WHERE s.pipeline = $3 AND s.sha = c.sha AND s.epoch <= $4)
          AND NOT EXISTS (
          SELECT 1 FROM dropped d WHERE d.pipeline = $3 AND d.sha = c.sha
             AND d.at < clock_timestamp() - interval '30 days'))
      ORDER BY c.merged_at, c.sha`,
    [policy.repository, policy.branch, policy.pipeline, reach, also],
  )
  return rows.map((row) => changeOf(row, configured))
}

/** What is or was served somewhere, or is vetoed: of special trains among it more must be known. */
const serving = (environments: readonly Omit<Environment, 'lock'>[]): readonly string[] =>
  environments.flatMap(({ live, chain, rollback, vetoes }) => [
    ...(live === null ? [] : [live.sha]),
    ...chain.map(({ sha }) => sha),
    ...(rollback === null ? [] : [rollback.from, rollback.to.sha]),
    ...vetoes.flatMap(({ from, target }) => [from, target]),
  ])

/** Unfinished trains, those that a rollback could take back, and special ones that are served. */
async function loadTrains(
  tx: Tx,
  name: string,
  { reach, special }: { readonly reach: number; readonly special: readonly string[] },
): Promise<readonly Train[]> {
  const { rows } = await tx.query<TrainRow>(
    `SELECT ${TRAIN}
       FROM trains t
      WHERE pipeline = $1
        AND (status IN ('boarding', 'departed')
          OR number IN (SELECT s.train FROM shipped s WHERE s.pipeline = $1 AND s.epoch > $2)
          OR (special IS NOT NULL AND sha = ANY($3::text[])))
      ORDER BY number`,
    [name, reach, special],
  )
  return rows.map(trainOf)
}

async function loadLocks(tx: Tx, name: string): Promise<readonly Lock[]> {
  const { rows } = await tx.query<Times<Lock, 'since' | 'expires'>>(
    `SELECT id, environment, by_name AS "by", reason, since, expires FROM locks WHERE pipeline = $1`,
    [name],
  )
  return rows.map((row) => ({ ...row, since: ms(row.since) ?? 0, expires: ms(row.expires) }))
}

/**
 * Of unfinished trains, whatever else occupies its environment, and rollbacks of what is live: each
 * asked for by itself, because no index answers all of it at once.
 */
async function loadDeployments(tx: Tx, name: string): Promise<readonly Deployment[]> {
  const { rows } = await tx.query<DeploymentRow>(
    `SELECT ${DEPLOYMENT}
       FROM (SELECT DISTINCT ON (key) * FROM (
         SELECT o.* FROM trains t JOIN deployments o ON o.pipeline = t.pipeline AND o.train = t.number
          WHERE t.pipeline = $1 AND t.status IN ('boarding', 'departed')
         UNION ALL
         SELECT * FROM deployments
          WHERE pipeline = $1 AND status <> 'verified' AND NOT settled AND NOT taken_back
         UNION ALL
         SELECT o.* FROM environments e JOIN deployments o
             ON o.pipeline = e.pipeline AND o.environment = e.name AND o.train = e.live_train
          WHERE e.pipeline = $1 AND o.kind = 'rollback'
         UNION ALL
         SELECT o.* FROM environments e JOIN deployments o
             ON o.pipeline = e.pipeline AND o.environment = e.name AND o.train IS NULL
          WHERE e.pipeline = $1 AND e.live_train IS NULL AND o.kind = 'rollback') AS needed
         ORDER BY key) AS d
      ORDER BY d.requested_at, d.key`,
    [name],
  )
  return rows.map(deploymentOf)
}

async function loadChecks(
  tx: Tx,
  policy: Policy,
  shas: readonly string[],
): Promise<readonly Check[]> {
  const { rows } = await tx.query<Omit<Check, 'at'> & { at: Date }>(
    `SELECT sha, name, status, at FROM checks WHERE repository = $1 AND sha = ANY($2::text[])`,
    [policy.repository, shas],
  )
  return rows.map((row) => ({ ...row, at: row.at.getTime() }))
}

async function loadConsents(
  tx: Tx,
  name: string,
  shas: readonly string[],
): Promise<readonly Consent[]> {
  const { rows } = await tx.query<Omit<Consent, 'at'> & { at: Date }>(
    `SELECT change, by_name AS "by", at, vouched_by AS "vouchedBy", reason FROM consents WHERE pipeline = $1 AND change = ANY($2::text[])`,
    [name, shas],
  )
  return rows.map((row) => ({ ...row, at: row.at.getTime() }))
}
