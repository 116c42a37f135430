/**
 * A rollback on its way: what it settles, what it is named after, and to whom its changes fall.
 */
import { describe, expect, test } from 'vitest'
import { change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'
import { ride } from './release-story.ts'

const line = (names: readonly string[]): LineStory => {
  const its = policy({ environments: names.map((name) => environment(name)) })
  const permissions = { ...its.permissions, special: ['ana'], break_glass: ['dee'] }
  return new LineStory({ ...its, permissions })
}

const back = {
  type: 'roll_back',
  environment: null,
  to: null,
  reason: 'slow',
  takeOver: false,
  settle: false,
  abort: false,
} as const

const found = () =>
  ({
    type: 'depart_ref',
    train: null,
    environment: null,
    found: {
      ref: 'hotfix/x',
      sha: sha('x'),
      isOnBranch: false,
      fork: sha('a'),
      changes: [change('x', { parent: sha('a'), author: 'cem' })],
      contains: [sha('a')],
      lacks: [],
      within: [],
    },
  }) as const

describe('a rollback that lands', () => {
  test('opens a train for what falls back first, where nobody waits', () => {
    const story = line(['production'])
    ride(story, 'a')
    ride(story, 'b', 'a')
    story.act('bob', back)
    expect(story.run('production', 'succeeded')).toEqual([
      'deployment_ended',
      'train_opened',
      'rolled_back',
      'deployment_verified',
    ])
    expect(story.log.find(({ type }) => type === 'rolled_back')).toMatchObject({
      trains: [2],
      changes: [sha('b')],
      receiver: 3,
    })
  })

  test('of a special train leaves nothing to anybody', () => {
    const story = line(['production'])
    ride(story, 'a')
    story.act('ana', found())
    story.act('bob', { type: 'approve', train: 2, environment: null, plan: null })
    story.run('production', 'succeeded')
    story.act('bob', back)
    expect(story.run('production', 'succeeded')).not.toContain('train_opened')
    expect(story.log.find(({ type }) => type === 'rolled_back')).toMatchObject({
      trains: [2],
      changes: [sha('x')],
      receiver: null,
    })
  })

  test('settles what had failed there before it starts, and is numbered by what was live', () => {
    const story = line(['production'])
    ride(story, 'a')
    ride(story, 'b', 'a')
    story.merge(change('c', { parent: sha('b') }))
    story.depart()
    story.run('production', 'failed')
    expect(story.act('bob', back)).toEqual([
      'rollback_ordered',
      'locked',
      'deployment_settled',
      'deployment_requested',
    ])
    expect(story.log.find(({ type }) => type === 'deployment_settled')).toMatchObject({
      why: 'rollback',
    })
    expect(story.underWay('production').key).toBe('api/2:production:rollback:1')
    story.run('production', 'succeeded')
    story.act('bob', back)
    expect(story.underWay('production').key).toBe('api/2:production:rollback:2')
  })

  test('is numbered by the environment it is in, and by the record where one was made by hand', () => {
    const story = line(['staging', 'production'])
    ride(story, 'a')
    ride(story, 'b', 'a')
    story.act('bob', { ...back, environment: 'staging' })
    expect(story.underWay('staging').key).toBe('api/2:staging:rollback:1')
    story.act('bob', back)
    expect(story.underWay('production').key).toBe('api/2:production:rollback:1')
    const hand = line(['production'])
    ride(hand, 'a')
    const release = { environment: 'production', sha: sha('x'), reason: 'x' }
    hand.act('bob', { type: 'record_release', ...release })
    hand.act('bob', back)
    expect(hand.underWay('production')).toMatchObject({
      key: 'api/hand-2:production:rollback:1',
      train: null,
      baseSha: sha('x'),
    })
  })

  test('once more after the same was put there again has to run first', () => {
    const story = line(['production'])
    ride(story, 'a')
    ride(story, 'b', 'a')
    story.act('bob', back)
    story.run('production', 'succeeded')
    story.act('bob', { type: 'unlock', environment: 'production', id: null })
    story.depart()
    story.act('bob', { type: 'release_veto', train: 3, reason: 'again' })
    story.run('production', 'succeeded')
    story.act('bob', back)
    expect(story.live('production')).toBe(sha('b'))
    expect(story.underWay('production')).toMatchObject({ kind: 'rollback', sha: sha('a') })
    expect(story.pipeline.environments[0]?.rollback).not.toBeNull()
  })
})
