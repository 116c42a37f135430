/**
 * Locking everything, in one transaction: read FOR UPDATE, decide, save, audit.
 *
 * Invariant: once it is committed nothing starts anywhere, for every start has read the row first.
 */
import { decideLockAll, type LockAllCommand } from '../core/lock-all.ts'
import type { Actor, Lock } from '../core/model.ts'
import type { Refusal } from '../core/refusal.ts'
import { appendAudit, type Written } from '../db/audit.ts'
import type { Configured } from '../db/load.ts'
import { readLockAll, saveLockAll } from '../db/lock-all.ts'
import { inTransaction, type Pool, type Tx } from '../db/transaction.ts'

export type LockAllOutcome =
  | { readonly ok: true; readonly events: readonly Written[] }
  | { readonly ok: false; readonly refusal: Refusal }

export type LockAll = (command: LockAllCommand, actor: Actor) => Promise<LockAllOutcome>

interface Parts {
  readonly pool: Pool
  readonly pipelines: ReadonlyMap<string, Configured>
  /** Told after each commit, once per pipeline, to wake whoever waits. */
  readonly changed: (pipeline: string) => void
  readonly clock: (() => number) | null
}

/** The chain of what concerns no single pipeline. */
const SYSTEM_CHAIN = 'system'

export function createLockAll({ pool, pipelines, changed, clock }: Parts): LockAll {
  return async (command, actor) => {
    if (command.type === 'tick' && (await standingLockAll(pool))?.expires == null) {
      return { ok: true, events: [] }
    }
    const outcome = await inTransaction(pool, async (tx): Promise<LockAllOutcome> => {
      const read = await readLockAll(tx, 'update')
      const now = clock?.() ?? read.now
      const policies = [...pipelines.values()].map(({ policy }) => policy)
      const all = { standing: read.lock, policies }
      const answer = decideLockAll(all, command, { actor, now })
      if (!answer.ok) {
        const body = { command: `${command.type}_all`, refusal: answer.refusal }
        await appendAudit(tx, SYSTEM_CHAIN, [{ type: 'refused', actor: actor.name, at: now, body }])
        return answer
      }
      if (answer.event === null) return { ok: true, events: [] }
      const { type, ...body } = answer.event
      await saveLockAll(tx, type === 'locked' ? answer.event.lock : null, now)
      const entry = { type, actor: actor.name, at: now, body: { scope: 'all', ...body } }
      return { ok: true, events: await appendAudit(tx, SYSTEM_CHAIN, [entry]) }
    })
    if (outcome.ok && outcome.events.length > 0) for (const name of pipelines.keys()) changed(name)
    return outcome
  }
}

/** The lock on everything as it stands, for whoever only looks. */
export const standingLockAll = (pool: Pool): Promise<Lock | null> =>
  inTransaction(pool, async (tx: Tx) => (await readLockAll(tx, 'share')).lock)
