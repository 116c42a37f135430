/**
 * What `signalbox doctor` and the metrics ask of the whole database.
 *
 * Invariant: reads only, and counts instead of loading.
 */
import type { ConcernKind } from '../core/watch/concern.ts'
import type { Tx } from './transaction.ts'

/** Our deployments whose outcome nobody knows: their environments are closed. */
export async function unknownDeployments(
  tx: Tx,
): Promise<
  readonly { readonly pipeline: string; readonly environment: string; readonly key: string }[]
> {
  const { rows } = await tx.query<{ pipeline: string; environment: string; key: string }>(
    `SELECT pipeline, environment, key FROM deployments WHERE status = 'unknown' AND account IS NULL ORDER BY key`,
  )
  return rows
}

/** Migrations that only a person can go on with. */
export async function stuckMigrations(tx: Tx): Promise<
  readonly {
    readonly pipeline: string
    readonly environment: string
    readonly change: string
    readonly status: 'failed' | 'unknown'
    readonly kind: 'increment' | 'verify'
    readonly number: number
    readonly reason: string | null
  }[]
> {
  const { rows } = await tx.query<Awaited<ReturnType<typeof stuckMigrations>>[number]>(
    `SELECT m.pipeline, m.environment, coalesce(c.number::text, left(m.change, 8)) AS change,
            r.status, r.kind, r.number, r.reason
       FROM migrations m
       JOIN migration_runs r ON r.run = m.run
       JOIN pipelines p ON p.name = m.pipeline
       LEFT JOIN changes c ON c.repository = p.repository AND c.branch = p.branch
                          AND c.sha = m.change
      WHERE r.status = 'unknown' OR (r.status = 'failed' AND m.contract IS NULL)
      ORDER BY m.pipeline, m.environment, m.opened_at`,
  )
  return rows
}

/** Runs that no agent has claimed for a minute, by the agent they wait for. */
export async function unclaimedRuns(tx: Tx): Promise<ReadonlyMap<string, number>> {
  const { rows } = await tx.query<{ agent: string; count: number }>(
    `SELECT agent, count(*)::integer AS count FROM (
       SELECT agent, status, instance, requested_at FROM deployments
       UNION ALL SELECT agent, status, instance, requested_at FROM migration_runs) AS runs
      WHERE status = 'requested' AND instance IS NULL
        AND requested_at < clock_timestamp() - interval '1 min' GROUP BY agent`,
  )
  return new Map(rows.map(({ agent, count }) => [agent, count]))
}

/** People with at least one token that works. */
export async function peopleWithTokens(tx: Tx): Promise<ReadonlySet<string>> {
  const { rows } = await tx.query<{ person: string }>(
    `SELECT DISTINCT person FROM api_tokens WHERE revoked_at IS NULL AND expires_at > now()`,
  )
  return new Set(rows.map(({ person }) => person))
}

/** Who wrote or merged a change in the last 30 days, but for `known`; bots are nobody's concern. */
export async function recentStrangers(
  tx: Tx,
  {
    repositories,
    known,
  }: {
    readonly repositories: readonly string[]
    /** In lower case. */
    readonly known: readonly string[]
  },
): Promise<readonly string[]> {
  const { rows } = await tx.query<{ who: string }>(
    `SELECT min(who) AS who
       FROM changes, LATERAL (
              VALUES (author), (merged_by)
              UNION ALL SELECT jsonb_array_elements_text(co_authors)) AS people(who)
      WHERE repository = ANY($1::text[]) AND heard_at > clock_timestamp() - interval '30 days'
        AND NOT lower(who) = ANY($2::text[]) AND who NOT LIKE '%[bot]'
      GROUP BY lower(who) ORDER BY 1 LIMIT 200`,
    [repositories, known],
  )
  return rows.map(({ who }) => who)
}

/** What lies between this installation and the vendors. */
interface Waits {
  /** Messages to Slack and GitHub that are due. */
  readonly outboxWaiting: number
  readonly outboxOldestSeconds: number
  /** Deliveries of GitHub that are not taken in yet. */
  readonly inboxWaiting: number
  readonly inboxOldestSeconds: number
}

const NOTHING_WAITS: Waits = {
  outboxWaiting: 0,
  outboxOldestSeconds: 0,
  inboxWaiting: 0,
  inboxOldestSeconds: 0,
}

export interface Gauged extends Waits {
  readonly trainsWaiting: number
  /** Seconds since the oldest unfinished train opened; 0: there is none. */
  readonly oldestWaitingSeconds: number
  readonly deployments: readonly { readonly status: string; readonly count: number }[]
  readonly policiesWaiting: number
  /** What stands that people were told of, by pipeline; an empty name: everywhere. */
  readonly concerns: readonly {
    readonly pipeline: string
    readonly kind: ConcernKind
    readonly count: number
  }[]
  /** By pipeline: for how long the line stands now, and how often and long it stood before. */
  readonly stops: readonly {
    readonly pipeline: string
    readonly standsSeconds: number
    readonly stops: number
    readonly stoodSeconds: number
  }[]
}

/** How busy the lines are now. */
export async function readGauges(tx: Tx): Promise<Gauged> {
  const { rows } = await tx.query<{ waiting: number; oldest: number; policies: number }>(
    `SELECT count(*)::integer AS waiting,
            coalesce(extract(epoch FROM clock_timestamp() - min(opened_at)), 0)::float8 AS oldest,
            (SELECT count(*)::integer FROM policy_conflicts) AS policies
       FROM trains WHERE status IN ('boarding', 'departed')`,
  )
  const { rows: deployments } = await tx.query<{ status: string; count: number }>(
    `SELECT status, count(*)::integer AS count FROM deployments GROUP BY status`,
  )
  const { rows: edges } = await tx.query<Waits>(
    `SELECT * FROM
       (SELECT count(*)::integer AS "outboxWaiting",
               coalesce(extract(epoch FROM clock_timestamp() - min(due_at)), 0)::float8
                 AS "outboxOldestSeconds"
          FROM outbox WHERE delivered_at IS NULL AND gave_up_at IS NULL
                        AND due_at <= clock_timestamp()) o,
       (SELECT count(*)::integer AS "inboxWaiting",
               coalesce(extract(epoch FROM clock_timestamp() - min(received_at)), 0)::float8
                 AS "inboxOldestSeconds"
          FROM inbox WHERE taken_at IS NULL AND gave_up_at IS NULL) i`,
  )
  const { rows: stops } = await tx.query<Gauged['stops'][number]>(
    `SELECT name AS pipeline, stops, stood_ms / 1000.0::float8 AS "stoodSeconds",
            coalesce(extract(epoch FROM clock_timestamp())
              - (stopped->>'since')::float8 / 1000, 0)::float8 AS "standsSeconds"
       FROM pipelines`,
  )
  const { rows: concerns } = await tx.query<Gauged['concerns'][number]>(
    `SELECT pipeline, kind, count(*)::integer AS count FROM watch_told
      WHERE ended_at IS NULL GROUP BY pipeline, kind`,
  )
  const [row] = rows
  return {
    stops,
    concerns,
    trainsWaiting: row?.waiting ?? 0,
    oldestWaitingSeconds: row?.oldest ?? 0,
    deployments,
    policiesWaiting: row?.policies ?? 0,
    ...(edges[0] ?? NOTHING_WAITS),
  }
}
