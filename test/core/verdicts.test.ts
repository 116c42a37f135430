/**
 * Whether a sha is green: which checks are expected, and how long one is waited for.
 */
import { describe, expect, test } from 'vitest'
import { supersedes, unreported, verdictOn } from '../../src/core/checks.ts'
import type { Check, CheckStatus } from '../../src/core/model.ts'
import type { ChecksPolicy } from '../../src/core/policy.ts'
import { change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const MERGED = 1_000_000
const HOUR = 3_600_000

const check = (name: string, status: CheckStatus, at = MERGED, of = 'a'): Check => ({
  sha: sha(of),
  name,
  status,
  at,
})

function known(checks: readonly Check[], over: Partial<ChecksPolicy> = {}) {
  const its = { require: null, timeoutMs: HOUR, settleMs: 10_000, ...over }
  const story = new LineStory(policy({ environments: [environment('production')], checks: its }))
  story.merge(change('z', { mergedAt: 0 }))
  story.act('bob', {
    type: 'record_release',
    environment: 'production',
    sha: sha('z'),
    reason: 'installed',
  })
  return { ...story.pipeline, checks }
}

const verdict = (checks: readonly Check[], now = MERGED, over: Partial<ChecksPolicy> = {}) =>
  verdictOn(known(checks, over), change('a', { mergedAt: MERGED }), now)

describe('where checks are named', () => {
  const require = ['lint', 'test']

  test('all of them must be green, and no other', () => {
    const green = [check('lint', 'success'), check('test', 'success')]
    expect(verdict([...green, check('docs', 'failure')], MERGED, { require })).toEqual({
      color: 'green',
    })
    expect(verdict(green.slice(0, 1), MERGED, { require })).toEqual({
      color: 'pending',
      names: ['test'],
      until: MERGED + HOUR,
    })
  })

  test('a red one counts before what is pending', () => {
    expect(verdict([check('lint', 'failure')], MERGED, { require })).toEqual({
      color: 'red',
      names: ['lint'],
    })
  })

  test('one is red once it is pending for too long, from its own report on', () => {
    const pending = [check('lint', 'success'), check('test', 'pending', MERGED + 5_000)]
    expect(verdict(pending, MERGED + 5_000 + HOUR - 1, { require })).toEqual({
      color: 'pending',
      names: ['test'],
      until: MERGED + 5_000 + HOUR,
    })
    expect(verdict(pending, MERGED + 5_000 + HOUR, { require })).toEqual({
      color: 'red',
      names: ['test'],
    })
  })

  test('looks again when the first of them would be red', () => {
    const both = [
      check('lint', 'pending', MERGED + 7_000),
      check('test', 'pending', MERGED + 3_000),
    ]
    expect(verdict(both, MERGED + 8_000, { require })).toMatchObject({
      names: ['lint', 'test'],
      until: MERGED + 3_000 + HOUR,
    })
  })

  test('where none is, it is green at once', () => {
    expect(verdict([], MERGED, { require: [] })).toEqual({ color: 'green' })
  })
})

describe('where none is named', () => {
  test('those reported for the sha and for the live one are expected, by name', () => {
    const checks = [
      check('test', 'success'),
      check('lint', 'success', MERGED, 'z'),
      check('docs', 'failure', MERGED, 'elsewhere'),
    ]
    expect(verdict(checks)).toMatchObject({ color: 'pending', names: ['lint'] })
    expect(verdict([...checks, check('lint', 'success')])).toEqual({ color: 'green' })
  })

  test('and none is reported, it is green a little after the merge', () => {
    expect(verdict([], MERGED + 9_999)).toEqual({
      color: 'pending',
      names: [],
      until: MERGED + 10_000,
    })
    expect(verdict([], MERGED + 10_000)).toEqual({ color: 'green' })
  })
})

test('what has not ended is named since it is pending, or since the merge', () => {
  const pipeline = known([check('test', 'pending', MERGED + 5_000), check('lint', 'success')], {
    require: ['test', 'lint', 'docs'],
  })
  expect(unreported(pipeline, change('a', { mergedAt: MERGED }))).toEqual([
    { name: 'test', since: MERGED + 5_000 },
    { name: 'docs', since: MERGED },
  ])
})

test('a report replaces an earlier one; of one moment an end wins, and a failure over a success', () => {
  const at = (status: CheckStatus, when: number): Check => check('test', status, when)
  expect(supersedes(at('pending', 1), undefined)).toBe(true)
  expect(supersedes(at('pending', 2), at('failure', 1))).toBe(true)
  expect(supersedes(at('failure', 1), at('pending', 2))).toBe(false)
  expect(supersedes(at('success', 1), at('pending', 1))).toBe(true)
  expect(supersedes(at('failure', 1), at('success', 1))).toBe(true)
  expect(supersedes(at('success', 1), at('failure', 1))).toBe(false)
  expect(supersedes(at('success', 1), at('success', 1))).toBe(false)
})
