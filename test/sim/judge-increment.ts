/**
 * A run of a migration, against the books as it is ordered.
 *
 * Invariant: 1 and 9 as the town sees them: nothing else is at work there, nobody keeps the place
 * closed, and what really runs there has the code that the migration is for.
 */
import type { Event } from '../../src/core/event.ts'
import type { Books } from './books.ts'
import { must } from './broken.ts'

export function judgeIncrement(
  books: Books,
  { environment, change, run: { run } }: Extract<Event, { type: 'migration_run_requested' }>,
): void {
  const busy = [...books.deployments.values()].find(
    (one) =>
      one.environment === environment && ['requested', 'running', 'unknown'].includes(one.status),
  )
  must(busy === undefined, '6.1', () => `${run} is ordered while ${busy?.run} is under way`)
  const other = [...books.increments].find(
    ([, one]) => one.environment === environment && (one.isOpen || one.isUnknown),
  )
  must(other === undefined, '6.1', () => `${run} is ordered while ${other?.[0]} is at work`)
  must(!books.stopped, '6.9', () => `${run} is ordered on a stopped line`)
  const { now } = books.clock
  for (const lock of [books.locks.get(environment), books.locks.get('*'), books.lockAll]) {
    const isOver = lock == null || (lock.expires !== null && now >= lock.expires)
    must(isOver, '6.9', () => `${run} is ordered where ${lock?.by} keeps it locked`)
  }
  const clock = new Date(now).toISOString().slice(11, 16)
  const policy = books.policy.environments.find(({ name }) => name === environment)
  const shut = policy?.windows?.deny.find(({ text }) => {
    const [from = '', to = ''] = text.split('-')
    return from <= clock && clock < to
  })
  must(shut === undefined, '6.9', () => `${run} is ordered at ${clock}, outside the windows`)
  if (books.targets.untold.has(environment)) return
  const live = books.targets.at(environment)
  const isThere = books.branch.contains(live, change)
  must(isThere, '6.10', () => `${run} is ordered where ${live} runs, which lacks ${change}`)
}
