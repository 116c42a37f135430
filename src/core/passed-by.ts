/**
 * What was told without its parent, and whether the branch went past it.
 *
 * Invariant: pure. By the times of merging and by parents alone, so it holds in whatever order it
 * was heard; told with its parent, or as lost to a force-push, a change is passed by no longer.
 */
import type { Change } from './model.ts'

/** Merged between a change and the one right below that, where the branch has no room for it. */
export const isPassedBy = (
  changes: readonly Change[],
  order: readonly Change[],
  { mergedAt: at }: Change,
): boolean =>
  order.some(
    ({ parent, mergedAt }) =>
      mergedAt > at && changes.some((one) => one.sha === parent && one.mergedAt < at),
  )

/** The one above it: what lies between it and its parent is not told. */
export const isPassing = (
  changes: readonly Change[],
  order: readonly Change[],
  child: Change,
): boolean => {
  const below = changes.find(({ sha }) => sha === child.parent)
  return (
    below !== undefined &&
    order.some(
      ({ parent, mergedAt }) =>
        parent === null && below.mergedAt < mergedAt && mergedAt < child.mergedAt,
    )
  )
}
