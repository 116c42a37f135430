/**
 * What the server's file says of each pipeline, as it was told last.
 *
 * Invariant: written under the pipeline's row lock together with what comes of it, so of several
 * processes with files of their own, each puts a repository's file on the one told last.
 */
import { digest } from '../core/digest.ts'
import type { Person, Policy } from '../core/policy.ts'
import type { Source } from './policies.ts'
import type { Tx } from './transaction.ts'

export interface PolicyBase extends Source {
  readonly policy: Policy
  /** Whom the file names. */
  readonly people: readonly Person[]
}

export async function keepBase(tx: Tx, { policy, people, file, lines }: PolicyBase): Promise<void> {
  await tx.query(
    `INSERT INTO policy_bases (pipeline, policy, people, hash, file, lines)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (pipeline) DO UPDATE SET
       policy = EXCLUDED.policy, people = EXCLUDED.people, hash = EXCLUDED.hash,
       file = EXCLUDED.file, lines = EXCLUDED.lines, at = clock_timestamp()`,
    [
      policy.pipeline,
      JSON.stringify(policy),
      JSON.stringify(people),
      digest({ policy, people }),
      file,
      JSON.stringify(lines),
    ],
  )
}

/** Undefined: no file was told yet. */
export async function findBase(
  tx: Tx,
  pipeline: string,
): Promise<(PolicyBase & { readonly hash: string }) | undefined> {
  const { rows } = await tx.query<PolicyBase & { readonly hash: string }>(
    `SELECT policy, people, hash, file, lines FROM policy_bases WHERE pipeline = $1`,
    [pipeline],
  )
  return rows[0]
}
