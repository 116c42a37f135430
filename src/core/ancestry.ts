/**
 * What a sha stands on, and what stands beside it: on the same ground, but not below it.
 *
 * Invariant: pure, by parents as far as they were told. What stands beside a sha counts as missing
 * from it, so that it is asked for before it goes anywhere.
 */
import type { Change, Pipeline } from './model.ts'

/** A sha and what it stands on, as far down as it is known. */
export function parentsOf(pipeline: Pipeline, sha: string): ReadonlySet<string> {
  const parents = new Map(pipeline.changes.map((change) => [change.sha, change.parent]))
  const below = new Set<string>()
  for (let at: string | null = sha; at !== null && !below.has(at); at = parents.get(at) ?? null) {
    below.add(at)
  }
  return below
}

/**
 * Of changes in branch order those that a force-push must have taken if `sha` is on the branch, told
 * or not: they stand on what `sha` stands on, or were merged where its parents leave no room.
 */
export function beside(
  pipeline: Pipeline,
  order: readonly Change[],
  sha: string,
): ReadonlySet<string> {
  const below = parentsOf(pipeline, sha)
  const way = pipeline.changes.filter((change) => below.has(change.sha))
  const isPassed = ({ mergedAt: at }: Change): boolean =>
    way.some(
      ({ parent, mergedAt }) =>
        mergedAt > at && way.some((one) => one.sha === parent && one.mergedAt < at),
    )
  const found = new Set<string>()
  for (const change of order) {
    const { parent } = change
    if (below.has(change.sha)) continue
    const isBeside =
      parent === null
        ? isPassed(change)
        : found.has(parent) || (parent !== sha && below.has(parent))
    if (isBeside) found.add(change.sha)
  }
  return found
}

/** Neither can be below the other. */
export const areApart = (
  pipeline: Pipeline,
  order: readonly Change[],
  [one, other]: readonly [string, string],
): boolean => beside(pipeline, order, one).has(other) || beside(pipeline, order, other).has(one)

/**
 * Of changes in branch order, what the one at `to` has and the one at `from` has not: what was
 * merged after it, and what stands beside it.
 */
export function beyond(
  pipeline: Pipeline,
  order: readonly Change[],
  { from, to }: { readonly from: number; readonly to: number },
): readonly Change[] {
  const [base, end] = [order[from], order[to]]
  if (base === undefined || end === undefined) return []
  const missing = beside(pipeline, order, base.sha)
  if (missing.size === 0) return order.slice(from + 1, to + 1)
  const others = beside(pipeline, order, end.sha)
  return order
    .slice(0, to + 1)
    .filter(({ sha }, at) => at > from || (missing.has(sha) && !others.has(sha)))
}
