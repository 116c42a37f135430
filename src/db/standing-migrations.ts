/**
 * The migrations of a pipeline, loaded and saved.
 *
 * Invariant: bounded by what is not over, and by the changes that are loaded. A run once written
 * keeps what it was ordered to do.
 */
import { isAtWork, type Migration, type MigrationRun } from '../core/migration.ts'
import type { Pipeline } from '../core/model.ts'
import { ms, type Times } from './rows.ts'
import type { Tx } from './transaction.ts'

type RunTimes = 'requestedAt' | 'startedAt' | 'endedAt'
type MigrationTimes = 'openedAt' | 'liveSince' | 'readyAt' | 'verifiedAt' | 'remindedAt'

type RunRow = Times<MigrationRun, RunTimes>
type MigrationRow = Times<Omit<Migration, 'run' | 'former'>, MigrationTimes> & {
  readonly run: string | null
}

/** Changes that must be known as long as their migrations stand: what reverts them as well. */
export async function migratingChanges(tx: Tx, pipeline: string): Promise<readonly string[]> {
  const { rows } = await tx.query<{ change: string }>(
    `WITH RECURSIVE carrying AS (
       SELECT change FROM migrations WHERE pipeline = $1 AND contract IS NULL
       UNION SELECT m.change FROM migrations m JOIN migration_runs r ON r.run = m.run
              WHERE r.pipeline = $1 AND r.status IN ('requested', 'running', 'unknown')),
     known AS (
       SELECT change FROM carrying
       UNION SELECT r.sha FROM known k
               JOIN pipelines p ON p.name = $1
               JOIN changes c ON c.repository = p.repository AND c.branch = p.branch
                             AND c.sha = k.change
               JOIN changes r ON r.repository = p.repository AND r.branch = p.branch
                             AND r.reverts IS NOT NULL
                             AND (r.reverts = '#' || c.number
                               OR (length(r.reverts) >= 7 AND starts_with(c.sha, r.reverts))))
     SELECT change FROM known`,
    [pipeline],
  )
  return rows.map(({ change }) => change)
}

/**
 * Those that are not over, those of these changes or ended by one of them, and those of which a run
 * is at work or unknown.
 */
export async function loadMigrations(
  tx: Tx,
  pipeline: string,
  changes: readonly string[],
): Promise<readonly Migration[]> {
  const { rows } = await tx.query<MigrationRow>(
    `SELECT change, environment, opened_at AS "openedAt", live_since AS "liveSince",
            ready_at AS "readyAt", begun, paused, touched, increments, runs, progress,
            said_more AS "hasSaidMore", complete AS "isComplete", run, verified_at AS "verifiedAt",
            reminded_at AS "remindedAt", contract
       FROM migrations
      WHERE pipeline = $1
        AND (contract IS NULL OR change = ANY($2::text[]) OR contract = ANY($2::text[])
          OR run IN (SELECT r.run FROM migration_runs r WHERE r.pipeline = $1
                        AND r.status IN ('requested', 'running', 'unknown')))
      ORDER BY opened_at, change, environment`,
    [pipeline, changes],
  )
  const named = rows.flatMap(({ run }) => run ?? [])
  if (rows.length === 0) return []
  const { rows: runs } = await tx.query<RunRow>(
    `SELECT run, kind, number, sha, epoch, deploy, agent, cursor, size, status,
            requested_at AS "requestedAt", started_at AS "startedAt", ended_at AS "endedAt",
            reason, tail, claimed
       FROM migration_runs WHERE run = ANY($1::text[])`,
    [named],
  )
  return rows.map((row) => {
    const its = runs.find(({ run }) => run === row.run)
    return {
      ...row,
      openedAt: ms(row.openedAt) ?? 0,
      liveSince: ms(row.liveSince),
      readyAt: ms(row.readyAt),
      verifiedAt: ms(row.verifiedAt),
      remindedAt: ms(row.remindedAt),
      run: its === undefined ? null : runOf(its),
      former: null,
    }
  })
}

const runOf = (row: RunRow): MigrationRun => ({
  ...row,
  requestedAt: ms(row.requestedAt) ?? 0,
  startedAt: ms(row.startedAt),
  endedAt: ms(row.endedAt),
})

const time = (at: number | null): Date | null => (at === null ? null : new Date(at))

const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value))

const changed = (before: Pipeline, after: Pipeline): readonly Migration[] => {
  const known = new Set(before.migrations)
  return after.migrations.filter((one) => !known.has(one))
}

/** Runs that this decision saw the end of: they make room for whatever it orders next. */
export async function saveEndedRuns(tx: Tx, before: Pipeline, after: Pipeline): Promise<void> {
  for (const one of changed(before, after)) {
    for (const run of [one.former, one.run]) {
      if (run !== null && !isAtWork({ run })) await saveRun(tx, after.name, one, run)
    }
  }
}

/** Writes what is no longer the same object, once what ended has made room. */
export async function saveMigrations(tx: Tx, before: Pipeline, after: Pipeline): Promise<void> {
  for (const one of changed(before, after)) {
    await saveMigration(tx, after.name, one)
    if (one.run !== null && isAtWork(one)) await saveRun(tx, after.name, one, one.run)
  }
}

async function saveMigration(tx: Tx, pipeline: string, one: Migration): Promise<void> {
  await tx.query(
    `INSERT INTO migrations (pipeline, change, environment, opened_at, live_since, ready_at, begun,
                             paused, increments, runs, progress, complete, run, verified_at,
                             reminded_at, contract, said_more, touched)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
     ON CONFLICT (pipeline, change, environment) DO UPDATE SET
       live_since = EXCLUDED.live_since, ready_at = EXCLUDED.ready_at, begun = EXCLUDED.begun,
       paused = EXCLUDED.paused, increments = EXCLUDED.increments, runs = EXCLUDED.runs,
       progress = EXCLUDED.progress, complete = EXCLUDED.complete, run = EXCLUDED.run,
       verified_at = EXCLUDED.verified_at, reminded_at = EXCLUDED.reminded_at,
       contract = EXCLUDED.contract, said_more = EXCLUDED.said_more,
       touched = EXCLUDED.touched`,
    [
      pipeline,
      one.change,
      one.environment,
      time(one.openedAt),
      time(one.liveSince),
      time(one.readyAt),
      json(one.begun),
      json(one.paused),
      one.increments,
      one.runs,
      json(one.progress),
      one.isComplete,
      one.run?.run ?? null,
      time(one.verifiedAt),
      time(one.remindedAt),
      one.contract,
      one.hasSaidMore,
      one.touched,
    ],
  )
}

async function saveRun(
  tx: Tx,
  pipeline: string,
  { change, environment }: Migration,
  one: MigrationRun,
): Promise<void> {
  await tx.query(
    `INSERT INTO migration_runs (run, pipeline, environment, change, kind, number, sha, epoch,
                                 deploy, agent, cursor, size, status, requested_at, started_at,
                                 ended_at, reason, tail, claimed)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
     ON CONFLICT (run) DO UPDATE SET
       status = EXCLUDED.status, started_at = EXCLUDED.started_at, ended_at = EXCLUDED.ended_at,
       reason = EXCLUDED.reason, tail = EXCLUDED.tail, claimed = EXCLUDED.claimed`,
    [
      one.run,
      pipeline,
      environment,
      change,
      one.kind,
      one.number,
      one.sha,
      one.epoch,
      json(one.deploy),
      one.agent,
      one.cursor,
      one.size,
      one.status,
      time(one.requestedAt),
      time(one.startedAt),
      time(one.endedAt),
      one.reason,
      json(one.tail),
      one.claimed,
    ],
  )
}
