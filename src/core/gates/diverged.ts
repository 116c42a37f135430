/**
 * The gate for what would be lost: a sha that does not contain what is live.
 *
 * Invariant: it names what would be lost and whose it is; only a person who names the plan lets it
 * through. Before the last environment, sending a special train there was that word.
 */
import { type At, type Blocker, departedAt, short, title } from '../blocker.ts'
import { containsLive } from '../contains.ts'
import { aboard, branchOrder, type Plan, planOf, wholeOrder } from '../line.ts'
import type { Change, Pipeline, Release, Train } from '../model.ts'
import { countedLive, forkIn, placeIn, specialAt } from '../special.ts'

const NAMED_MAX = 8

/** The sha does not contain what is live; only a person who names the plan lets it through. */
export function diverged({ pipeline, train, policy }: At): readonly Blocker[] {
  const live = countedLive(pipeline, policy.name)
  const plan = planOf(pipeline, train, policy)
  if (plan === null || containsLive(pipeline, train, policy.name) === 'yes') return []
  const isLast = pipeline.policy.environments.at(-1)?.name === policy.name
  if (train.special !== null && !isLast) return []
  if (train.accepted.some((one) => one.plan === plan.hash)) return []
  const message = divergence(pipeline, train, { plan, live })
  const clearBy = wayOut(pipeline, train, live)
  const since = Math.max(live?.since ?? 0, departedAt(train))
  return [{ gate: 'diverged', environment: policy.name, since, message, clearBy, until: null }]
}

/** In which way a plan does not contain what is live. */
function divergence(
  pipeline: Pipeline,
  train: Train,
  { plan, live }: { readonly plan: Plan; readonly live: Release | null },
): string {
  const gone = aboard(pipeline, train).filter(({ sha }) => pipeline.dropped.has(sha))
  if (gone.length > 0) {
    const names = gone.map(({ number, sha }) => title(number, sha)).join(', ')
    return `a force-push took ${names} off ${pipeline.policy.branch}, and its sha still carries it`
  }
  const by = live?.by ?? null
  const there = live === null ? 'nothing yet' : short(live.sha)
  const what = `${plan.environment} (${there}${by === null ? '' : `, recorded by ${by}`})`
  if (plan.changes.length === 0 && train.special === null) {
    return `nothing of it is left to ship: all of it is live already, by another way (${what})`
  }
  if (live !== null && pipeline.dropped.has(live.sha)) {
    return `a force-push took what is live in ${what} off ${pipeline.policy.branch}, so its sha lacks that`
  }
  const lost = live === null ? [] : lostBy(pipeline, train, live.sha)
  if (lost.length > 0) {
    const named = lost
      .slice(0, NAMED_MAX)
      .map((one) => `${title(one.number, one.sha)} ${one.title} (${one.author})`)
    const more = lost.length > NAMED_MAX ? ` and ${lost.length - NAMED_MAX} more` : ''
    return `its sha lacks what is live in ${what}; lost would be ${named.join(', ')}${more}`
  }
  return containsLive(pipeline, train, plan.environment) === 'no'
    ? `its sha is behind what is live in ${what}`
    : `whether it contains what is live in ${what} is not known`
}

/** What is live and would be lost, as far as it is known. */
export function lostBy(pipeline: Pipeline, train: Train, live: string): readonly Change[] {
  const order = wholeOrder(pipeline)
  const at =
    train.special === null
      ? placeIn(pipeline, order, train.sha ?? '')
      : forkIn(train.special, order)
  const ofBranch = order.slice(at + 1, placeIn(pipeline, order, live) + 1)
  const mine = new Set(train.special?.changes.map(({ sha }) => sha))
  const own = specialAt(pipeline, live)?.changes.filter(({ sha }) => !mine.has(sha)) ?? []
  return [...ofBranch.filter(({ carried }) => carried), ...own]
}

/** The change on the branch, not aboard, that contains the special train that is live; if any. */
export function mergedInto(pipeline: Pipeline, live: Release | null): Change | undefined {
  const merged = live === null ? null : (specialAt(pipeline, live.sha)?.merged ?? null)
  return branchOrder(pipeline).find(({ sha }) => sha === merged)
}

function wayOut(pipeline: Pipeline, train: Train, live: Release | null): string {
  if (train.special !== null) {
    return 'send it again with these in it, cancel the train, or depart with this plan'
  }
  if (live === null || specialAt(pipeline, live.sha) === undefined) {
    return 'merge it back first, cancel the train, or depart with this plan'
  }
  const merged = mergedInto(pipeline, live)
  return merged === undefined
    ? 'merge it back first, or depart with this plan'
    : `cancel the train, and travel with ${title(merged.number, merged.sha)}, or depart with this plan`
}
