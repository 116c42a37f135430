/**
 * What a pipeline's own repository asks for, on top of the server's file.
 *
 * Invariant: the server's file is the authority. A file of the repository that is wrong, or that no
 * longer fits, changes nothing: what was accepted last stays in force, and whoever reads the channel
 * is told.
 */
import type { Logger } from 'pino'
import type { FileSeen } from '../core/look-up.ts'
import { type Person, type Policy, REPOSITORY_FILE } from '../core/policy.ts'
import { appendAudit } from '../db/audit.ts'
import type { Configured } from '../db/load.ts'
import { hashInForce, lockPolicy, type Source } from '../db/policies.ts'
import {
  findRepositoryFile,
  forgetRepositoryFile,
  keepRepositoryFile,
} from '../db/repository-files.ts'
import type { Tx } from '../db/transaction.ts'
import { consider, type Proposal, tell, tellChannel, WHO } from './consider-policy.ts'
import type { Delivers } from './outgoing.ts'

/** What the server's file says of a pipeline. */
export interface Asking extends Source {
  readonly policy: Policy
}

/** Puts what a repository's file says on the server's policy. */
export type Understand = (
  text: string,
  base: Policy,
  people: readonly Person[],
) =>
  | { readonly ok: true; readonly policy: Policy }
  | {
      readonly ok: false
      readonly problems: readonly { readonly line: number; readonly message: string }[]
    }

export interface Reading {
  readonly understand: Understand
  /** Whom a file may name. */
  readonly listed: readonly Person[]
  readonly log: Logger
}

/** The server's policy with what the repository asked for last; null: the two no longer fit. */
export async function askOf(
  tx: Tx,
  asking: Asking,
  { understand, listed, log }: Reading,
): Promise<Proposal | null> {
  const { policy } = asking
  const { pipeline } = policy
  const alone = { ...asking, own: null }
  if (policy.fromRepository === null) {
    await forgetRepositoryFile(tx, pipeline)
    return alone
  }
  const row = await findRepositoryFile(tx, pipeline)
  if (row === undefined || row.text === null) return alone
  const read = understand(row.text, policy, listed)
  if (read.ok) return { ...alone, policy: read.policy }
  const problems = spoken(read.problems)
  log.error(
    { pipeline, problems },
    `${REPOSITORY_FILE} of the repository no longer fits the configuration file`,
  )
  // Without anything in force there is nothing that could stay.
  return (await hashInForce(tx, pipeline)) === null ? alone : null
}

/** Takes up the file as it was read at a commit: proposes what it asks for, or says what is wrong. */
export async function fileRead(
  tx: Tx,
  { asking, seen, reading }: Read,
  known: Omit<Configured, 'policy'> & { readonly delivers: Delivers },
): Promise<void> {
  const { policy: base } = asking
  const { pipeline } = base
  const { sha } = seen
  const { log } = reading
  const read = understood(seen, base, reading)
  if (read.ok) {
    const proposal = { ...asking, policy: read.policy, own: REPOSITORY_FILE }
    tell(log, proposal, await consider(tx, proposal, known))
    await keepRepositoryFile(tx, { pipeline, seen: sha, problems: [], text: read.text })
    return
  }
  const { now } = await lockPolicy(tx, base)
  const text = (await findRepositoryFile(tx, pipeline))?.text ?? null
  const { problems } = read
  if (!(await keepRepositoryFile(tx, { pipeline, seen: sha, problems, text }))) return
  log.warn({ pipeline, sha, problems }, `${REPOSITORY_FILE} of the repository is not used`)
  const body = { file: REPOSITORY_FILE, sha, problems }
  const entry = { type: 'policy_refused', actor: WHO, at: now.getTime(), body }
  const [written] = await appendAudit(tx, pipeline, [entry])
  if (written === undefined) return
  await tellChannel(tx, { policy: base, seq: written.seq, delivers: known.delivers })
}

interface Read {
  readonly asking: Asking
  readonly seen: FileSeen
  readonly reading: Reading
}

type Understood =
  | { readonly ok: true; readonly policy: Policy; readonly text: string | null }
  | { readonly ok: false; readonly problems: readonly string[] }

function understood(seen: FileSeen, base: Policy, { understand, listed }: Reading): Understood {
  if (!seen.ok) return { ok: false, problems: [`${REPOSITORY_FILE} ${seen.why}`] }
  const { text } = seen
  if (text === null) return { ok: true, policy: base, text }
  const read = understand(text, base, listed)
  return read.ok
    ? { ok: true, policy: read.policy, text }
    : { ok: false, problems: spoken(read.problems) }
}

const spoken = (
  problems: readonly { readonly line: number; readonly message: string }[],
): readonly string[] => problems.map(({ line, message }) => `${REPOSITORY_FILE}:${line} ${message}`)
