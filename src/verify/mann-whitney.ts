/**
 * The Mann–Whitney U test, one-sided.
 *
 * Invariant: the normal approximation with the corrections for ties and for continuity, as R's
 * `wilcox.test(exact = FALSE)` computes it; it knows nothing of what the numbers mean.
 */
import { errorFunction, wilcoxonRankSum } from 'simple-statistics'

/**
 * How probable it is, if both were alike, that numbers of `a` are so much larger than those of `b`.
 * Both need at least one number, all of them finite.
 * https://stat.ethz.ch/R-manual/R-devel/library/stats/html/wilcox.test.html
 */
export function largerByChance(a: readonly number[], b: readonly number[]): number {
  const [n, m] = [a.length, b.length]
  const all = n + m
  const u = wilcoxonRankSum([...a], [...b]) - (n * (n + 1)) / 2
  const variance = ((n * m) / 12) * (all + 1 - tiesIn([...a, ...b]) / (all * (all - 1)))
  // All the same: nothing speaks for a difference.
  if (variance <= 0) return 1
  const z = (u - (n * m) / 2 - 0.5) / Math.sqrt(variance)
  return Math.min(1, Math.max(0, (1 - errorFunction(z / Math.SQRT2)) / 2))
}

function tiesIn(values: readonly number[]): number {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts.values()].reduce((sum, count) => sum + (count ** 3 - count), 0)
}
