/**
 * Whether a change rides alone, by its labels, its paths or its size.
 *
 * Invariant: only what is known counts. A change whose paths or lines nobody told rides with others.
 */
import type { Change } from '../core/model.ts'
import type { SoloPolicy } from '../core/policy.ts'
import { carriesPaths } from './paths.ts'

/** Makes the test for a pipeline's `train.solo`; null: nothing rides alone. */
export function ridesAlone(
  solo: SoloPolicy | null,
): (change: Pick<Change, 'labels' | 'paths' | 'lines'>) => boolean {
  if (solo === null) return () => false
  const { labels: names, overLines } = solo
  const matches = solo.paths === null ? () => false : carriesPaths(solo.paths)
  return ({ labels, paths, lines }) =>
    labels.some((label) => names.includes(label)) ||
    (paths !== null && matches(paths)) ||
    (overLines !== null && lines !== null && lines > overLines)
}
