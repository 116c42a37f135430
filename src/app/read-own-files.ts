/**
 * Looks whether a pipeline's own file has to be read again: at what has arrived last, or beside a
 * server's file that may allow now what was wrong.
 *
 * Invariant: an edit takes effect when the change that made it has arrived, and is taken back with
 * it. Without an answer from git everything stays as it is, and nothing waits for it.
 */
import type { Logger } from 'pino'
import type { ReadFile } from '../core/look-up.ts'
import { REPOSITORY_FILE, REPOSITORY_FILE_MAX } from '../core/policy.ts'
import { findBase } from '../db/policy-bases.ts'
import {
  arrivedByBranch,
  findRepositoryFile,
  type RepositoryFileRow,
} from '../db/repository-files.ts'
import { inTransaction, type Pool } from '../db/transaction.ts'
import type { Policies } from './policies.ts'

const LOOK_MS = 2_000
/** After this long it is tried again when git did not answer. */
const AGAIN_MS = 60_000

export interface OwnFileParts {
  readonly pool: Pool
  readonly policies: Policies
  readonly file: ReadFile
  readonly log: Logger
  /** Milliseconds of a clock that nobody sets. */
  readonly clock: () => number
}

/** Makes one look at every pipeline that lets its repository say something. */
export function createOwnFiles(parts: OwnFileParts): () => Promise<void> {
  const { pool, policies, file, log, clock } = parts
  const notBefore = new Map<string, number>()
  return async () => {
    for (const [name, { policy }] of policies.pipelines) {
      if (policy.fromRepository === null || clock() < (notBefore.get(name) ?? 0)) continue
      const last = policy.environments.at(-1)?.name ?? ''
      const { base, sha, row } = await inTransaction(pool, async (tx) => ({
        base: await findBase(tx, name),
        sha: await arrivedByBranch(tx, { pipeline: name, last }),
        row: await findRepositoryFile(tx, name),
      }))
      // A file that waits may no longer let it be read.
      if (base === undefined || base.policy.fromRepository === null) continue
      if (row !== undefined && (sha === null || sha === row.seen) && isJudged(row, base)) continue
      const { repository, branch } = policy
      const asked = { repository, branch, sha, path: REPOSITORY_FILE, max: REPOSITORY_FILE_MAX }
      try {
        await policies.read(name, await file(asked))
        notBefore.delete(name)
      } catch (fault) {
        notBefore.set(name, clock() + AGAIN_MS)
        log.warn(
          { err: fault, pipeline: name },
          `${REPOSITORY_FILE} could not be read; tried again`,
        )
      }
    }
  }
}

/** What is wrong may be right once the server's file says something else. */
const isJudged = (
  { problems, base }: RepositoryFileRow,
  { hash }: { readonly hash: string },
): boolean => problems.length === 0 || base === hash

/** Looks for as long as it is not told to stop. */
export async function readOwnFilesForever(
  parts: OwnFileParts,
  { rest, stopping }: { readonly rest: Rest; readonly stopping: AbortSignal },
): Promise<void> {
  const look = createOwnFiles(parts)
  while (!stopping.aborted) {
    await look().catch((fault: unknown) =>
      parts.log.warn({ err: fault }, 'a look at the repositories’ own files failed'),
    )
    await rest(LOOK_MS, stopping)
  }
}

type Rest = (ms: number, stopping: AbortSignal) => Promise<unknown>
