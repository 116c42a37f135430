/**
 * The Mann–Whitney U test against examples that others have published.
 */
import { describe, expect, it } from 'vitest'
import { largerByChance } from '../../src/verify/mann-whitney.ts'

describe('The Mann–Whitney U test', () => {
  it('agrees with the example of SciPy: 0.11134688653314041 on two sides', () => {
    // https://docs.scipy.org/doc/scipy/reference/generated/scipy.stats.mannwhitneyu.html
    const [males, females] = [
      [19, 22, 16, 29, 24],
      [20, 11, 17, 12],
    ]
    expect(largerByChance(males ?? [], females ?? [])).toBeCloseTo(0.11134688653314041 / 2, 6)
  })

  it('agrees with R where numbers are tied: ozone in May and August, 0.0001208 on two sides', () => {
    // https://stat.ethz.ch/R-manual/R-devel/library/stats/html/wilcox.test.html
    const may = [
      41, 36, 12, 18, 28, 23, 19, 8, 7, 16, 11, 14, 18, 14, 34, 6, 30, 11, 1, 11, 4, 32, 23, 45,
      115, 37,
    ]
    const august = [
      39, 9, 16, 78, 35, 66, 122, 89, 110, 44, 28, 65, 22, 59, 23, 31, 44, 21, 9, 45, 168, 73, 76,
      118, 84, 85,
    ]
    expect(largerByChance(august, may)).toBeCloseTo(0.0001208 / 2, 7)
    expect(largerByChance(may, august)).toBeGreaterThan(0.99)
  })

  it('sees nothing where all numbers are the same', () => {
    expect(largerByChance([0, 0, 0, 0], [0, 0, 0, 0])).toBe(1)
  })
})
