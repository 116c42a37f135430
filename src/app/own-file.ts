/**
 * What a pipeline's own repository asks for, on top of the server's file.
 *
 * Invariant: the server's file is the authority. A file of the repository that is wrong, or that no
 * longer fits, changes nothing: what was accepted last stays in force, and whoever reads the channel
 * is told.
 */
import type { Logger } from 'pino'
import { digest } from '../core/digest.ts'
import type { FileSeen } from '../core/look-up.ts'
import { type Person, type Policy, REPOSITORY_FILE } from '../core/policy.ts'
import { wholePolicy } from '../core/whole.ts'
import { appendAudit } from '../db/audit.ts'
import { type Configured, loadPipeline } from '../db/load.ts'
import { lockPolicy } from '../db/policies.ts'
import { findBase, keepBase, type PolicyBase } from '../db/policy-bases.ts'
import {
  findRepositoryFile,
  forgetRepositoryFile,
  keepRepositoryFile,
  keepUnfit,
  type RepositoryFileRow,
  wrongIn,
} from '../db/repository-files.ts'
import type { Tx } from '../db/transaction.ts'
import { consider, type Proposal, tell, tellChannel, WHO } from './consider-policy.ts'
import type { Delivers } from './outgoing.ts'

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
  readonly log: Logger
}

type Known = Omit<Configured, 'policy'> & { readonly delivers: Delivers }

/** Proposes what the server's file says, with what the repository asked for last if that fits. */
export async function fileTold(
  tx: Tx,
  base: PolicyBase,
  { reading, known }: { readonly reading: Reading; readonly known: Known },
): Promise<void> {
  const { log } = reading
  const { proposal } = await askOf(tx, base, reading)
  tell(log, proposal, await consider(tx, proposal, known))
  // Until the pipeline's row was ours, another process may have read its file anew.
  const again = await askOf(tx, base, reading)
  if (digest(again.proposal.policy) !== digest(proposal.policy))
    tell(log, again.proposal, await consider(tx, again.proposal, known))
  const { policy } = base
  await keepBase(tx, base)
  if (policy.fromRepository === null) return forgetRepositoryFile(tx, policy.pipeline)
  await settleFit(tx, base, { ...again, log, delivers: known.delivers })
}

interface Asked {
  readonly proposal: Proposal
  /** The repository's file as it was last read. */
  readonly row: RepositoryFileRow | undefined
  /** Why what was right in it is not part of the proposal. */
  readonly unfit: readonly string[]
}

/** What the server's file says, with the repository's if the two fit. */
async function askOf(tx: Tx, base: PolicyBase, { understand }: Reading): Promise<Asked> {
  const { policy, people } = base
  const alone = proposalOf(base, policy, null)
  const isRead = policy.fromRepository !== null
  const row = isRead ? await findRepositoryFile(tx, policy.pipeline) : undefined
  if (row === undefined || row.text === null) return { proposal: alone, row, unfit: [] }
  const read = understand(row.text, policy, people)
  if (!read.ok) return { proposal: alone, row, unfit: spoken(read.problems) }
  // Whoever heard that it did not count hears that it does.
  const own = row.unfit.length > 0 ? REPOSITORY_FILE : null
  return { proposal: proposalOf(base, read.policy, own), row, unfit: [] }
}

const proposalOf = (
  { file, lines }: PolicyBase,
  policy: Policy,
  own: Proposal['own'],
): Proposal => ({ policy, file, lines, own })

/** Keeps whether the two fit, and says so where they do no longer. */
async function settleFit(
  tx: Tx,
  { policy }: PolicyBase,
  { row, unfit, log, delivers }: Asked & { readonly log: Logger; readonly delivers: Delivers },
): Promise<void> {
  if (row === undefined || digest(row.unfit) === digest(unfit)) return
  await keepUnfit(tx, { pipeline: policy.pipeline, unfit })
  if (unfit.length > 0) await refuse(tx, policy, { row: { ...row, unfit }, log, delivers })
}

/** Tells that the repository's file is not used. */
async function refuse(
  tx: Tx,
  policy: Policy,
  {
    row,
    log,
    delivers,
  }: { readonly row: RepositoryFileRow; readonly log: Logger; readonly delivers: Delivers },
): Promise<void> {
  const { pipeline } = policy
  const { seen: sha, unfit } = row
  const problems = wrongIn(row)
  log.warn({ pipeline, sha, problems }, `${REPOSITORY_FILE} of the repository is not used`)
  const { now } = await lockPolicy(tx, policy)
  const body = { file: REPOSITORY_FILE, sha, problems, alone: unfit.length > 0 }
  const entry = { type: 'policy_refused', actor: WHO, at: now.getTime(), body }
  const [written] = await appendAudit(tx, pipeline, [entry])
  if (written !== undefined) await tellChannel(tx, { policy, seq: written.seq, delivers })
}

/** Takes up the file as it was read at a commit: proposes what it asks for, or says what is wrong. */
export async function fileRead(
  tx: Tx,
  { present, seen, reading }: Read,
  known: Known,
): Promise<void> {
  const { pipeline } = present
  // Locks as every decision does, so that no other file is told meanwhile.
  await loadPipeline(tx, { ...known, policy: present }, [])
  const told = await findBase(tx, pipeline)
  if (told === undefined || told.policy.fromRepository === null) return
  const base = { ...told, policy: wholePolicy(told.policy, present) }
  const { sha } = seen
  const { log } = reading
  const read = understood(seen, base, reading)
  if (read.ok) {
    const proposal = proposalOf(base, read.policy, REPOSITORY_FILE)
    tell(log, proposal, await consider(tx, proposal, known))
    const right = { problems: [], unfit: [], base: base.hash }
    await keepRepositoryFile(tx, { pipeline, seen: sha, text: read.text, ...right })
    return
  }
  const former = await findRepositoryFile(tx, pipeline)
  const { problems } = read
  const right = { text: former?.text ?? null, unfit: former?.unfit ?? [] }
  const row = { pipeline, seen: sha, problems, ...right, base: base.hash }
  if (!(await keepRepositoryFile(tx, row))) return
  // Read again beside another server's file, and as wrong as it was.
  if (former?.seen === sha && digest(former.problems) === digest(problems)) return
  await refuse(tx, base.policy, { row, log, delivers: known.delivers })
}

interface Read {
  /** What is in force, for what an earlier version left out of what was told. */
  readonly present: Policy
  readonly seen: FileSeen
  readonly reading: Reading
}

type Understood =
  | { readonly ok: true; readonly policy: Policy; readonly text: string | null }
  | { readonly ok: false; readonly problems: readonly string[] }

function understood(
  seen: FileSeen,
  { policy, people }: PolicyBase,
  { understand }: Reading,
): Understood {
  if (!seen.ok) return { ok: false, problems: [`${REPOSITORY_FILE} ${seen.why}`] }
  const { text } = seen
  if (text === null) return { ok: true, policy, text }
  const read = understand(text, policy, people)
  return read.ok
    ? { ok: true, policy: read.policy, text }
    : { ok: false, problems: spoken(read.problems) }
}

const spoken = (
  problems: readonly { readonly line: number; readonly message: string }[],
): readonly string[] => problems.map(({ line, message }) => `${REPOSITORY_FILE}:${line} ${message}`)
