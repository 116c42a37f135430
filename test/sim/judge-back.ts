/**
 * A rollback that was ordered by nobody, against the books.
 *
 * Invariant: 9 and 10 as the town sees them: the policy asks for it, what is taken back really went
 * wrong, nobody keeps it or the place, and what it returns to ran there before.
 */

import type { Event } from '../../src/core/event.ts'
import { SYSTEM } from '../../src/core/system.ts'
import type { Books } from './books.ts'
import { must } from './broken.ts'

/** Judges the order; a person's is judged as it starts. */
export function judgeBack(
  books: Books,
  { environment, order }: Extract<Event, { type: 'rollback_ordered' }>,
): void {
  if (order.by !== SYSTEM) return
  const its = books.policy.environments.find(({ name }) => name === environment)?.onFailure
  const isAsked = its?.act === 'roll_back' && !its.dryRun
  must(isAsked, '6.10', () => `${environment} goes back by itself, and nobody asked for that`)
  for (const lock of [books.locks.get(environment), books.locks.get('*'), books.lockAll]) {
    if (lock == null || lock.by === SYSTEM) continue
    const isOver = lock.expires !== null && books.clock.now >= lock.expires
    must(isOver, '6.9', () => `${environment} goes back by itself, locked by ${lock.by}`)
  }
  const here = [...books.deployments].filter(([, one]) => one.environment === environment).at(-1)
  must(here !== undefined, '6.10', () => `${environment} goes back, and nothing was deployed`)
  if (here === undefined) return
  const [key, { kind, status }] = here
  const isBad = status === 'failed' || (status === 'succeeded' && !books.healthy.has(key))
  must(kind === 'forward' && isBad, '6.10', () => `${key} is taken back, and is ${kind} ${status}`)
  must(!books.kept.has(key), '6.10', () => `${key} is taken back, and somebody keeps it`)
  // Whoever would keep it had the time that the policy gives.
  const since = books.badSince.get(key) ?? Number.POSITIVE_INFINITY
  const isTime = books.clock.now >= since + (its?.afterMs ?? 0)
  must(isTime, '6.10', () => `${key} is taken back before its countdown is over`)
}
