/**
 * What a train leaves behind where it has landed: on the branch, and in environments before the last.
 *
 * Invariant: what a sha lacks of what was live waits again, so that no change is in no place.
 */
import { beside } from './ancestry.ts'
import type { Event } from './event.ts'
import { journeyOf, spanOf, wholeOrder } from './line.ts'
import type { Change, Pipeline, Train } from './model.ts'
import { forkIn, isOffBranch, placeIn } from './special.ts'

/**
 * What becomes live with a train, and what no longer is because its sha lacks it. Of a special
 * train only what is on the branch counts, and nothing where it ends before the end.
 */
export function landing(
  pipeline: Pipeline,
  train: Train,
): { readonly span: readonly string[]; readonly lost: readonly string[] } {
  const span = spanOf(pipeline, train).map(({ sha }) => sha)
  const last = pipeline.policy.environments.at(-1)?.name
  const isWhole = journeyOf(pipeline, train).at(-1)?.name === last
  if (train.special !== null && !isWhole) return { span: [], lost: [] }
  const order = wholeOrder(pipeline)
  const at =
    train.special === null
      ? placeIn(pipeline, order, train.sha ?? '')
      : forkIn(train.special, order)
  if (train.special === null && at < 0) return { span, lost: youngerThan(pipeline, train) }
  const aside =
    train.special === null ? beside(pipeline, order, train.sha ?? '') : new Set<string>()
  const lacked = order.filter(({ sha }, index) => index > at || aside.has(sha))
  return {
    span:
      train.special === null ? span : span.filter((sha) => order.some((one) => one.sha === sha)),
    lost: [...new Set(lacked.flatMap((one) => lostWith(pipeline, train, one)))],
  }
}

/** A sha that a force-push took off the branch has nothing of what was merged after it. */
function youngerThan(pipeline: Pipeline, { sha }: Train): readonly string[] {
  const own = pipeline.changes.find((one) => one.sha === sha)
  if (own === undefined) return []
  return wholeOrder(pipeline)
    .filter((one) => pipeline.shipped.has(one.sha) && one.mergedAt > own.mergedAt)
    .map((one) => one.sha)
}

/** What goes with a change that is no longer live: also what only it told of, which it stands on. */
function lostWith(pipeline: Pipeline, train: Train, { sha, parent }: Change): readonly string[] {
  if (!pipeline.shipped.has(sha)) return []
  const isUnheard =
    parent !== null &&
    pipeline.shipped.has(parent) &&
    !pipeline.changes.some((one) => one.sha === parent)
  if (!isUnheard || parent === train.sha) return [sha]
  const { special } = train
  const isKept = special !== null && (special.fork === parent || special.contains.includes(parent))
  return isKept ? [sha] : [parent, sha]
}

/** Where a train from off the branch is live before the last environment, it stays its sender's. */
export function keep(pipeline: Pipeline, now: number): Event | undefined {
  for (const { name, live, lock, epoch } of pipeline.environments.slice(0, -1)) {
    const train = pipeline.trains.find(
      (one) => one.number === live?.train && one.sha === live.sha && isOffBranch(one),
    )
    if (train?.special == null) continue
    if (train.special.keeps.some(({ environment }) => environment === name)) continue
    if (lock !== null) {
      const kept = { environment: name, lock: lock.id }
      return { type: 'special_kept', train: train.number, keep: kept }
    }
    const id = `${pipeline.name}-${name}-special-${train.number}-${epoch}`
    const { by, ref } = train.special
    const reason = `special train #${train.number} (${ref}) is there; released, it no longer counts`
    const kept = { id, environment: name, by, reason, since: now, expires: null }
    return { type: 'locked', lock: kept, takenFrom: null }
  }
  return undefined
}
