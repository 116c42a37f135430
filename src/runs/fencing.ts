/**
 * Whether an agent may start what it was ordered.
 *
 * Invariant: decided from the agent's own journal alone, which outlives the server's memory.
 */
import type { Journal } from './journal.ts'
import { isOwnGroupAlive } from './process.ts'
import { isDeploy, isExclusive, type RunOrder } from './protocol.ts'

/** Anything else never becomes a path. */
export const RUN_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$/

/** Fencing: an order from before a newer one, or into an occupied environment, is not executed. */
export function refusalOf(journal: Journal, order: RunOrder): string | null {
  if (!RUN_ID.test(order.run)) return 'its id is not one'
  const highest = journal.highestEpoch(order.pipeline, order.environment)
  if (order.epoch < highest && !isStillToRetire(journal, order)) {
    return `its epoch ${order.epoch} is older than ${highest}, seen here`
  }
  // What only looks is in nobody's way, and an older deployment is not looked at any more.
  if (!isExclusive(order)) return null
  const begun = [...journal.runs().values()].find(
    ({ order: other, starting }) =>
      starting &&
      isExclusive(other) &&
      other.run !== order.run &&
      other.epoch === order.epoch &&
      other.pipeline === order.pipeline &&
      other.environment === order.environment,
  )
  if (begun) return `its epoch ${order.epoch} was started here already, by run ${begun.order.run}`
  for (const [run, { order: other, starting, spawned, ended }] of journal.runs()) {
    const same = other.pipeline === order.pipeline && other.environment === order.environment
    if (!same || run === order.run || !starting || !isExclusive(other)) continue
    // Only an unknown end may have left something alive: the others were proven dead.
    if (ended !== null && ended.outcome !== 'unknown') continue
    const unresolved = spawned === null && ended === null
    if (unresolved || (spawned !== null && isOwnGroupAlive(spawned.pid, spawned.startTime)))
      return `run ${run} is still alive in ${order.environment}`
  }
  return null
}

/**
 * The next train may start before an agent comes for what retires an old release: that one is still
 * to go then. It is not where the environment has gone back since, or to that release once more.
 */
function isStillToRetire(journal: Journal, order: RunOrder): boolean {
  if (order.retires !== true) return false
  const later = [...journal.runs().values()].filter(
    ({ order: other }) =>
      other.pipeline === order.pipeline &&
      other.environment === order.environment &&
      other.epoch > order.epoch &&
      isDeploy(other),
  )
  return later.every(({ order: other }) => other.kind === 'forward' && other.sha !== order.baseSha)
}
