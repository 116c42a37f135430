/**
 * Locks and stops: what each refusal names, what is kept of a word, and until when it counts.
 */
import { describe, expect, test } from 'vitest'
import { wakeAt } from '../../src/core/wake.ts'
import { change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const allowing = (over = {}) =>
  new LineStory(
    policy({
      environments: [environment('production')],
      permissions: { ...policy().permissions, ...over },
    }),
  )

const lock = {
  type: 'lock',
  id: 'L1',
  environment: 'production',
  reason: 'migration',
  forMs: null,
  takeOver: false,
} as const
const unlock = { type: 'unlock', environment: 'production', id: null } as const
const stop = { type: 'stop', reason: 'look first' } as const
const claim = { type: 'claim' } as const
const resume = { type: 'resume', reason: 'it was the network' } as const

describe('a lock', () => {
  test('is kept with whose it is, why, since when and until when', () => {
    const story = allowing()
    story.pass(1_000)
    story.act('bob', { ...lock, forMs: 60_000 })
    expect(story.pipeline.environments[0]?.lock).toEqual({
      id: 'L1',
      environment: 'production',
      by: 'bob',
      reason: 'migration',
      since: 1_001_000,
      expires: 1_061_000,
    })
    expect(story.log.at(-1)).toMatchObject({ takenFrom: null })
    expect(wakeAt(story.pipeline, story.now)).toBe(1_061_000)
    story.pass(59_999)
    expect(story.pipeline.environments[0]?.lock).not.toBeNull()
    story.pass(1)
    expect(story.pipeline.environments[0]?.lock).toBeNull()
    expect(story.log.at(-1)).toMatchObject({ type: 'lock_expired', lock: { id: 'L1' } })
  })

  test('of the pipeline and one of an environment stand side by side, and expire each by itself', () => {
    const story = allowing()
    story.act('bob', { ...lock, environment: null, id: 'whole', forMs: 30_000 })
    story.act('cem', lock)
    expect(story.pipeline.lock).toMatchObject({ id: 'whole', by: 'bob' })
    story.pass(30_000)
    expect([story.pipeline.lock, story.pipeline.environments[0]?.lock?.id]).toEqual([null, 'L1'])
  })

  test('may be given anew by its holder, without taking over', () => {
    const story = allowing()
    story.act('bob', lock)
    story.act('bob', { ...lock, id: 'L2', reason: 'still at it' })
    expect(story.log.at(-1)).toMatchObject({ lock: { id: 'L2' }, takenFrom: null })
  })

  test('is refused by permission, by another’s lock, and where there is no such place', () => {
    const story = allowing({ lock: ['bob', 'cem'] })
    expect(story.refusal('ana', lock)).toEqual({ code: 'not_allowed', permission: 'lock' })
    expect(story.refusal('bob', { ...lock, environment: 'moon' })).toEqual({
      code: 'no_such_environment',
      environment: 'moon',
      known: ['production'],
    })
    story.act('bob', lock)
    expect(story.refusal('cem', lock)).toEqual({
      code: 'locked',
      by: 'bob',
      reason: 'migration',
      where: 'production',
    })
    story.act('bob', { ...lock, environment: null })
    expect(story.refusal('cem', { ...lock, environment: null })).toMatchObject({ where: 'api' })
  })
})

describe('an unlock', () => {
  test('ends the very lock that was shown', () => {
    const story = allowing()
    story.act('bob', lock)
    expect(story.refusal('bob', { ...unlock, id: 'L0' })).toEqual({
      code: 'stale_lock',
      where: 'production',
    })
    story.act('ana', { ...unlock, id: 'L1' })
    expect(story.log.at(-1)).toMatchObject({ type: 'unlocked', lock: { id: 'L1' } })
    expect(story.pipeline.environments[0]?.lock).toBeNull()
  })

  test('of the pipeline leaves its environments locked', () => {
    const story = allowing()
    story.act('bob', lock)
    story.act('bob', { ...lock, id: 'whole', environment: null })
    story.act('bob', { ...unlock, environment: null })
    expect([story.pipeline.lock, story.pipeline.environments[0]?.lock?.id]).toEqual([null, 'L1'])
  })

  test('is refused by permission, and where nothing is locked', () => {
    const story = allowing({ lock: ['bob'] })
    expect(story.refusal('ana', unlock)).toEqual({ code: 'not_allowed', permission: 'lock' })
    expect(story.refusal('bob', unlock)).toEqual({ code: 'not_locked', where: 'production' })
    expect(story.refusal('bob', { ...unlock, environment: null })).toMatchObject({ where: 'api' })
    expect(story.refused('bob', { ...unlock, environment: 'moon' })).toBe('no_such_environment')
  })
})

describe('a stop', () => {
  test('is owned by the person who made it, and by nobody where a machine did', () => {
    const story = allowing({ hold: ['bob', 'ci'] })
    story.act('bob', stop)
    expect(story.pipeline.stopped).toEqual({
      by: 'bob',
      reason: 'look first',
      since: 1_000_000,
      owner: 'bob',
    })
    const machine = allowing({ hold: ['ci'] })
    machine.act('ci', stop)
    expect(machine.pipeline.stopped).toMatchObject({ by: 'ci', owner: null })
  })

  test('is refused by permission, and while the line stands', () => {
    const story = allowing({ hold: ['bob'] })
    expect(story.refusal('ana', stop)).toEqual({ code: 'not_allowed', permission: 'hold' })
    story.act('bob', stop)
    expect(story.refusal('bob', stop)).toEqual({
      code: 'already_done',
      what: 'the line was stopped by bob: look first',
    })
  })

  test('is taken on by one person at a time', () => {
    const story = allowing()
    expect(story.refusal('ana', claim)).toEqual({ code: 'already_done', what: 'the line runs' })
    story.act('bob', stop)
    expect(story.refusal('bob', claim)).toEqual({ code: 'already_done', what: 'the stop is yours' })
    story.act('ana', claim)
    expect(story.log.at(-1)).toMatchObject({ type: 'stop_claimed', by: 'ana', from: 'bob' })
    expect(story.pipeline.stopped).toMatchObject({ by: 'bob', owner: 'ana' })
  })

  test('is taken on by nobody without the permission, and by no machine', () => {
    const story = allowing({ hold: ['bob', 'ci'] })
    story.act('bob', stop)
    expect(story.refusal('ana', claim)).toEqual({ code: 'not_allowed', permission: 'hold' })
    expect(story.refusal('ci', claim)).toEqual({ code: 'people_only', act: 'own a stop' })
  })

  test('ends with a written cause, by who may depart', () => {
    const story = allowing({ depart: ['bob'] })
    expect(story.refusal('bob', resume)).toEqual({ code: 'already_done', what: 'the line runs' })
    story.act('ana', stop)
    expect(story.refusal('ana', resume)).toEqual({ code: 'not_allowed', permission: 'depart' })
    story.act('bob', resume)
    expect(story.log.at(-1)).toMatchObject({
      type: 'line_resumed',
      reason: 'it was the network',
      stopped: { by: 'ana' },
    })
    expect(story.pipeline.stopped).toBeNull()
  })
})

test('a train starts under the lock of its holder by that word alone, and not under another’s', () => {
  const story = allowing()
  story.act('bob', lock)
  story.merge(change('a'))
  story.depart()
  const go = { type: 'depart', train: null, ref: null, environment: 'production', plan: null }
  expect(story.refusal('ana', { ...go, type: 'depart' })).toEqual({
    code: 'locked',
    by: 'bob',
    reason: 'migration',
    where: 'production',
  })
  expect(story.act('bob', { ...go, type: 'depart' })).toContain('deployment_requested')
  expect(story.underWay('production').sha).toBe(sha('a'))
})
