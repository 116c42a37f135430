import { describe, expect, test } from 'vitest'
import { wakeAt } from '../../src/core/wake.ts'
import { askAuthors, change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const asking = (over = {}) =>
  new LineStory(
    policy({
      environments: [environment('production', { approvals: { ...askAuthors, ...over } })],
      permissions: { ...policy().permissions, break_glass: ['sre'] },
    }),
  )

const vouch = (changeName: string) =>
  ({ type: 'vouch', train: 1, change: changeName, reason: 'she is on a plane' }) as const

const HOUR = 3_600_000

describe('vouching for an author who does not answer', () => {
  test('lets the train go, in the voucher’s name, once the author had time to answer', () => {
    const story = asking()
    story.merge(change('a', { number: 12 }))
    story.depart()
    expect(story.refused('bob', vouch('#12'))).toBe('too_early')
    story.pass(4 * HOUR)
    story.act('bob', vouch('#12'))
    expect(story.underWay('production').sha).toBe(sha('a'))
    expect(story.pipeline.consents).toMatchObject([{ by: 'ana', vouchedBy: 'bob' }])
  })

  test('is looked at again when it becomes possible, and when an approval expires', () => {
    const story = asking({ others: 1, expireMs: HOUR })
    story.merge(change('a'))
    story.depart()
    const departed = story.now
    expect(wakeAt(story.pipeline, story.now)).toBe(departed + 4 * HOUR)
    story.act('dee', { type: 'approve', train: 1, environment: null, plan: null })
    expect(wakeAt(story.pipeline, story.now)).toBe(departed + HOUR)
  })

  test('is for those who may stand in, by default those who approve', () => {
    const story = asking({ from: ['sre'] })
    story.merge(change('a'))
    story.depart()
    story.pass(4 * HOUR)
    expect(story.refused('bob', vouch(sha('a')))).toBe('not_stand_in')
    story.act('dee', vouch(sha('a')))
  })

  test('is not for one’s own change, nor for one that is not aboard', () => {
    const story = asking()
    story.merge(change('a'))
    story.depart()
    story.pass(4 * HOUR)
    expect(story.refused('ana', vouch(sha('a')))).toBe('own_word')
    expect(story.refused('bob', vouch(sha('b')))).toBe('no_such_change')
  })

  test('makes the voucher’s approval of the same plan not count, before and after', () => {
    const story = asking({ others: 1 })
    story.merge(change('a'))
    story.depart()
    story.act('bob', { type: 'approve', train: 1, environment: null, plan: null })
    story.pass(4 * HOUR)
    story.act('bob', vouch(sha('a')))
    expect(story.gates()).toEqual(['approvals'])
    expect(story.refused('bob', { type: 'approve', train: 1, environment: null, plan: null })).toBe(
      'vouched',
    )
    story.act('dee', { type: 'approve', train: 1, environment: null, plan: null })
    expect(story.underWay('production').sha).toBe(sha('a'))
  })

  test('is taken back by the author', () => {
    const story = asking({ others: 1 })
    story.merge(change('a'))
    story.depart()
    story.pass(4 * HOUR)
    story.act('bob', vouch(sha('a')))
    story.act('ana', { type: 'withdraw', train: 1, what: 'consent', of: null, reason: null })
    expect(story.gates()).toEqual(['consent', 'approvals'])
  })
})

describe('broken glass', () => {
  const smash = (gates: readonly string[] = []) =>
    ({
      type: 'break_glass',
      train: null,
      environment: null,
      gates,
      reason: 'site is down',
    }) as const

  test('passes what words would open, closes the doors, and is used up by the start', () => {
    const story = asking({ others: 1 })
    story.merge(change('a'))
    expect(story.refused('ana', smash())).toBe('not_allowed')
    story.act('dee', smash())
    expect(story.underWay('production').sha).toBe(sha('a'))
    story.run('production', 'failed')
    story.act('ana', { type: 'retry', train: null, reason: null })
    expect(story.gates()).toEqual(['consent', 'approvals'])
  })

  test('passes a hold, a stopped line or a lock only when they are named', () => {
    const story = asking()
    story.merge(change('a'))
    story.act('bob', { type: 'hold', train: 1, reason: 'wait' })
    story.act('bob', { type: 'stop', reason: 'wait' })
    story.act('dee', smash())
    expect(story.gates()).toEqual(['stopped', 'hold'])
    story.act('dee', smash(['consent', 'hold', 'stopped']))
    expect(story.underWay('production').sha).toBe(sha('a'))
  })

  test('never passes what is occupied, unknown, failed or diverged', () => {
    const story = asking()
    story.merge(change('a'))
    for (const gate of ['occupied', 'unknown', 'failed', 'diverged', 'nonsense']) {
      expect(story.refused('dee', smash([gate]))).toBe('not_breakable')
    }
  })

  test('with order passes the environments before, never a train ahead', () => {
    const story = new LineStory(
      policy({ permissions: { ...policy().permissions, break_glass: ['sre'] } }),
    )
    story.merge(change('a'))
    story.depart()
    story.merge(change('b', { parent: sha('a') }))
    story.depart()
    const direct = { ...smash(['order', 'consent']), environment: 'production' } as const
    story.act('dee', { ...direct, train: 2 })
    expect(story.blockersAt(2, 'production').map(({ gate }) => gate)).toEqual(['order'])
    story.act('dee', { ...direct, train: 1 })
    expect(story.underWay('production').sha).toBe(sha('a'))
  })

  test('is bound to the plan it was broken for', () => {
    const story = asking()
    story.act('bob', {
      type: 'lock',
      id: 'L',
      environment: null,
      reason: 'x',
      forMs: null,
      takeOver: false,
    })
    story.merge(change('a'))
    story.depart()
    story.act('dee', smash(['consent']))
    expect(story.gates()).toEqual(['lock'])
    story.act('bob', {
      type: 'record_release',
      environment: 'production',
      sha: sha('elsewhere'),
      reason: 'x',
    })
    expect(story.gates()).toContain('consent')
  })
})

describe('a change told twice', () => {
  const push = change('a', { title: 'push', author: 'bob', parent: sha('0'), lines: 3 })
  const pull = change('a', { title: 'Cache prices', number: 12, mergedBy: 'cem' })
  const told = (...changes: readonly ReturnType<typeof change>[]) => {
    const story = new LineStory()
    for (const one of changes) story.merge(one)
    return story.pipeline.changes
  }

  test('is one change that knows what both knew, whichever came first', () => {
    const both = { title: 'Cache prices', author: 'ana', number: 12, parent: sha('0'), lines: 3 }
    expect(told(push, pull)).toMatchObject([{ ...both, mergedBy: 'cem' }])
    expect(told(pull, push)).toEqual(told(push, pull))
    expect(told(pull, push, pull, push)).toEqual(told(push, pull))
  })

  test('is no news when it says nothing more', () => {
    const story = new LineStory()
    story.merge(pull)
    expect(story.merge(pull)).toEqual([])
  })
})
