/**
 * What is known of a repository's branches, and up to where each was compared with GitHub.
 *
 * Invariant: read from the same rows that the pipelines are loaded from; the seen head only moves
 * when everything up to it has been recorded.
 */
import type { Tx } from './transaction.ts'

export interface Followed {
  /** As the configuration spells it: the key of what was observed. */
  readonly repository: string
  readonly branch: string
}

/** Whether one of these branches knows the sha as a change of its own. */
export async function isKnownSha(tx: Tx, repository: string, sha: string): Promise<boolean> {
  const { rows } = await tx.query(
    `SELECT 1 FROM changes WHERE repository = $1 AND sha = $2 LIMIT 1`,
    [repository, sha],
  )
  return rows.length > 0
}

export interface KnownChange {
  readonly sha: string
  readonly number: number | null
  readonly parent: string | null
  readonly lines: number | null
}

/** What is known of these shas. */
export async function knownAmong(
  tx: Tx,
  { repository, branch }: Followed,
  shas: readonly string[],
): Promise<ReadonlyMap<string, KnownChange>> {
  const { rows } = await tx.query<KnownChange>(
    `SELECT sha, number, parent, lines FROM changes
      WHERE repository = $1 AND branch = $2 AND sha = ANY($3::text[])`,
    [repository, branch, shas],
  )
  return new Map(rows.map((row) => [row.sha, row]))
}

/** The newest shas that have not arrived everywhere yet, at most `limit`. */
export async function waitingShas(
  tx: Tx,
  { repository, branch }: Followed,
  limit: number,
): Promise<readonly string[]> {
  const { rows } = await tx.query<{ sha: string }>(
    `SELECT c.sha FROM changes c
      WHERE c.repository = $1 AND c.branch = $2
        AND EXISTS (
          SELECT 1 FROM pipelines p
           WHERE p.repository = c.repository AND p.branch = c.branch
             AND NOT EXISTS (
               SELECT 1 FROM shipped s WHERE s.pipeline = p.name AND s.sha = c.sha))
      ORDER BY c.merged_at DESC LIMIT $3`,
    [repository, branch, limit],
  )
  return rows.map(({ sha }) => sha)
}

/** A sha that the branch may have lost. */
export interface Suspect {
  readonly sha: string
  /** What it stands on, where another change is known to stand on the same; else null. */
  readonly shared: string | null
}

/**
 * Waiting shas, and what is live, that the branch may have lost, newest first: all of them once its
 * head has moved, else those heard about the time of the last look. Those of the last moments are
 * left for the next look: GitHub's API may lag behind its webhooks. What every pipeline knows to be
 * lost is no news.
 */
export async function possiblyLost(
  tx: Tx,
  { repository, branch }: Followed,
  look: { readonly moved: boolean; readonly settledMs: number; readonly limit: number },
): Promise<readonly Suspect[]> {
  const { rows } = await tx.query<Suspect>(
    `SELECT c.sha, (SELECT t.parent FROM changes t
                     WHERE t.repository = c.repository AND t.branch = c.branch
                       AND t.parent = c.parent AND t.sha <> c.sha LIMIT 1) AS shared
       FROM changes c
       LEFT JOIN github_branches g ON g.repository = c.repository AND g.branch = c.branch
      WHERE c.repository = $1 AND c.branch = $2
        AND c.heard_at <= clock_timestamp() - $4 * interval '1 ms'
        AND ($3 OR c.heard_at > g.seen_at - interval '10 minutes')
        AND EXISTS (SELECT 1 FROM pipelines p
                     WHERE p.repository = c.repository AND p.branch = c.branch
                       AND NOT EXISTS (SELECT 1 FROM dropped d
                                        WHERE d.pipeline = p.name AND d.sha = c.sha))
        AND (EXISTS (SELECT 1 FROM pipelines p
                      WHERE p.repository = c.repository AND p.branch = c.branch AND p.tip = c.sha)
          OR NOT EXISTS (
            SELECT 1 FROM shipped s JOIN pipelines p ON p.name = s.pipeline
             WHERE s.sha = c.sha AND p.repository = c.repository))
      ORDER BY c.merged_at DESC LIMIT $5`,
    [repository, branch, look.moved, look.settledMs, look.limit],
  )
  return rows
}

/** Where to compare from; null: nothing was heard of this branch yet. */
export async function startOf(tx: Tx, { repository, branch }: Followed): Promise<string | null> {
  const { rows } = await tx.query<{ sha: string | null }>(
    `SELECT coalesce(
       (SELECT head FROM github_branches WHERE repository = $1 AND branch = $2),
       (SELECT min(tip) FROM pipelines WHERE repository = $1 AND branch = $2),
       (SELECT sha FROM changes WHERE repository = $1 AND branch = $2
         ORDER BY merged_at, sha LIMIT 1)) AS sha`,
    [repository, branch],
  )
  return rows[0]?.sha ?? null
}

/** Everything up to this head has been recorded. */
export async function sawHead(
  tx: Tx,
  { repository, branch }: Followed,
  head: string,
): Promise<void> {
  await tx.query(
    `INSERT INTO github_branches (repository, branch, head) VALUES ($1, $2, $3)
     ON CONFLICT (repository, branch)
       DO UPDATE SET head = EXCLUDED.head, seen_at = clock_timestamp()`,
    [repository, branch, head],
  )
}

/** Repositories of which a change was heard lately, with when the newest was. */
export async function heardLately(tx: Tx, withinMs: number): Promise<ReadonlyMap<string, number>> {
  const { rows } = await tx.query<{ repository: string; at: Date }>(
    `SELECT repository, max(heard_at) AS at FROM changes
      WHERE heard_at > clock_timestamp() - $1::float8 * interval '1 ms'
      GROUP BY repository`,
    [withinMs],
  )
  return new Map(rows.map(({ repository, at }) => [repository, at.getTime()]))
}
