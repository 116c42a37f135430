/**
 * A policy that somebody asks for, compared with what is under way: accepted, or kept waiting.
 *
 * Invariant: decided under the pipeline's row lock; what becomes of it stands in the audit, and
 * whoever was told that it waits is told how that ended.
 */
import type { Logger } from 'pino'
import { conflictsWith, renamesOf } from '../core/conflict.ts'
import { digest } from '../core/digest.ts'
import type { Policy } from '../core/policy.ts'
import { appendAudit } from '../db/audit.ts'
import { type Configured, loadPipeline } from '../db/load.ts'
import { putEffect } from '../db/outbox.ts'
import {
  acceptPolicy,
  forgetWaiting,
  formerEnvironments,
  hashInForce,
  keepWaiting,
  lockPolicy,
  type Source,
  type Told,
  waitingPolicies,
} from '../db/policies.ts'
import type { Tx } from '../db/transaction.ts'
import { type Delivers, laneOf } from './outgoing.ts'

/** A policy, and where it was read. */
export interface Proposal extends Source {
  readonly policy: Policy
  /** The repository's file that asks for it, so that its acceptance is told; null: the server's. */
  readonly own: string | null
}

/** Who accepts: the audit names the file, not whoever started the process. */
export const WHO = 'configuration'

export type Answer =
  /** In force already. */
  | { readonly is: 'known' }
  | { readonly is: 'accepted' }
  /** `isNew`: nobody was told of this one before. */
  | { readonly is: 'waiting'; readonly conflicts: readonly Told[]; readonly isNew: boolean }

/** Compares a policy with what is under way, and accepts it or keeps it waiting. */
export async function consider(
  tx: Tx,
  proposal: Proposal,
  { delivers, ...known }: Omit<Configured, 'policy'> & { readonly delivers: Delivers },
): Promise<Answer> {
  const { policy, file, lines, own } = proposal
  const { pipeline } = policy
  const hash = digest(policy)
  // Loaded before anything is locked here: a load takes its locks in the order of every decision.
  const seen = await hashInForce(tx, pipeline)
  const early = seen === null || seen === hash ? null : await compare(tx, proposal, known)
  const { hash: inForce, now } = await lockPolicy(tx, policy)
  const record = async (
    type: string,
    body: Readonly<Record<string, unknown>>,
    isTold: boolean,
  ): Promise<void> => {
    const entry = { type, actor: WHO, at: now.getTime(), body }
    const [written] = await appendAudit(tx, pipeline, [entry])
    if (isTold && written !== undefined)
      await tellChannel(tx, { policy, seq: written.seq, delivers })
  }
  const [waited] = await waitingPolicies(tx, pipeline)
  if (inForce === hash) {
    await forgetWaiting(tx, pipeline)
    // Whoever heard that another one waits hears that it does no more.
    if (waited !== undefined) {
      await record('policy_withdrawn', { digest: waited.hash, inForce, file }, true)
    }
    return { is: 'known' }
  }
  if (inForce === null) {
    const first = { policy, hash, renames: new Map<string, string>(), lastMoved: false }
    await acceptPolicy(tx, first)
    await record('policy_accepted', { digest: hash, before: null, file, renamed: [] }, false)
    return { is: 'accepted' }
  }
  const { old, conflicts } = early ?? (await compare(tx, proposal, known))
  if (conflicts.length > 0) {
    const isNew = await keepWaiting(tx, { pipeline, policy, hash, file, lines, conflicts })
    if (isNew) await record('policy_deferred', { digest: hash, inForce, file, conflicts }, true)
    return { is: 'waiting', conflicts, isNew }
  }
  const renames = renamesOf(old, policy)
  const last = old.environments.at(-1)?.name ?? ''
  const lastMoved = (renames.get(last) ?? last) !== policy.environments.at(-1)?.name
  await acceptPolicy(tx, { policy, hash, renames, lastMoved })
  const renamed = [...renames].map(([from, to]) => ({ from, to }))
  const isAwaited = waited !== undefined || own !== null
  const by = own ?? file
  await record('policy_accepted', { digest: hash, before: inForce, file: by, renamed }, isAwaited)
  return { is: 'accepted' }
}

/** Who waits for a policy to be in force looks at the channel, not at the log. */
export async function tellChannel(
  tx: Tx,
  {
    policy,
    seq,
    delivers,
  }: { readonly policy: Policy; readonly seq: number; readonly delivers: Delivers },
): Promise<void> {
  const effect = { type: 'policy' } as const
  if (!delivers(policy, effect)) return
  const { pipeline } = policy
  const lane = laneOf(pipeline, null, effect)
  await putEffect(tx, { pipeline, train: null, lane, effect, seq, delayMs: 0 })
}

/** What stands between a policy and its acceptance. Only looks; `config check` asks the same. */
export async function compare(
  tx: Tx,
  { policy, lines }: Omit<Proposal, 'own'>,
  known: Omit<Configured, 'policy'>,
): Promise<{ readonly old: Policy; readonly conflicts: readonly Told[] }> {
  // The row names the policy in force; this one only fills in what an older version left out.
  const { pipeline } = await loadPipeline(tx, { ...known, policy }, [])
  const old = pipeline.policy
  const former = await formerEnvironments(tx, old)
  const conflicts = conflictsWith(pipeline, policy, former)
  return { old, conflicts: conflicts.map((one) => ({ ...one, line: lines[one.place] ?? 1 })) }
}

export function tell(log: Logger, { policy, file }: Proposal, answer: Answer): void {
  const { pipeline } = policy
  switch (answer.is) {
    case 'known':
      return
    case 'accepted':
      log.info({ pipeline, file }, 'the policy of the configuration file is in force')
      return
    case 'waiting':
      for (const { line, message, ends } of answer.conflicts) {
        log.warn(
          { pipeline, at: `${file}:${line}`, until: ends },
          `the last accepted policy stays in force: ${message}`,
        )
      }
  }
}
