/**
 * What the watchdogs know beyond the line, and what they have told.
 *
 * Invariant: a concern has one row for ever, so it is told once, whoever looks and however often.
 */
import { RUNS_MAX } from '../core/took.ts'
import { medianMs } from '../core/usual.ts'
import type { ConcernKind, Failure, History } from '../core/watch/concern.ts'
import type { Tx } from './transaction.ts'

/** Reads what concerns of a pipeline are seen by; bounded by what is under way and what failed. */
export async function loadHistory(tx: Tx, pipeline: string): Promise<History> {
  const spoke = await tx.query<{ run: string; at: Date }>(
    `SELECT run, spoke_at AS at FROM deployments
      WHERE pipeline = $1 AND status = 'running' AND spoke_at IS NOT NULL
     UNION ALL SELECT run, spoke_at FROM migration_runs
      WHERE pipeline = $1 AND status = 'running' AND spoke_at IS NOT NULL`,
    [pipeline],
  )
  const seen = await tx.query<{ name: string; at: Date }>(
    `SELECT name, max(seen_at) AS at FROM agents GROUP BY name`,
  )
  const sent = await tx.query<{ train: number; actor: string }>(
    `SELECT t.number AS train, e.actor FROM trains t
       JOIN events e ON e.chain = t.pipeline AND e.type = 'train_departed'
        AND e.at = t.departed_at AND (e.body->>'train')::integer = t.number
      WHERE t.pipeline = $1 AND t.status = 'departed'`,
    [pipeline],
  )
  return {
    spoke: new Map(spoke.rows.map(({ run, at }) => [run, at.getTime()])),
    usual: await loadUsual(tx, pipeline),
    seen: new Map(seen.rows.map(({ name, at }) => [name, at.getTime()])),
    senders: new Map(sent.rows.map(({ train, actor }) => [train, actor])),
    failures: await loadFailures(tx, pipeline),
  }
}

/** The median of the newest runs of the same migration, where there are enough to tell. */
async function loadUsual(tx: Tx, pipeline: string): Promise<ReadonlyMap<string, number>> {
  const { rows } = await tx.query<{ run: string; took: number[] }>(
    `SELECT r.run, ARRAY(
       SELECT (extract(epoch FROM b.ended_at - b.started_at) * 1000)::float8 FROM migration_runs b
        WHERE b.pipeline = r.pipeline AND b.change = r.change AND b.environment = r.environment
          AND b.kind = r.kind AND b.status = 'succeeded'
          AND b.started_at IS NOT NULL AND b.ended_at IS NOT NULL
        ORDER BY b.epoch DESC LIMIT ${RUNS_MAX}) AS took
       FROM migration_runs r WHERE r.pipeline = $1 AND r.status = 'running'`,
    [pipeline],
  )
  return new Map(
    rows.flatMap(({ run, took }) => {
      const usual = medianMs(took)
      return usual === null ? [] : [[run, usual] as const]
    }),
  )
}

/**
 * The oldest of a streak names it, so it stays the same as the streak grows. What is taken back in
 * between ends none: what went there next failed again.
 */
const STREAK_MAX = 100

async function loadFailures(tx: Tx, pipeline: string): Promise<readonly Failure[]> {
  const { rows } = await tx.query<{ environment: string; run: string; at: Date }>(
    `SELECT e.name AS environment, f.run, f.at
       FROM environments e, LATERAL (
         SELECT d.run, coalesce(d.ended_at, d.requested_at) AS at, d.epoch FROM deployments d
          WHERE d.pipeline = e.pipeline AND d.environment = e.name AND d.account IS NULL
            AND d.status IN ('failed', 'unknown')
            AND d.epoch > coalesce((
              SELECT max(s.epoch) FROM deployments s
               WHERE s.pipeline = e.pipeline AND s.environment = e.name
                 AND s.kind = 'forward' AND s.status IN ('succeeded', 'verified')), 0)
          ORDER BY d.epoch LIMIT ${STREAK_MAX}) f
      WHERE e.pipeline = $1 ORDER BY e.name, f.epoch`,
    [pipeline],
  )
  return rows.map(({ at, ...one }) => ({ ...one, at: at.getTime() }))
}

/** Takes the pipelines whose look is due; nobody else looks at them for so long. */
export async function takeWatch(
  tx: Tx,
  { names, everyMs }: { readonly names: readonly string[]; readonly everyMs: number },
): Promise<readonly string[]> {
  const { rows } = await tx.query<{ name: string }>(
    `UPDATE pipelines SET watch_at = clock_timestamp() + $2 * interval '1 ms'
      WHERE name IN (SELECT name FROM pipelines
                      WHERE name = ANY($1::text[]) AND watch_at <= clock_timestamp()
                      ORDER BY name FOR UPDATE SKIP LOCKED)
      RETURNING name`,
    [names, everyMs],
  )
  return rows.map(({ name }) => name)
}

export interface StandingConcern {
  readonly kind: ConcernKind
  readonly about: string
  readonly since: number
}

/** Notes that it stands; true: nobody was told of it before. */
export async function noteConcern(
  tx: Tx,
  pipeline: string,
  { kind, about, since }: StandingConcern,
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `INSERT INTO watch_told (pipeline, kind, about, since) VALUES ($1, $2, $3, $4)
     ON CONFLICT DO NOTHING`,
    [pipeline, kind, about, new Date(since)],
  )
  if (rowCount === 1) return true
  await tx.query(
    `UPDATE watch_told SET ended_at = NULL
      WHERE pipeline = $1 AND kind = $2 AND about = $3 AND ended_at IS NOT NULL`,
    [pipeline, kind, about],
  )
  return false
}

/** Ends those of a pipeline that are none of `standing`. */
export async function endConcerns(
  tx: Tx,
  pipeline: string,
  standing: readonly StandingConcern[],
): Promise<void> {
  await tx.query(
    `UPDATE watch_told SET ended_at = clock_timestamp()
      WHERE pipeline = $1 AND ended_at IS NULL AND NOT (kind || ' ' || about) = ANY($2::text[])`,
    [pipeline, standing.map(({ kind, about }) => `${kind} ${about}`)],
  )
}

/** When each concern of a pipeline was told, by its kind and what it is about. */
export async function toldConcerns(tx: Tx, pipeline: string): Promise<ReadonlyMap<string, number>> {
  const { rows } = await tx.query<{ name: string; at: Date }>(
    `SELECT kind || ' ' || about AS name, told_at AS at FROM watch_told
      WHERE pipeline IN ($1, '') AND ended_at IS NULL`,
    [pipeline],
  )
  return new Map(rows.map(({ name, at }) => [name, at.getTime()]))
}

/** A run's log has grown; oftener than every ten seconds costs no write. */
export async function noteSpoken(tx: Tx, run: string): Promise<void> {
  for (const table of ['deployments', 'migration_runs'] as const) {
    await tx.query(
      `UPDATE ${table} SET spoke_at = clock_timestamp()
        WHERE run = $1 AND status IN ('requested', 'running')
          AND (spoke_at IS NULL OR spoke_at < clock_timestamp() - interval '10 s')`,
      [run],
    )
  }
}

/** What ended long ago comes back under no name of its own. */
export async function forgetOldConcerns(tx: Tx): Promise<void> {
  await tx.query(`DELETE FROM watch_told WHERE ended_at < clock_timestamp() - interval '90 days'`)
}
