/**
 * Releases by hand after the fact: what they took back, and their place on the branch once it is
 * known.
 *
 * Invariant: a release by hand is live at once; it becomes the base of the line only when its
 * ancestry to the former release is known.
 */
import { beside, parentsOf } from './ancestry.ts'
import type { Event } from './event.ts'
import { branchOrder, gaps, wholeOrder } from './line.ts'
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

/**
 * What becomes live when a waiting sha does: everything up to it, but for what stands beside it.
 * None while its ancestry to what is live is not known.
 */
export function upTo(pipeline: Pipeline, sha: string): readonly string[] {
  const known = withoutBeside(pipeline, sha)
  const order = branchOrder(known)
  const span = order.slice(0, order.findIndex((change) => change.sha === sha) + 1)
  const unplaced = known.tip === null ? [] : gaps(known)
  return span.some((change) => unplaced.includes(change)) ? [] : span.map((change) => change.sha)
}

/** The branch as it must be if this sha is on it: what stands beside it is gone, and was not live. */
function withoutBeside(pipeline: Pipeline, sha: string): Pipeline {
  const aside = beside(pipeline, wholeOrder(pipeline), sha)
  if (aside.size === 0) return pipeline
  const shipped = new Map([...pipeline.shipped].filter(([one]) => !aside.has(one)))
  const ground = [...parentsOf(pipeline, sha)].find((one) => shipped.has(one))
  const isTipAside = pipeline.tip !== null && aside.has(pipeline.tip)
  const tip = isTipAside ? (ground ?? pipeline.tip) : pipeline.tip
  return { ...pipeline, dropped: new Set([...pipeline.dropped, ...aside]), shipped, tip }
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
