/**
 * When the core asks to be looked at again, because time alone changes something then.
 */
import { describe, expect, test } from 'vitest'
import type { EnvironmentPolicy, Policy } from '../../src/core/policy.ts'
import { wakeAt } from '../../src/core/wake.ts'
import {
  askAuthors,
  change,
  doors,
  environment,
  policy,
  readWindows,
  sha,
} from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const HOUR = 3_600_000
const START = 1_000_000

const alone = (over: Partial<EnvironmentPolicy> = {}, its: Partial<Policy> = {}) =>
  new LineStory(
    policy({
      environments: [environment('production', over)],
      doors: doors({ departAfterMs: null }),
      ...its,
    }),
  )

const wake = (story: LineStory): number | null => wakeAt(story.pipeline, story.now)

test('nothing is waited for where nothing is', () => {
  expect(wake(alone())).toBeNull()
})

test('the end of a lock on everything is waited for, which nothing here changes', () => {
  const story = alone()
  const its = { id: 'all', environment: null, by: 'bob', reason: 'x', since: 0 }
  story.pipeline = { ...story.pipeline, lockAll: { ...its, expires: START + 5 } }
  expect(wake(story)).toBe(START + 5)
  story.pipeline = { ...story.pipeline, lockAll: { ...its, expires: null } }
  expect(wake(story)).toBeNull()
})

describe('while a train boards', () => {
  test('the doors are', () => {
    const story = alone({}, { doors: doors({ departAfterMs: HOUR }) })
    story.merge(change('a'))
    expect(wake(story)).toBe(START + HOUR)
  })

  test('a check that would be red by then is, and none that has ended', () => {
    const checks = { require: ['test'], timeoutMs: HOUR, settleMs: 0 }
    const story = alone({}, { checks })
    story.merge(change('a'))
    expect(wake(story)).toBe(START + HOUR)
    story.check('a', 'failure')
    expect(wake(story)).toBeNull()
  })
})

describe('once it has departed', () => {
  test('the moment from which on somebody may vouch is, where authors are asked', () => {
    const asking = (authors: 'all' | 'none') => {
      const story = alone({ approvals: { ...askAuthors, authors, others: 1 } })
      story.merge(change('a'))
      expect(wake(story)).toBeNull()
      story.depart()
      return wake(story)
    }
    expect(asking('all')).toBe(START + 4 * HOUR)
    expect(asking('none')).toBeNull()
  })

  test('the end of an approval is, by the environment it was given for', () => {
    const approving = (expireMs: number | null) => {
      const approvals = { ...askAuthors, authors: 'none' as const, others: 2, expireMs }
      const story = new LineStory(
        policy({
          environments: [
            environment('staging', { approvals: { ...approvals, expireMs: null } }),
            environment('production', { approvals }),
          ],
        }),
      )
      story.merge(change('a'))
      story.depart()
      const where = { plan: null, train: 1 }
      story.act('bob', { type: 'approve', ...where, environment: 'staging' })
      expect(wake(story)).toBeNull()
      story.pass(1_000)
      story.act('bob', { type: 'approve', ...where, environment: 'production' })
      return wake(story)
    }
    expect(approving(HOUR)).toBe(START + 1_000 + HOUR)
    expect(approving(null)).toBeNull()
  })

  test('the end of its soak is, and nothing after that', () => {
    const story = alone({ soakMs: HOUR })
    story.merge(change('a'))
    story.depart()
    story.run('production', 'succeeded')
    expect(wake(story)).toBe(START + HOUR)
    story.pass(HOUR)
    expect(wake(story)).toBeNull()
  })
})

test('a window that closes is waited for while a train is on the line, for people read of it', () => {
  const story = alone({ windows: readWindows({ allow: ['00:10-00:20'] }) })
  expect(wake(story)).toBeNull()
  story.merge(change('a'))
  expect(wake(story)).toBe(20 * 60_000)
  story.depart()
  story.run('production', 'succeeded')
  expect(wake(story)).toBeNull()
  expect(story.live('production')).toBe(sha('a'))
})
