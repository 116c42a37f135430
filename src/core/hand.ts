/**
 * Releases by hand after the fact: what they took back, and their place on the branch once it is
 * known.
 *
 * Invariant: a release by hand is live at once; it becomes the base of the line only when its
 * ancestry to the former release is known.
 */
import type { Event } from './event.ts'
import { upTo } from './line.ts'
import type { Environment, Lock, Pipeline, RollbackOrder } from './model.ts'
import { pastRelease, takenBack } from './releases.ts'

export const why = (reason: string): string => `rolled back: ${reason}`

/** The lock that a rollback leaves to whoever asked for it. */
export function lockedForRollback(
  environment: Environment,
  { by, reason, now }: { readonly by: string; readonly reason: string; readonly now: number },
): Extract<Event, { type: 'locked' }> {
  const lock: Lock = {
    id: `${environment.name}-rollback-${environment.epoch + 1}-${now}`,
    environment: environment.name,
    by,
    reason: why(reason),
    since: now,
    expires: null,
  }
  return { type: 'locked', lock, takenFrom: null }
}

/** Somebody put something earlier there: what was taken back waits again. */
export function rolledBackByHand(
  pipeline: Pipeline,
  environment: string,
  order: RollbackOrder,
): Event {
  const { trains, changes } = takenBack(pipeline, environment, order.to)
  return {
    type: 'rolled_back',
    environment,
    order,
    trains: trains.map(({ number }) => number),
    changes: changes.map(({ sha }) => sha),
    receiver: null,
  }
}

/** What a release by hand in the last environment turns out to be once the branch tells its place. */
export function place(pipeline: Pipeline, now: number): Event | undefined {
  const last = pipeline.environments.at(-1)
  const live = last?.live ?? null
  if (last === undefined || live === null || live.by === null) return undefined
  if (live.sha === pipeline.tip || last.rollback !== null) return undefined
  if (!pipeline.shipped.has(live.sha)) {
    const span = upTo(pipeline, live.sha)
    return span.length === 0
      ? undefined
      : { type: 'release_placed', environment: last.name, release: live, span }
  }
  const to = pastRelease(pipeline, last, live)
  if (to === null || pipeline.tip === null) return undefined
  const reason = 'it turned out to be behind what was live before'
  const { by } = live
  if (last.lock === null) return lockedForRollback(last, { by, reason, now })
  const order = { by, reason, since: now, epoch: live.epoch, from: pipeline.tip, to }
  return rolledBackByHand(pipeline, last.name, order)
}
