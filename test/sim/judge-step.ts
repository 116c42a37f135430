/**
 * A further step of a rollout, against the books: it is a start like any other.
 *
 * Invariant: 2, 3, 5 and 9 as the town sees them. What was passed by name when an earlier step
 * started may stand; what was closed since may not.
 */
import type { Event } from '../../src/core/event.ts'
import type { Books, DeploymentEntry } from './books.ts'
import { must } from './broken.ts'

type Step = Extract<Event, { type: 'step_requested' }>

/** What stands closed there now, each by a name of its own. */
export function closedAt(books: Books, environment: string, train: number | null) {
  const { now } = books.clock
  const locks = [books.locks.get(environment), books.locks.get('*'), books.lockAll].flatMap(
    (lock) => (lock == null || (lock.expires !== null && now >= lock.expires) ? [] : [lock]),
  )
  const clock = new Date(now).toISOString().slice(11, 16)
  const windows = books.policy.environments.find(({ name }) => name === environment)?.windows
  const shut = windows?.deny.filter(({ text }) => {
    const [from = '', to = ''] = text.split('-')
    return from <= clock && clock < to
  })
  return new Set([
    ...locks.map(({ id, by }) => `lock ${id} of ${by}`),
    ...(shut ?? []).map(({ text }) => `window ${text}`),
    ...(books.stopped ? ['stop'] : []),
    ...[...(books.holds.get(train ?? -1) ?? [])].map((by) => `hold of ${by}`),
  ])
}

/** Judges a step as it is ordered. */
export function judgeStep(books: Books, event: Step): void {
  const { key, run, epoch, at } = event
  const its = books.deployments.get(key)
  must(its !== undefined, '6.1', () => `${key} goes on, and was never ordered`)
  if (its === undefined) return
  const train = books.trains.get(its.train ?? -1)
  must(train?.status === 'departed', 'I-25', () => `${key} goes on of a train that is gone`)
  must(its.isBaking, '6.1', () => `${key} goes on while a step of it is under way`)
  must(at > its.step, '6.4', () => `${key} goes from step ${its.step} to ${at}`)
  const isSeen = !its.isCompared || books.healthy.has(key) || books.answeredFor.has(key)
  must(isSeen || its.isSkipped, 'I-21', () => `${key} goes on, and nobody saw that it is healthy`)
  must(!its.isPaused, '6.2', () => `${key} goes on, and somebody has paused it`)
  judgeClosed(books, its, key)
  const before = books.epochs.get(its.environment) ?? 0
  must(epoch > before, '6.3', () => `step ${at} of ${key} has epoch ${epoch} after ${before}`)
  const again = books.targets.executions.has(run)
  must(!again, 'I-5', () => `${run} is ordered, and has run`)
}

function judgeClosed(books: Books, its: DeploymentEntry, key: string): void {
  const { environment, train } = its
  const mine = (one: { readonly train: number; readonly environment: string }): boolean =>
    one.train === train && one.environment === environment
  // Broken glass and passes of this train are used up by the start: those of other starts are gone.
  const isSaid = books.glass.some(mine) || books.passes.some(mine)
  for (const closed of closedAt(books, environment, train)) {
    const isPassed = its.passed.has(closed) || isSaid
    must(isPassed, '6.9', () => `${key} goes on, although it is closed: ${closed}`)
  }
}
