/**
 * Doors that close by themselves: exactly when, on what, and when not.
 */
import { describe, expect, test } from 'vitest'
import type { DoorsPolicy } from '../../src/core/policy.ts'
import { change, doors, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'
import { ride } from './release-story.ts'

const back = {
  type: 'roll_back',
  environment: null,
  to: null,
  reason: 'slow',
  takeOver: false,
  settle: false,
  abort: false,
} as const

describe('doors close by themselves', () => {
  const closing = (over: Partial<DoorsPolicy>): LineStory =>
    new LineStory(
      policy({
        environments: [environment('staging'), environment('production')],
        doors: doors({ departAfterMs: null, ...over }),
      }),
    )

  test('with as many changes as the policy says, and with all of them', () => {
    const story = closing({ departAtChanges: 2 })
    story.merge(change('a'))
    expect(story.status(1)).toBe('boarding')
    story.merge(change('b', { parent: sha('a') }))
    expect(story.log.find(({ type }) => type === 'train_departed')).toMatchObject({
      why: 'changes',
      sha: sha('b'),
      changes: [sha('a'), sha('b')],
    })
  })

  test('with as many lines as the policy says', () => {
    const story = closing({ departAtLines: 100 })
    story.merge(change('a', { lines: 99 }))
    expect(story.status(1)).toBe('boarding')
    story.merge(change('b', { parent: sha('a'), lines: 1 }))
    expect(story.log.find(({ type }) => type === 'train_departed')).toMatchObject({ why: 'lines' })
  })

  test('counted from when the first came aboard, not the last', () => {
    const story = closing({ departAfterMs: 60_000 })
    story.merge(change('a'))
    story.pass(50_000)
    story.merge(change('b', { parent: sha('a') }))
    story.pass(9_999)
    expect(story.status(1)).toBe('boarding')
    story.pass(1)
    expect(story.status(1)).toBe('departed')
  })

  test('never while the place of something aboard is not known', () => {
    const story = closing({ departAfterMs: 60_000 })
    ride(story, 'a')
    story.merge(change('b', { parent: sha('a') }))
    story.pass(1_000)
    story.merge(change('d', { parent: sha('c') }))
    story.pass(120_000)
    expect(story.status(2)).toBe('boarding')
    story.merge(change('c', { parent: sha('b') }))
    story.pass(60_000)
    expect(story.status(2)).toBe('departed')
  })

  test('never on what was taken back in any one environment', () => {
    const story = closing({ departAfterMs: 60_000 })
    ride(story, 'a')
    ride(story, 'b', 'a')
    story.act('bob', back)
    story.run('production', 'succeeded')
    story.act('bob', { type: 'unlock', environment: 'production', id: null })
    story.pass(120_000)
    expect(story.status(3)).toBe('boarding')
  })
})
