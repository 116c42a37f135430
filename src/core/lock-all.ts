/**
 * The lock on everything: one for all pipelines, also those added later.
 *
 * Invariant: only who may lock every pipeline may lock them all, or open them again.
 */
import type { Context } from './answers/answer.ts'
import { refuse } from './answers/answer.ts'
import type { Lock } from './model.ts'
import { holds } from './people.ts'
import type { Policy } from './policy.ts'
import type { Refusal } from './refusal.ts'

export type LockAllCommand =
  | {
      readonly type: 'lock'
      readonly id: string
      readonly reason: string
      readonly forMs: number | null
      readonly takeOver: boolean
    }
  | { readonly type: 'unlock'; readonly id: string | null }
  /** Nothing was asked: look whether it has expired. */
  | { readonly type: 'tick' }

export type LockAllEvent =
  | { readonly type: 'locked'; readonly lock: Lock; readonly takenFrom: string | null }
  | { readonly type: 'unlocked' | 'lock_expired'; readonly lock: Lock }

export type LockAllAnswer =
  | { readonly ok: true; readonly event: LockAllEvent | null }
  | { readonly ok: false; readonly refusal: Refusal }

const WHERE = 'everything'

/** Answers what is asked of the lock that stands, if any. */
export function decideLockAll(
  { standing, policies }: { readonly standing: Lock | null; readonly policies: readonly Policy[] },
  command: LockAllCommand,
  { actor, now }: Context,
): LockAllAnswer {
  const expired = standing?.expires != null && now >= standing.expires
  if (command.type === 'tick') {
    return { ok: true, event: expired ? { type: 'lock_expired', lock: standing } : null }
  }
  if (!policies.every(({ permissions }) => holds(permissions.lock, actor))) {
    return refuse({ code: 'not_allowed', permission: 'lock' })
  }
  const lock = expired ? null : standing
  if (command.type === 'unlock') {
    if (lock === null) return refuse({ code: 'not_locked', where: WHERE })
    if (command.id !== null && command.id !== lock.id) {
      return refuse({ code: 'stale_lock', where: WHERE })
    }
    return { ok: true, event: { type: 'unlocked', lock } }
  }
  const { id, reason, forMs, takeOver } = command
  const takenFrom = lock === null || lock.by === actor.name ? null : lock.by
  if (lock !== null && takenFrom !== null && !takeOver) {
    return refuse({ code: 'locked', by: takenFrom, reason: lock.reason, where: WHERE })
  }
  const expires = forMs === null ? null : now + forMs
  const next: Lock = { id, environment: null, by: actor.name, reason, since: now, expires }
  return { ok: true, event: { type: 'locked', lock: next, takenFrom } }
}
