import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { merged, type Stretch, without } from '../../src/core/stretches.ts'

const some = fc
  .array(fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 9 })), { maxLength: 12 })
  .map((all) => merged(all.map(([from, length]): Stretch => ({ from, to: from + length }))))

const isIn = (all: readonly Stretch[], time: number): boolean =>
  all.some(({ from, to }) => from <= time && time < to)

describe('What is left of stretches without others', () => {
  it('is each moment of the ones that is in none of the others, in order', () => {
    fc.assert(
      fc.property(some, some, (all, gone) => {
        const left = without(all, gone)
        for (let time = -1; time < 60; time += 1) {
          expect(isIn(left, time)).toBe(isIn(all, time) && !isIn(gone, time))
        }
        expect(left).toEqual(merged(left))
      }),
      { numRuns: 500 },
    )
  })

  it('is found by looking at each a few times, however many there are', () => {
    let looks = 0
    const looked = (from: number, to: number): Stretch => ({
      get from() {
        looks += 1
        return from
      },
      get to() {
        looks += 1
        return to
      },
    })
    const days = Array.from({ length: 2_000 }, (_, day) => day * 24)
    const open = days.map((day) => looked(day + 9, day + 16))
    const shut = days.map((day) => looked(day + 8, day + 17))
    expect(without(open, shut)).toEqual([])
    expect(looks).toBeGreaterThan(0)
    expect(looks).toBeLessThanOrEqual(10 * (open.length + shut.length))
  })
})
