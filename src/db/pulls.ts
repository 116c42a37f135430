/**
 * Open pull requests and what they were told of the line.
 *
 * Invariant: what was told is kept per pipeline and commit, so that nothing is told twice.
 */
import type { Tx } from './transaction.ts'

export interface Pull {
  /** As GitHub calls it, in lower case. */
  readonly repository: string
  readonly number: number
  /** Into which it is to be merged. */
  readonly branch: string
  readonly sha: string
}

export async function savePull(tx: Tx, { repository, number, branch, sha }: Pull): Promise<void> {
  await tx.query(
    `INSERT INTO pulls (repository, number, branch, sha) VALUES ($1, $2, $3, $4)
     ON CONFLICT (repository, number) DO UPDATE SET
       branch = EXCLUDED.branch, sha = EXCLUDED.sha, heard_at = clock_timestamp()`,
    [repository, number, branch, sha],
  )
}

export async function forgetPull(tx: Tx, repository: string, number: number): Promise<void> {
  await tx.query(`DELETE FROM pulls WHERE repository = $1 AND number = $2`, [repository, number])
}

/** Takes `pulls` for all there are of a branch, if they are; one heard of since `asked` stays. */
export async function replacePulls(
  tx: Tx,
  { repository, branch, asked }: Pick<Pull, 'repository' | 'branch'> & { readonly asked: Date },
  {
    pulls: open,
    complete,
  }: { readonly pulls: readonly Pick<Pull, 'number' | 'sha'>[]; readonly complete: boolean },
): Promise<void> {
  await tx.query(
    `DELETE FROM pulls WHERE repository = $1 AND branch = $2 AND heard_at < $3
        AND number <> ALL($4::integer[]) AND $5`,
    [repository, branch, asked, open.map(({ number }) => number), complete],
  )
  await tx.query(
    `INSERT INTO pulls (repository, branch, number, sha)
     SELECT $1, $2, * FROM unnest($3::integer[], $4::text[])
     ON CONFLICT (repository, number) DO UPDATE SET branch = EXCLUDED.branch, sha = EXCLUDED.sha
      WHERE pulls.heard_at < $5`,
    [repository, branch, open.map(({ number }) => number), open.map(({ sha }) => sha), asked],
  )
}

/** Newest commits of open pull requests that were told something else, or nothing yet. */
export async function untoldPulls(
  tx: Tx,
  { repository, branch }: Pick<Pull, 'repository' | 'branch'>,
  asking: { readonly pipeline: string; readonly telling: object; readonly limit: number },
): Promise<readonly string[]> {
  const { rows } = await tx.query<{ sha: string }>(
    `SELECT DISTINCT p.sha FROM pulls p
       LEFT JOIN merge_statuses s ON s.pipeline = $3 AND s.sha = p.sha
      WHERE p.repository = $1 AND p.branch = $2 AND s.told IS DISTINCT FROM $4::jsonb
      ORDER BY p.sha LIMIT $5`,
    [repository, branch, asking.pipeline, JSON.stringify(asking.telling), asking.limit],
  )
  return rows.map(({ sha }) => sha)
}

export async function saveToldPull(
  tx: Tx,
  pipeline: string,
  { sha, told }: { readonly sha: string; readonly told: object },
): Promise<void> {
  await tx.query(
    `INSERT INTO merge_statuses (pipeline, sha, told) VALUES ($1, $2, $3)
     ON CONFLICT (pipeline, sha) DO UPDATE SET told = EXCLUDED.told, at = clock_timestamp()`,
    [pipeline, sha, JSON.stringify(told)],
  )
}

/** What all open pull requests were last asked for to be told; null: never asked for. */
export async function mergesTold(tx: Tx, pipeline: string): Promise<unknown> {
  const { rows } = await tx.query<{ merges: unknown }>(
    `SELECT merges FROM pipelines WHERE name = $1`,
    [pipeline],
  )
  return rows[0]?.merges ?? null
}

/** Pipelines of whose pull requests GitHub does not let us do something, by what that is. */
export async function mergesRefused(
  tx: Tx,
): Promise<readonly { readonly pipeline: string; readonly refused: string }[]> {
  const { rows } = await tx.query<{ pipeline: string; refused: string }>(
    `SELECT name AS pipeline, merges->>'refused' AS refused FROM pipelines
      WHERE merges ? 'refused' ORDER BY name`,
  )
  return rows
}

export async function saveMergesTold(tx: Tx, pipeline: string, told: object): Promise<void> {
  await tx.query(`UPDATE pipelines SET merges = $2 WHERE name = $1`, [
    pipeline,
    JSON.stringify(told),
  ])
}

/** What commits were told long ago, and no open pull request is at any more. */
export async function purgeTold(tx: Tx): Promise<void> {
  await tx.query(
    `DELETE FROM merge_statuses s WHERE s.at < clock_timestamp() - interval '30 days'
        AND NOT EXISTS (SELECT 1 FROM pulls p WHERE p.sha = s.sha)`,
  )
}
