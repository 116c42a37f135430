import { expect, test } from 'vitest'
import { ridesAlone } from '../../src/config/solo.ts'

const plain = { labels: [], paths: null, lines: null }
const alone = ridesAlone({ labels: ['solo'], paths: ['migrations/**'], overLines: 1_000 })

test.each([
  ['with the label', { ...plain, labels: ['ui', 'solo'] }, true],
  ['with a path below the glob', { ...plain, paths: ['a.ts', 'migrations/1.sql'] }, true],
  ['with more lines', { ...plain, lines: 1_001 }, true],
  ['with just as many lines', { ...plain, lines: 1_000 }, false],
  ['of which nothing is known', plain, false],
  ['with other labels and paths', { labels: ['ui'], paths: ['a.ts'], lines: 3 }, false],
])('a change %s rides alone: %#', (_, change, expected) => {
  expect(alone(change)).toBe(expected)
})

test('without `solo` nothing rides alone', () => {
  expect(ridesAlone(null)({ labels: ['solo'], paths: ['x'], lines: 9_999 })).toBe(false)
})
