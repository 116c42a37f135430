/**
 * Releases by hand and the release of a veto: what is refused, and what is kept of each word.
 */
import { describe, expect, test } from 'vitest'
import { change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'
import { alone, back, ended, ride, thirdUnderWay, twoReleases } from './release-story.ts'

const record = {
  type: 'record_release',
  environment: 'production',
  sha: sha('x'),
  reason: 'from a laptop',
} as const

describe('a release by hand is refused', () => {
  test('while something runs or soaks there, with whose it is', () => {
    const story = thirdUnderWay()
    const occupied = { code: 'occupied', environment: 'production', train: 3 }
    expect(story.refusal('bob', record)).toEqual(occupied)
    const soaking = new LineStory(
      policy({ environments: [environment('production', { soakMs: 60_000 })] }),
    )
    soaking.merge(change('a'))
    soaking.depart()
    soaking.run('production', 'succeeded')
    expect(soaking.refusal('bob', record)).toEqual({ ...occupied, train: 1 })
  })

  test('by permission, to a person nobody linked, and in no environment', () => {
    const story = alone({ settle: ['ana', 'ci'] })
    expect(story.refusal('bob', record)).toEqual({ code: 'not_allowed', permission: 'settle' })
    expect(story.refused('ana', { ...record, environment: 'moon' })).toBe('no_such_environment')
    expect(story.refused('ci', record)).toBe('accepted')
    const people = story.pipeline.people.map((one) => ({ ...one, active: false }))
    story.pipeline = { ...story.pipeline, people }
    expect(story.refusal('ana', record)).toEqual({ code: 'not_active', name: 'ana' })
  })
})

describe('a release by hand', () => {
  test('ends the doubt about what it replaces, and says who did', () => {
    const story = thirdUnderWay()
    story.run('production', 'unknown')
    story.act('bob', record)
    expect(ended(story)).toMatchObject({
      status: 'failed',
      reason: 'bob recorded what is live: from a laptop',
      source: 'person',
    })
    expect(story.log.find(({ type }) => type === 'deployment_settled')).toMatchObject({
      why: 'release',
    })
  })

  test('is kept with who recorded it, under the next epoch, and what became live with it', () => {
    const story = alone()
    story.merge(change('a'))
    story.merge(change('b', { parent: sha('a') }))
    story.pass(1_000)
    story.act('bob', { ...record, sha: sha('a') })
    expect(story.log.find(({ type }) => type === 'release_recorded')).toEqual({
      type: 'release_recorded',
      environment: 'production',
      release: { sha: sha('a'), train: null, epoch: 1, since: 1_001_000, by: 'bob' },
      reason: 'from a laptop',
      span: [sha('a')],
    })
    expect(story.aboard(1)).toEqual([sha('b')])
  })

  test('before the last environment moves nothing on the line', () => {
    const story = new LineStory(
      policy({ environments: [environment('staging'), environment('production')] }),
    )
    story.merge(change('a'))
    story.act('bob', { ...record, environment: 'staging', sha: sha('a') })
    expect(story.log.at(-1)).toMatchObject({ type: 'release_recorded', span: [] })
    expect(story.aboard(1)).toEqual([sha('a')])
  })

  test('behind what was live is a rollback of whoever recorded it', () => {
    const story = twoReleases()
    story.pass(1_000)
    story.act('bob', { ...record, sha: sha('a') })
    expect(story.log.find(({ type }) => type === 'rolled_back')).toMatchObject({
      environment: 'production',
      order: {
        by: 'bob',
        reason: 'from a laptop',
        since: 1_001_000,
        epoch: 3,
        from: sha('b'),
        to: { sha: sha('a') },
      },
      trains: [2],
      changes: [sha('b')],
      receiver: null,
    })
    expect(story.pipeline.environments[0]?.lock).toMatchObject({
      by: 'bob',
      reason: 'rolled back: from a laptop',
    })
  })

  test('of what is live already changes no train and locks nothing', () => {
    const story = alone()
    ride(story, 'a')
    expect(story.act('bob', { ...record, sha: sha('a') })).toEqual(['release_recorded'])
    expect(story.pipeline.environments[0]?.lock).toBeNull()
  })
})

describe('the release of a veto', () => {
  const release = { type: 'release_veto', train: 3, reason: 'looked at it' } as const

  function vetoed(permissions = {}): LineStory {
    const story = twoReleases(permissions)
    story.act('bob', back)
    story.run('production', 'succeeded')
    story.act('bob', { type: 'unlock', environment: 'production', id: null })
    return story
  }

  test('is refused by permission, for no train, while it boards, and where none stands', () => {
    const story = vetoed({ roll_back: ['bob'] })
    expect(story.refusal('ana', release)).toEqual({ code: 'not_allowed', permission: 'roll_back' })
    expect(story.refusal('bob', { ...release, train: 9 })).toEqual({
      code: 'no_such_train',
      train: 9,
    })
    expect(story.refusal('bob', release)).toEqual({ code: 'still_boarding', train: 3 })
    story.act('bob', { type: 'stop', reason: 'look' })
    story.depart()
    story.act('bob', release)
    expect(story.refusal('bob', release)).toEqual({ code: 'no_veto', train: 3 })
  })

  test('keeps who released what, when and why', () => {
    const story = vetoed()
    story.act('bob', { type: 'stop', reason: 'look' })
    story.depart()
    story.pass(1_000)
    const [veto] = story.pipeline.environments[0]?.vetoes ?? []
    story.act('bob', release)
    expect(story.train(3).vetoReleases).toEqual([
      { by: 'bob', reason: 'looked at it', at: 1_001_000, covers: [veto?.id] },
    ])
  })

  test('covers what came to stand since, and not once more what it covered', () => {
    const story = vetoed()
    story.act('bob', { type: 'stop', reason: 'look' })
    story.merge(change('c', { parent: sha('b') }))
    story.depart()
    story.act('bob', release)
    story.merge(change('revert', { parent: sha('c'), reverts: sha('c') }))
    expect(story.gates()).toEqual(['stopped', 'veto'])
    story.act('bob', release)
    expect(story.train(3).vetoReleases.at(-1)?.covers).toEqual([sha('revert')])
    expect(story.gates()).toEqual(['stopped'])
  })
})
