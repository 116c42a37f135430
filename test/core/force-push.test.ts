/**
 * A force-push: what vanished is named, dropped or kept, and nothing moves until people looked.
 */
import { describe, expect, test } from 'vitest'
import { change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const alone = () => new LineStory(policy({ environments: [environment('production')] }))

const forcePush = (head: string, gone: readonly string[], at = 5_000_000) =>
  ({ type: 'record_force_push', by: null, head: sha(head), gone: gone.map(sha), at }) as const

const resume = { type: 'resume', reason: 'looked at it' } as const
const depart = { type: 'depart', train: null, ref: null, environment: null, plan: null } as const

/** a and b, one on the other, aboard the boarding train. */
function boarding(): LineStory {
  const story = alone()
  story.merge(change('a', { number: 11 }))
  story.pass(1_000)
  story.merge(change('b', { number: 12, parent: sha('a') }))
  story.pass(1_000)
  return story
}

/** a is live; b and c have departed and are held. */
function departed(): LineStory {
  const story = alone()
  story.merge(change('a', { number: 11 }))
  story.depart()
  story.run('production', 'succeeded')
  story.pass(1_000)
  story.merge(change('b', { number: 12, parent: sha('a') }))
  story.pass(1_000)
  story.merge(change('c', { number: 13, parent: sha('b') }))
  story.act('ana', { type: 'hold', train: 2, reason: 'wait' })
  story.depart()
  return story
}

describe('a force-push that removes a known change', () => {
  test('stops the line and names what vanished', () => {
    const story = boarding()
    expect(story.act('ci', forcePush('a', ['b']))).toEqual(['branch_rewritten', 'line_stopped'])
    expect(story.pipeline.stopped?.reason).toBe(
      'somebody force-pushed main: it no longer contains #12 (Change b)',
    )
    expect(story.log.find(({ type }) => type === 'branch_rewritten')).toMatchObject({
      vanished: [{ sha: sha('b'), number: 12 }],
    })
  })

  test('is told in parts, also by a clock that is a moment behind', () => {
    const story = boarding()
    story.merge(change('c', { number: 13, parent: sha('b') }))
    story.act('ci', forcePush('a', ['c'], 5_000_700))
    expect(story.act('ci', forcePush('a', ['b'], 5_000_000))).toContain('branch_rewritten')
    expect(story.aboard(1)).toEqual([sha('a')])
    expect(story.pipeline.rewritten?.at).toBe(5_000_700)
  })

  test('drops boarding changes that are gone, also when they are told once more', () => {
    const story = boarding()
    story.act('ci', forcePush('a', ['b']))
    expect(story.aboard(1)).toEqual([sha('a')])
    story.merge(change('b', { number: 12, parent: sha('a'), title: 'Told fuller' }))
    expect(story.aboard(1)).toEqual([sha('a')])
  })

  test('drops also what is first heard of after it is gone', () => {
    const story = boarding()
    story.act('ci', forcePush('a', ['b', 'late']))
    story.merge(change('late', { parent: sha('b') }))
    expect(story.aboard(1)).toEqual([sha('a')])
  })

  test('leaves a departed train its sha and its list, and shows it as diverged', () => {
    const story = departed()
    story.act('ci', forcePush('b', ['c']))
    expect(story.train(2).sha).toBe(sha('c'))
    expect(story.aboard(2)).toEqual([sha('b'), sha('c')])
    expect(story.gates()).toEqual(['stopped', 'diverged', 'hold'])
    expect(story.blockers()[1]?.message).toContain('a force-push took #13 off main')
  })

  test('keeps every change in one place: what the new branch brings boards the next train', () => {
    const story = departed()
    story.act('ci', forcePush('b', ['c']))
    story.merge(change('c2', { number: 14, parent: sha('b') }))
    expect(story.aboard(3)).toEqual([sha('c2')])
    story.act('bob', { type: 'cancel', train: 2, reason: 'its sha is gone' })
    expect(story.aboard(3)).toEqual([sha('b'), sha('c2')])
  })

  test('lets what falls to a train that keeps its sha be asked for with it, for its sha has it', () => {
    const story = alone()
    story.merge(change('a', { number: 11 }))
    story.act('ana', { type: 'hold', train: 1, reason: 'wait' })
    story.depart()
    story.merge(change('b', { number: 12, parent: sha('a') }))
    story.act('ana', { type: 'hold', train: 2, reason: 'wait' })
    story.depart()
    story.act('ci', forcePush('c', ['b']))
    story.merge(change('c', { number: 13, parent: sha('a') }))
    expect([story.aboard(1), story.aboard(2)]).toEqual([[sha('a')], [sha('b')]])
    story.act('ana', { type: 'cancel', train: 1, reason: 'no' })
    expect([story.aboard(2), story.aboard(3)]).toEqual([[sha('a'), sha('b')], [sha('c')]])
  })

  test('lets a departed train go all the same by the word that names its plan', () => {
    const story = departed()
    story.act('ci', forcePush('b', ['c']))
    story.act('ana', resume)
    story.act('ana', { type: 'withdraw', train: 2, what: 'hold', of: null, reason: null })
    expect(story.gates()).toEqual(['diverged'])
    story.act('ana', { ...depart, train: 2, plan: story.plan(2) })
    story.run('production', 'succeeded')
    expect(story.status(2)).toBe('arrived')
    story.merge(change('c2', { number: 14, parent: sha('b') }))
    story.depart()
    expect(story.aboard(3)).toEqual([sha('c2')])
    expect(story.gates()).toEqual(['diverged'])
    expect(story.blockers()[0]?.message).toContain('took what is live in production')
  })

  test('of a live change stops the line too; what replaces it lacks what is live', () => {
    const story = departed()
    story.act('ci', forcePush('z', ['a', 'b', 'c']))
    expect(story.pipeline.stopped?.reason).toContain(
      'somebody force-pushed main: it no longer contains #11 (',
    )
  })

  test('closes no doors while people look', () => {
    const story = boarding()
    story.act('ci', forcePush('a', ['b']))
    story.pass(60 * 60_000)
    expect(story.status(1)).toBe('boarding')
    expect(story.act('ana', resume)).toContain('train_departed')
  })
})

describe('a force-push that is told again, or late', () => {
  test('changes nothing', () => {
    const story = boarding()
    story.act('ci', forcePush('a', ['b']))
    story.act('ana', resume)
    expect(story.act('ci', forcePush('a', ['b']))).toEqual([])
    expect(story.act('ci', forcePush('b', ['a'], 4_000_000))).toEqual([])
    expect(story.pipeline.stopped).toBeNull()
  })

  test('that nobody told of is suspected where the branch went past what was told without a parent', () => {
    const story = new LineStory(policy({ environments: [environment('production')] }))
    story.merge(change('a'))
    story.now += 1_000
    story.merge(change('lost'))
    story.now += 1_000
    story.merge(change('b', { parent: sha('a') }))
    story.depart()
    expect(story.gates()).toEqual(['facts'])
    const push = { head: sha('b'), gone: [sha('lost')], by: 'bob', at: story.now }
    story.act('ci', { type: 'record_force_push', ...push })
    expect(story.gates()).not.toContain('facts')
  })

  test('that puts the old branch back brings its changes back to where they were', () => {
    const story = departed()
    story.act('ci', forcePush('b', ['c']))
    expect(story.act('ci', forcePush('c', [], 6_000_000))).toEqual(['branch_rewritten'])
    expect(story.train(2).kept).toBeNull()
    expect(story.aboard(2)).toEqual([sha('b'), sha('c')])
    story.act('ana', resume)
    expect(story.gates()).toEqual(['hold'])
  })

  test('of changes that nobody had heard of stops nothing', () => {
    const story = boarding()
    expect(story.act('ci', forcePush('b', ['unheard']))).toEqual(['branch_rewritten'])
    expect(story.pipeline.stopped).toBeNull()
    expect(story.aboard(1)).toEqual([sha('a'), sha('b')])
  })
})
