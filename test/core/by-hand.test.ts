/**
 * Releases by hand, as random histories found them: each test was once a history that went wrong.
 */
import { describe, expect, test } from 'vitest'
import { askAuthors, change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'
import { byHand } from './release-story.ts'

const alone = () => new LineStory(policy({ environments: [environment('production')] }))
const two = () =>
  new LineStory(policy({ environments: [environment('staging'), environment('production')] }))

describe('a release by hand', () => {
  test('behind what another release by hand shipped unheard takes that back, once it is heard', () => {
    const story = alone()
    story.merge(change('b', { parent: sha('a') }))
    story.act('dee', byHand('production', 'b'))
    story.merge(change('a'))
    expect(story.act('dee', byHand('production', 'a'))).toEqual([
      'release_recorded',
      'rolled_back',
      'locked',
    ])
    expect(story.aboard(1)).toEqual([sha('b')])
  })

  test('keeps what is heard of later, so that it waits again when it goes back', () => {
    const story = alone()
    story.merge(change('a'))
    story.act('dee', byHand('production', 'a'))
    story.merge(change('c', { parent: sha('b') }))
    story.act('dee', byHand('production', 'c'))
    expect(story.merge(change('b', { parent: sha('a') }))).toEqual([
      'change_recorded',
      'release_placed',
    ])
    expect(story.merge(change('b', { parent: sha('a') }))).toEqual([])
    story.act('dee', byHand('production', 'a'))
    const waiting = story.pipeline.trains.find(({ status }) => status === 'boarding')
    expect(story.aboard(waiting?.number ?? 0)).toEqual([sha('b'), sha('c')])
  })

  test('of half of a train keeps a later way back from the whole that it took back', () => {
    const story = alone()
    story.merge(change('z'))
    story.depart()
    story.run('production', 'succeeded')
    story.merge(change('a', { parent: sha('z') }))
    story.merge(change('b', { parent: sha('a') }))
    story.depart()
    story.run('production', 'succeeded')
    const recorded = story.act('dee', byHand('production', 'a'))
    expect(recorded.slice(0, 2)).toEqual(['release_recorded', 'rolled_back'])
    expect(story.pipeline.environments[0]?.chain.map((one) => one.sha)).toEqual([sha('z')])
    const back = { type: 'roll_back', environment: null, reason: 'still bad' } as const
    const words = { takeOver: true, settle: false, abort: false }
    expect(story.refused('dee', { ...back, ...words, to: sha('b') })).toBe('not_a_release')
    story.act('dee', { ...back, ...words, to: null })
    expect(story.underWay('production').sha).toBe(sha('z'))
  })

  test('that a force-push takes, of which nobody told what it stands on, keeps nobody waiting for ever', () => {
    const story = alone()
    story.merge(change('x'))
    story.act('dee', byHand('production', 'x'))
    const push = { head: sha('b'), gone: [sha('x')], by: 'bob', at: story.now }
    story.act('ci', { type: 'record_force_push', ...push })
    story.act('dee', { type: 'resume', reason: 'looked' })
    story.merge(change('b', { parent: sha('a') }))
    story.merge(change('c', { parent: sha('b') }))
    story.depart()
    expect(story.gates()).toEqual(['diverged'])
  })

  test('is no base of the line until its place is known, and turns out to be a way back', () => {
    const story = alone()
    story.merge(change('d', { parent: sha('c') }))
    story.act('dee', byHand('production', 'd'))
    story.merge(change('b', { parent: sha('a'), mergedAt: 0 }))
    expect(story.act('dee', byHand('production', 'b'))).toEqual(['release_recorded'])
    expect(story.live('production')).toBe(sha('b'))
    expect(story.merge(change('c', { parent: sha('b') }))).toEqual([
      'change_recorded',
      'locked',
      'rolled_back',
    ])
    const waiting = story.pipeline.trains.find(({ status }) => status === 'boarding')
    expect(story.aboard(waiting?.number ?? 0)).toEqual([sha('c'), sha('d')])
    expect(story.pipeline.environments[0]?.vetoes).toMatchObject([
      { from: sha('d'), target: sha('b') },
    ])
  })

  test('taken back before its place was known voids the consents to it as well', () => {
    const asks = environment('production', { approvals: askAuthors })
    const story = new LineStory(policy({ environments: [asks] }))
    story.merge(change('a'))
    story.act('dee', byHand('production', 'a'))
    story.pass(1_000)
    story.merge(change('c', { parent: sha('b') }))
    story.act('dee', byHand('production', 'c'))
    story.consent('ana', 1)
    story.act('dee', byHand('production', 'a'))
    expect(story.pipeline.consents).toEqual([])
  })

  test('behind another in staging is a rollback by hand, though nothing was ever verified there', () => {
    const story = two()
    story.merge(change('a'))
    story.merge(change('b', { parent: sha('a') }))
    story.act('dee', byHand('staging', 'b'))
    const events = story.act('dee', byHand('staging', 'a'))
    expect(events).toEqual(['release_recorded', 'rolled_back', 'locked'])
    const [staging] = story.pipeline.environments
    expect(staging?.lock?.by).toBe('dee')
    expect(staging?.vetoes).toMatchObject([{ from: sha('b'), target: sha('a') }])
  })

  test('in staging keeps what it takes back from production: it is no longer verified there', () => {
    const story = two()
    story.act('ana', { type: 'hold', train: openTrain(story), reason: 'first staging' })
    story.depart()
    expect(story.gates()).toContain('hold')
    story.act('ana', { type: 'withdraw', train: 1, what: 'hold', of: null, reason: null })
    story.act('dee', {
      type: 'lock',
      id: 'L1',
      environment: 'production',
      reason: 'not yet',
      forMs: null,
      takeOver: false,
    })
    story.run('staging', 'succeeded')
    story.act('dee', byHand('staging', 'a'))
    expect(story.blockersAt(1, 'production').map(({ gate }) => gate)).toEqual(['order', 'lock'])
  })

  test('that ships all of a departed train leaves it nothing, and it enters no other environment', () => {
    const story = new LineStory(
      policy({ environments: [environment('staging'), environment('production')] }),
    )
    story.merge(change('a'))
    story.pass(1_000)
    story.merge(change('c', { parent: sha('b') }))
    story.depart()
    expect(story.gates()).toEqual(['facts'])
    story.act('dee', byHand('production', 'c'))
    expect(story.gates()).toEqual(['diverged'])
    expect(story.blockers()[0]?.message).toBe(
      'nothing of it is left to ship: all of it is live already, by another way (staging (nothing yet))',
    )
    story.merge(change('b', { parent: sha('a') }))
    expect(story.gates()).toEqual(['diverged'])
  })

  test('in production alone does not bring back to staging what was taken back there', () => {
    const story = two()
    story.merge(change('a'))
    story.merge(change('b', { parent: sha('a') }))
    story.act('dee', byHand('staging', 'b'))
    story.act('dee', byHand('staging', 'a'))
    story.act('dee', byHand('production', 'b'))
    story.act('dee', { type: 'unlock', environment: 'staging', id: null })
    story.merge(change('c', { parent: sha('b') }))
    story.act('ana', {
      type: 'depart',
      train: 1,
      ref: null,
      environment: null,
      plan: null,
    })
    expect(story.aboard(1)).toEqual([sha('c')])
    expect(story.gates()).toEqual(['veto'])
    story.act('dee', { type: 'release_veto', train: 1, reason: 'production runs it' })
    expect(story.underWay('staging').sha).toBe(sha('c'))
  })
})

test('an environment behind production waits until all that it lacks was heard of', () => {
  const story = two()
  story.merge(change('a'))
  story.act('dee', byHand('staging', 'a'))
  story.pass(1_000)
  story.merge(change('c', { parent: sha('b') }))
  story.act('dee', byHand('production', 'c'))
  story.pass(1_000)
  story.merge(change('d', { parent: sha('c') }))
  story.depart()
  expect(story.gates()).toEqual(['facts'])
  story.merge(change('b', { parent: sha('a') }))
  expect(story.underWay('staging').sha).toBe(sha('d'))
})

/** Two changes aboard the first train. */
function openTrain(story: LineStory): number {
  story.merge(change('a'))
  story.merge(change('b', { parent: sha('a') }))
  return 1
}
