/**
 * What the repositories of pipelines ask for: each file as it was last read.
 *
 * Invariant: a commit is taken up once beside each server's file, by whichever process is first; a file with something wrong
 * in it never replaces one that was right, and one that does not fit the server's file does not count.
 */
import type { Tx } from './transaction.ts'

export interface RepositoryFileRow {
  readonly pipeline: string
  /** The commit it was last read at. */
  readonly seen: string
  /** What is wrong with it there. */
  readonly problems: readonly string[]
  /** What was right last; null: there is no file. */
  readonly text: string | null
  /** What of that does not fit the server's file; empty: it counts. */
  readonly unfit: readonly string[]
  /** The hash of what the server's file said then; null: nobody knows. */
  readonly base: string | null
}

const ROW = 'pipeline, seen, problems, text, unfit, base'

/** What somebody has to mend: the newest file first. */
export const wrongIn = ({ problems, unfit }: RepositoryFileRow): readonly string[] =>
  problems.length > 0 ? problems : unfit

/** Undefined: it was never read. */
export async function findRepositoryFile(
  tx: Tx,
  pipeline: string,
): Promise<RepositoryFileRow | undefined> {
  const { rows } = await tx.query<RepositoryFileRow>(
    `SELECT ${ROW} FROM repository_files WHERE pipeline = $1`,
    [pipeline],
  )
  return rows[0]
}

/** Those with something wrong in them. */
export async function wrongRepositoryFiles(tx: Tx): Promise<readonly RepositoryFileRow[]> {
  const { rows } = await tx.query<RepositoryFileRow>(
    `SELECT ${ROW} FROM repository_files
      WHERE problems <> '[]' OR unfit <> '[]' ORDER BY pipeline`,
  )
  return rows
}

/** The server's file does not let it be read any more. */
export async function forgetRepositoryFile(tx: Tx, pipeline: string): Promise<void> {
  await tx.query(`DELETE FROM repository_files WHERE pipeline = $1`, [pipeline])
}

/** Keeps what was read; false: another process has kept that commit's already, beside the same base. */
export async function keepRepositoryFile(tx: Tx, row: RepositoryFileRow): Promise<boolean> {
  const { rowCount } = await tx.query(
    `INSERT INTO repository_files AS f (${ROW}) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (pipeline) DO UPDATE SET
       seen = EXCLUDED.seen, problems = EXCLUDED.problems, text = EXCLUDED.text,
       unfit = EXCLUDED.unfit, base = EXCLUDED.base, at = clock_timestamp()
      WHERE (f.seen, f.base) IS DISTINCT FROM (EXCLUDED.seen, EXCLUDED.base)`,
    [
      row.pipeline,
      row.seen,
      JSON.stringify(row.problems),
      row.text,
      JSON.stringify(row.unfit),
      row.base,
    ],
  )
  return rowCount === 1
}

/** Keeps how what was right fits the server's file now. */
export async function keepUnfit(
  tx: Tx,
  { pipeline, unfit }: Pick<RepositoryFileRow, 'pipeline' | 'unfit'>,
): Promise<void> {
  await tx.query(`UPDATE repository_files SET unfit = $2 WHERE pipeline = $1`, [
    pipeline,
    JSON.stringify(unfit),
  ])
}

/**
 * Where the file counts: what has arrived in the last environment and is live there, if it is a
 * change of the branch; null: nothing of the branch is.
 */
export async function arrivedByBranch(
  tx: Tx,
  { pipeline, last }: { readonly pipeline: string; readonly last: string },
): Promise<string | null> {
  const { rows } = await tx.query<{ sha: string }>(
    `SELECT c.sha FROM environments e
       JOIN pipelines p ON p.name = e.pipeline
       JOIN shipped s ON s.pipeline = e.pipeline AND s.sha = e.live_sha
       JOIN changes c ON c.repository = p.repository AND c.branch = p.branch AND c.sha = s.sha
      WHERE e.pipeline = $1 AND e.name = $2`,
    [pipeline, last],
  )
  return rows[0]?.sha ?? null
}
