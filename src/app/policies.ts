/**
 * Which policy is in force: the last one accepted, kept in the database.
 *
 * Invariant: a valid file never stops the process. What conflicts with something under way waits,
 * is told, and is accepted by itself once nothing needs the old one. The file told last counts,
 * also where a process that knows an older one puts a repository's file on it.
 */
import type { Logger } from 'pino'
import { linkedPeople, reservedNames } from '../core/links.ts'
import type { FileSeen } from '../core/look-up.ts'
import type { Placing } from '../core/placing.ts'
import type { Person, Policy } from '../core/policy.ts'
import { wholePolicy } from '../core/whole.ts'
import { readLinked } from '../db/links.ts'
import type { Configured } from '../db/load.ts'
import { policiesInForce, type Source, waitingPolicies } from '../db/policies.ts'
import { inTransaction, type Pool } from '../db/transaction.ts'
import { consider, tell } from './consider-policy.ts'
import type { Delivers } from './outgoing.ts'
import { fileRead, fileTold, type Reading, type Understand } from './own-file.ts'
import { redrawTrains } from './redraw.ts'

/** A configuration file, read. */
export interface PipelineFile {
  readonly path: string
  readonly people: readonly Person[]
  readonly policies: readonly Policy[]
  /** By pipeline: on which line each part of it stands. */
  readonly lines: Readonly<Record<string, Source['lines']>>
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
  /** Takes over what a pipeline's own repository asks for, as it was read at a commit. */
  readonly read: (pipeline: string, seen: FileSeen) => Promise<void>
  /** Looks again at what waits, at what other processes have accepted, and at who is linked; answers what changed. */
  readonly look: () => Promise<readonly string[]>
}

export interface PoliciesOptions extends Placing {
  readonly pool: Pool
  readonly log: Logger
  /** Whether somebody tells the channel that a policy waits. */
  readonly delivers: Delivers
  /** Reads a repository's own file. */
  readonly understand: Understand
}

export function createPolicies({
  pool,
  log,
  delivers,
  understand,
  ...placing
}: PoliciesOptions): Policies {
  const pipelines = new Map<string, Configured>()
  const hashes = new Map<string, string>()
  let listed: readonly Person[] = []
  let people: readonly Person[] = []
  const reading: Reading = { understand, log }
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
        const base = { policy, people: listed, file: file.path, lines }
        const known = { people, delivers, ...placing }
        await inTransaction(pool, (tx) => fileTold(tx, base, { reading, known }))
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
    read: async (pipeline, seen) => {
      const present = pipelines.get(pipeline)?.policy
      if (present === undefined) return
      const known = { people, delivers, ...placing }
      await inTransaction(pool, (tx) => fileRead(tx, { present, seen, reading }, known))
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
          const answer = await consider(
            tx,
            { ...again, policy, own: null },
            { people, delivers, ...placing },
          )
          if (answer.is === 'accepted') tell(log, { ...again, own: null }, answer)
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
