import { expect, test } from 'vitest'
import { supersedes } from '../../src/core/checks.ts'
import type { Check } from '../../src/core/model.ts'
import { sha } from '../world/policy.ts'

const check = (status: Check['status'], at = 5): Check => ({
  sha: sha('a'),
  name: 'test',
  status,
  at,
})

test('of two reports the later counts; of one moment the worse, whichever was heard first', () => {
  expect(supersedes(check('success', 6), check('failure', 5))).toBe(true)
  expect(supersedes(check('failure', 4), check('success', 5))).toBe(false)
  for (const [better, worse] of [
    ['pending', 'success'],
    ['pending', 'failure'],
    ['success', 'failure'],
  ] as const) {
    expect(supersedes(check(worse), check(better))).toBe(true)
    expect(supersedes(check(better), check(worse))).toBe(false)
  }
})
