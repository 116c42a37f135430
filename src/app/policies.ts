/**
 * Which policy is in force: the last one accepted, kept in the database.
 *
 * Invariant: a valid file never stops the process. What conflicts with something under way waits,
 * is told, and is accepted by itself once nothing needs the old one. The file told last counts.
 */
import type { Logger } from 'pino'
import { conflictsWith, renamesOf } from '../core/conflict.ts'
import { digest } from '../core/digest.ts'
import { linkedPeople, reservedNames } from '../core/links.ts'
import type { Placing } from '../core/placing.ts'
import type { Person, Policy } from '../core/policy.ts'
import { wholePolicy } from '../core/whole.ts'
import { appendAudit } from '../db/audit.ts'
import { readLinked } from '../db/links.ts'
import { type Configured, loadPipeline } from '../db/load.ts'
import { putEffect } from '../db/outbox.ts'
import {
  acceptPolicy,
  forgetWaiting,
  formerEnvironments,
  hashInForce,
  keepWaiting,
  lockPolicy,
  policiesInForce,
  type Source,
  type Told,
  waitingPolicies,
} from '../db/policies.ts'
import { inTransaction, type Pool, type Tx } from '../db/transaction.ts'
import { type Delivers, laneOf } from './outgoing.ts'
import { redrawTrains } from './redraw.ts'

/** A configuration file, read. */
export interface PipelineFile {
  readonly path: string
  readonly people: readonly Person[]
  readonly policies: readonly Policy[]
  /** By pipeline: on which line each part of it stands. */
  readonly lines: Readonly<Record<string, Source['lines']>>
}

/** A policy, and where it was read. */
export interface Proposal extends Source {
  readonly policy: Policy
}

export interface Policies {
  /** The pipelines this process serves, each under the policy in force. */
  readonly pipelines: ReadonlyMap<string, Configured>
  /** Everybody who is linked, by the file or beside it, as of the last look. */
  readonly people: () => readonly Person[]
  /** Those of the file alone. */
  readonly listed: () => readonly Person[]
  /** Takes over what the file says, as far as nothing under way needs the old policy. */
  readonly propose: (file: PipelineFile) => Promise<void>
  /** Looks again at what waits, at what other processes have accepted, and at who is linked; answers what changed. */
  readonly look: () => Promise<readonly string[]>
}

export interface PoliciesOptions extends Placing {
  readonly pool: Pool
  readonly log: Logger
  /** Whether somebody tells the channel that a policy waits. */
  readonly delivers: Delivers
}

/** Who accepts: the audit names the file, not whoever started the process. */
const WHO = 'configuration'

export function createPolicies({ pool, log, delivers, ...placing }: PoliciesOptions): Policies {
  const pipelines = new Map<string, Configured>()
  const hashes = new Map<string, string>()
  let listed: readonly Person[] = []
  let people: readonly Person[] = []
  const take = (policy: Policy, hash: string): void => {
    const name = policy.pipeline
    const present = pipelines.get(name)?.policy ?? policy
    pipelines.set(name, { policy: wholePolicy(policy, present), people, ...placing })
    hashes.set(name, hash)
  }
  const refresh = async (): Promise<readonly string[]> => {
    const known = { names: [...pipelines.keys()], hashes: [...hashes.values()] }
    const fresh = await inTransaction(pool, (tx) => policiesInForce(tx, known))
    for (const { policy, hash } of fresh) take(policy, hash)
    return fresh.map(({ policy }) => policy.pipeline)
  }
  /** Who is linked now; true: somebody else than before, or otherwise. */
  const meet = async (coming: readonly Policy[] = []): Promise<boolean> => {
    const known = await inTransaction(pool, (tx) => readLinked(tx, listed))
    const policies = [...[...pipelines.values()].map(({ policy }) => policy), ...coming]
    const met = linkedPeople(listed, { ...known, reserved: reservedNames(listed, policies) })
    if (JSON.stringify(met) === JSON.stringify(people)) return false
    people = met
    for (const [name, one] of pipelines) pipelines.set(name, { ...one, people })
    return true
  }
  return {
    pipelines,
    people: () => people,
    listed: () => listed,
    propose: async (file) => {
      listed = file.people
      await meet(file.policies)
      for (const policy of file.policies) {
        const lines = file.lines[policy.pipeline] ?? {}
        const proposal = { policy, file: file.path, lines }
        await inTransaction(pool, (tx) =>
          consider(tx, proposal, { people, delivers, ...placing }),
        ).then((answer) => tell(log, proposal, answer))
        pipelines.set(policy.pipeline, { policy, people, ...placing })
        hashes.delete(policy.pipeline)
      }
      for (const name of pipelines.keys()) {
        if (file.policies.some(({ pipeline }) => pipeline === name)) continue
        log.warn({ pipeline: name }, 'no configuration file names this pipeline: it is not served')
        pipelines.delete(name)
        hashes.delete(name)
      }
      await refresh()
      await meet()
    },
    look: async () => {
      const waiting = await inTransaction(pool, (tx) => waitingPolicies(tx))
      for (const { pipeline } of waiting.filter((one) => pipelines.has(one.pipeline))) {
        await inTransaction(pool, async (tx) => {
          // Whoever was faster has accepted it, or another file was told since.
          const [again] = await waitingPolicies(tx, pipeline)
          const present = pipelines.get(pipeline)?.policy
          if (again === undefined || present === undefined) return
          const policy = wholePolicy(again.policy, present)
          const answer = await consider(tx, { ...again, policy }, { people, delivers, ...placing })
          if (answer.is === 'accepted') tell(log, again, answer)
        })
      }
      const fresh = await refresh()
      if (!(await meet())) return fresh
      const policies = [...pipelines.values()].map(({ policy }) => policy)
      await inTransaction(pool, (tx) => redrawTrains(tx, policies))
      return [...pipelines.keys()]
    },
  }
}

export type Answer =
  /** In force already. */
  | { readonly is: 'known' }
  | { readonly is: 'accepted' }
  /** `isNew`: nobody was told of this one before. */
  | { readonly is: 'waiting'; readonly conflicts: readonly Told[]; readonly isNew: boolean }

/** Compares a policy with what is under way, and accepts it or keeps it waiting. */
async function consider(
  tx: Tx,
  proposal: Proposal,
  { delivers, ...known }: Omit<Configured, 'policy'> & Pick<PoliciesOptions, 'delivers'>,
): Promise<Answer> {
  const { policy, file, lines } = proposal
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
  const isAwaited = waited !== undefined
  await record('policy_accepted', { digest: hash, before: inForce, file, renamed }, isAwaited)
  return { is: 'accepted' }
}

/** Who waits for a policy to be in force looks at the channel, not at the log. */
async function tellChannel(
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
  { policy, lines }: Proposal,
  known: Omit<Configured, 'policy'>,
): Promise<{ readonly old: Policy; readonly conflicts: readonly Told[] }> {
  // The row names the policy in force; this one only fills in what an older version left out.
  const { pipeline } = await loadPipeline(tx, { ...known, policy }, [])
  const old = pipeline.policy
  const former = await formerEnvironments(tx, old)
  const conflicts = conflictsWith(pipeline, policy, former)
  return { old, conflicts: conflicts.map((one) => ({ ...one, line: lines[one.place] ?? 1 })) }
}

function tell(log: Logger, { policy, file }: Proposal, answer: Answer): void {
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
