/**
 * The policy in force of each pipeline, and what a configuration file asks for that must wait.
 *
 * Invariant: written under the pipeline's row lock, together with what a rename moves, so every
 * decision sees one policy whole and the rows that belong to it.
 */
import type { Conflict } from '../core/conflict.ts'
import type { Policy } from '../core/policy.ts'
import { ensurePipeline } from './load.ts'
import type { Tx } from './transaction.ts'

/** Where a policy was read: its file, and on which line each part of it stands. */
export interface Source {
  readonly file: string
  readonly lines: Readonly<Record<string, number>>
}

/** A conflict, with the line that it is about. */
export interface Told extends Conflict {
  readonly line: number
}

/** A policy that waits for what is under way. */
export interface Waiting extends Source {
  readonly pipeline: string
  readonly policy: Policy
  readonly hash: string
  readonly since: Date
  readonly conflicts: readonly Told[]
}

/** A pipeline's row made to exist, and locked; what is in force, null: nothing was accepted yet. */
export async function lockPolicy(
  tx: Tx,
  { pipeline, repository, branch }: Policy,
): Promise<{ readonly hash: string | null; readonly now: Date }> {
  const { rowCount } = await tx.query(
    `INSERT INTO pipelines (name, repository, branch) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
    [pipeline, repository, branch],
  )
  // What its siblings know to be off the branch is off it for a new pipeline too.
  if (rowCount === 1) {
    await tx.query(
      `INSERT INTO dropped (pipeline, sha, at)
       SELECT $1, d.sha, max(d.at) FROM dropped d JOIN pipelines p ON p.name = d.pipeline
        WHERE p.repository = $2 AND p.branch = $3 AND p.name <> $1 GROUP BY d.sha`,
      [pipeline, repository, branch],
    )
  }
  const { rows } = await tx.query<{ hash: string | null; now: Date }>(
    `SELECT policy_hash AS hash, clock_timestamp()::timestamptz(3) AS now
       FROM pipelines WHERE name = $1 FOR UPDATE`,
    [pipeline],
  )
  const row = rows[0]
  if (row === undefined) throw new Error(`pipeline ${pipeline} has no row`)
  return row
}

/** The hash of what is in force, looked at only; null: there is nothing yet. */
export async function hashInForce(tx: Tx, pipeline: string): Promise<string | null> {
  const { rows } = await tx.query<{ hash: string | null }>(
    `SELECT policy_hash AS hash FROM pipelines WHERE name = $1`,
    [pipeline],
  )
  return rows[0]?.hash ?? null
}

/** Environments with a history of their own that `inForce` no longer names. */
export async function formerEnvironments(tx: Tx, inForce: Policy): Promise<readonly string[]> {
  const { rows } = await tx.query<{ name: string }>(
    `SELECT name FROM environments
      WHERE pipeline = $1 AND epoch > 0 AND NOT name = ANY($2::text[])`,
    [inForce.pipeline, inForce.environments.map(({ name }) => name)],
  )
  return rows.map(({ name }) => name)
}

/** Puts a policy in force: its environments exist from now on, renamed ones keep what they had. */
export async function acceptPolicy(
  tx: Tx,
  {
    policy,
    hash,
    renames,
    lastMoved,
  }: {
    readonly policy: Policy
    readonly hash: string
    readonly renames: ReadonlyMap<string, string>
    /** Another environment is the last one now: what is live there is counted by its epochs. */
    readonly lastMoved: boolean
  },
): Promise<void> {
  const { pipeline, environments } = policy
  for (const [from, to] of renames) await renameEnvironment(tx, { pipeline, from, to })
  await ensurePipeline(tx, { policy })
  if (lastMoved) await countAnew(tx, pipeline, environments.at(-1)?.name ?? '')
  await tx.query(
    `UPDATE pipelines SET policy = $2, policy_hash = $3, policy_since = clock_timestamp()
      WHERE name = $1`,
    [pipeline, JSON.stringify(policy), hash],
  )
  await forgetWaiting(tx, pipeline)
}

async function renameEnvironment(
  tx: Tx,
  { pipeline, from, to }: { readonly pipeline: string; readonly from: string; readonly to: string },
): Promise<void> {
  // Made by a file that named it before it said what it was; nothing ever happened there.
  await tx.query(`DELETE FROM environments WHERE pipeline = $1 AND name = $2 AND epoch = 0`, [
    pipeline,
    to,
  ])
  await tx.query(`UPDATE environments SET name = $3 WHERE pipeline = $1 AND name = $2`, [
    pipeline,
    from,
    to,
  ])
  await tx.query(`UPDATE locks SET environment = $3 WHERE pipeline = $1 AND environment = $2`, [
    pipeline,
    from,
    to,
  ])
  await tx.query(
    `UPDATE trains SET journey = (
       SELECT jsonb_agg(CASE WHEN it = to_jsonb($2::text) THEN to_jsonb($3::text) ELSE it END ORDER BY at)
         FROM jsonb_array_elements(journey) WITH ORDINALITY AS stops(it, at))
      WHERE pipeline = $1 AND status = 'departed' AND journey ? $2`,
    [pipeline, from, to],
  )
}

/** When each change came to the environment that is the last one now; 0: not by a train of ours. */
async function countAnew(tx: Tx, pipeline: string, last: string): Promise<void> {
  await tx.query(
    `UPDATE shipped s SET epoch = coalesce((
       SELECT max(d.epoch) FROM deployments d
        WHERE d.pipeline = s.pipeline AND d.train = s.train AND d.environment = $2
          AND d.kind = 'forward' AND d.status = 'verified' AND NOT d.taken_back), 0)
      WHERE s.pipeline = $1`,
    [pipeline, last],
  )
}

/** The policies in force of these pipelines, but for those with a hash that is known. */
export async function policiesInForce(
  tx: Tx,
  known: { readonly names: readonly string[]; readonly hashes: readonly string[] },
): Promise<readonly { readonly policy: Policy; readonly hash: string }[]> {
  const { rows } = await tx.query<{ policy: Policy; hash: string }>(
    `SELECT policy, policy_hash AS hash FROM pipelines
      WHERE policy IS NOT NULL AND name = ANY($1::text[]) AND NOT policy_hash = ANY($2::text[])`,
    [known.names, known.hashes],
  )
  return rows
}

/** The name of every pipeline there ever was. */
export async function pipelineNames(tx: Tx): Promise<readonly string[]> {
  const { rows } = await tx.query<{ name: string }>('SELECT name FROM pipelines ORDER BY name')
  return rows.map(({ name }) => name)
}

/** Keeps a policy that must wait, or what the last look found; true: it is a new one. */
export async function keepWaiting(tx: Tx, waiting: Omit<Waiting, 'since'>): Promise<boolean> {
  const { pipeline, policy, hash, file, lines, conflicts } = waiting
  const { rows } = await tx.query<{ hash: string }>(
    `SELECT hash FROM policy_conflicts WHERE pipeline = $1`,
    [pipeline],
  )
  const isNew = rows[0]?.hash !== hash
  await tx.query(
    `INSERT INTO policy_conflicts (pipeline, policy, hash, file, lines, since, conflicts)
     VALUES ($1, $2, $3, $4, $5, clock_timestamp(), $6)
     ON CONFLICT (pipeline) DO UPDATE SET
       policy = EXCLUDED.policy, hash = EXCLUDED.hash, file = EXCLUDED.file, lines = EXCLUDED.lines,
       conflicts = EXCLUDED.conflicts,
       since = CASE WHEN policy_conflicts.hash = EXCLUDED.hash
                    THEN policy_conflicts.since ELSE EXCLUDED.since END
      WHERE (policy_conflicts.hash, policy_conflicts.file, policy_conflicts.lines,
             policy_conflicts.conflicts)
         IS DISTINCT FROM (EXCLUDED.hash, EXCLUDED.file, EXCLUDED.lines, EXCLUDED.conflicts)`,
    [
      pipeline,
      JSON.stringify(policy),
      hash,
      file,
      JSON.stringify(lines),
      JSON.stringify(conflicts),
    ],
  )
  return isNew
}

export async function forgetWaiting(tx: Tx, pipeline: string): Promise<void> {
  await tx.query(`DELETE FROM policy_conflicts WHERE pipeline = $1`, [pipeline])
}

/** What waits, of all pipelines or of one. */
export async function waitingPolicies(
  tx: Tx,
  pipeline: string | null = null,
): Promise<readonly Waiting[]> {
  const { rows } = await tx.query<Waiting>(
    `SELECT pipeline, policy, hash, file, lines, since, conflicts FROM policy_conflicts
      WHERE $1::text IS NULL OR pipeline = $1 ORDER BY pipeline`,
    [pipeline],
  )
  return rows
}
