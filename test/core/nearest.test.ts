/**
 * Suggestions for mistyped words.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { distance, nearest } from '../../src/core/nearest.ts'

describe('the distance of two words', () => {
  it.each([
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['same', 'same', 0],
  ])('%j to %j is %d', (one, other, away) => {
    expect(distance(one, other)).toBe(away)
  })

  it('is the same both ways and nothing only for the same word', () => {
    const word = fc.string({ unit: 'grapheme-ascii', maxLength: 8 })
    fc.assert(
      fc.property(word, word, (one, other) => {
        expect(distance(one, other)).toBe(distance(other, one))
        expect(distance(one, other) === 0).toBe(one === other)
      }),
    )
  })
})

describe('a mistyped word', () => {
  it.each([
    ['brnch', 'branch'],
    ['Branch', 'branch'],
    ['pths', 'paths'],
    ['banana', undefined],
    ['x', undefined],
  ])('%j is taken for %j', (word, known) => {
    expect(nearest(word, ['paths', 'branch', 'train'])).toBe(known)
  })
})
