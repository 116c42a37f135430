/**
 * What stands beside a sha that is live, on the same ground: it was never part of it, so it goes
 * nowhere without a yes, though a force-push that took it was told in part, or not at all.
 */
import { describe, expect, test } from 'vitest'
import { planOf } from '../../src/core/line.ts'
import { askAuthors, change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'
import { byHand } from './release-story.ts'

const asking = { approvals: askAuthors }
const alone = () => new LineStory(policy({ environments: [environment('production', asking)] }))

const goOn = { type: 'depart', ref: null, environment: null } as const

/** b has departed on a; then somebody force-pushed c onto a, and nobody told that b is gone. */
function forced(story: LineStory, parent: string | null = sha('a')): LineStory {
  story.merge(change('a', { author: 'bob', mergedBy: 'bob' }))
  story.pass(1_000)
  story.merge(change('b', { author: 'bob', mergedBy: 'bob', parent }))
  story.pass(1_000)
  story.depart()
  story.pass(1_000)
  story.merge(change('c', { author: 'cem', parent: sha('a') }))
  return story
}

const resume = { type: 'resume', reason: 'looked' } as const

/** a and b are live, c is on b; then d was force-pushed onto a, of which only c's loss is told. */
function displaced(): LineStory {
  const story = alone()
  story.merge(change('a', { author: 'bob' }))
  story.pass(1_000)
  story.merge(change('b', { author: 'bob', parent: sha('a') }))
  story.depart()
  story.consent('bob', 1)
  story.run('production', 'succeeded')
  story.pass(1_000)
  story.merge(change('c', { author: 'cem', parent: sha('b') }))
  story.depart()
  story.pass(1_000)
  story.merge(change('d', { author: 'ana', parent: sha('a') }))
  const push = { head: sha('d'), gone: [sha('c')], by: 'bob', at: story.now }
  story.act('ci', { type: 'record_force_push', ...push })
  story.act('dee', resume)
  return story
}

describe('what was live beside a release by hand', () => {
  test('is displaced by it: who had said yes to it is asked anew, before it returns below another', () => {
    const story = displaced()
    story.act('dee', byHand('production', 'd'))
    expect([...story.pipeline.shipped.keys()].sort()).toEqual([sha('a'), sha('d')].sort())
    expect(story.pipeline.consents).toMatchObject([{ change: sha('a') }])
    expect(story.aboard(2)).toEqual([sha('b'), sha('c')])
    story.consent('cem', 2)
    story.act('dee', { ...goOn, train: 2, plan: story.plan(2) })
    expect(story.gates()).toContain('consent')
  })

  test('is asked for also once it is told to be gone: a departed train has it in its sha', () => {
    const story = displaced()
    story.act('dee', byHand('production', 'd'))
    const push = { head: sha('d'), gone: [sha('b')], by: 'bob', at: story.now }
    story.act('ci', { type: 'record_force_push', ...push })
    story.act('dee', resume)
    expect(story.aboard(2)).toEqual([sha('b'), sha('c')])
    story.consent('cem', 2)
    story.act('dee', { ...goOn, train: 2, plan: story.plan(2) })
    expect(story.gates()).toEqual(['consent'])
    story.consent('bob', 2)
    expect(story.underWay('production').sha).toBe(sha('c'))
  })

  test('is displaced by a train as well', () => {
    const story = displaced()
    const push = { head: sha('d'), gone: [sha('b')], by: 'bob', at: story.now }
    story.act('ci', { type: 'record_force_push', ...push })
    story.act('dee', resume)
    story.act('dee', { type: 'cancel', train: 2, reason: 'gone' })
    story.act('dee', { type: 'withdraw', train: 3, what: 'hold', of: null, reason: 'go' })
    story.depart()
    story.consent('ana', 3)
    story.act('dee', { ...goOn, train: 3, plan: story.plan(3) })
    story.run('production', 'succeeded')
    const arrived = story.log.findLast(({ type }) => type === 'train_arrived')
    expect(arrived).toMatchObject({ train: 3, lost: [sha('b')] })
    expect([...story.pipeline.shipped.keys()].sort()).toEqual([sha('a'), sha('d')].sort())
  })
})

describe('what stands beside a release by hand', () => {
  test('is not live by it, and goes nowhere without a yes, whoever accepts its plan', () => {
    const story = forced(alone())
    story.act('dee', byHand('production', 'c'))
    expect([...story.pipeline.shipped.keys()].sort()).toEqual([sha('a'), sha('c')].sort())
    expect(story.gates()).toEqual(['facts', 'diverged', 'consent'])
    story.act('dee', { ...goOn, train: 1, plan: story.plan(1) })
    expect(story.gates()).toEqual(['facts', 'consent'])
    expect(story.pipeline.deployments).toEqual([])
  })

  test('is not live by it either where it was told without its parent', () => {
    const story = forced(alone(), null)
    story.act('dee', byHand('production', 'c'))
    story.act('dee', { ...goOn, train: 1, plan: story.plan(1) })
    expect(story.aboard(1)).toEqual([sha('b')])
    expect(story.gates()).toContain('consent')
  })

  test('is in the plan of an environment on the way as well, for whoever approves it', () => {
    const places = [environment('staging', asking), environment('production')]
    const story = forced(new LineStory(policy({ environments: places })))
    story.act('dee', byHand('staging', 'c'))
    story.act('dee', { ...goOn, train: 1, plan: story.plan(1) })
    expect(story.gates()).toEqual(['consent'])
    const plan = planOf(story.pipeline, story.train(1), places[0] ?? environment('staging'))
    expect(plan?.changes.map((one) => one.sha)).toEqual([sha('b')])
    story.consent('bob', 1)
    expect(story.underWay('staging').sha).toBe(sha('b'))
  })

  test('keeps nobody waiting once it is told to be gone', () => {
    const story = forced(alone())
    story.act('dee', byHand('production', 'c'))
    const push = { head: sha('c'), gone: [sha('b')], by: 'bob', at: story.now }
    story.act('ci', { type: 'record_force_push', ...push })
    story.act('dee', { type: 'resume', reason: 'looked' })
    story.act('dee', { type: 'cancel', train: 1, reason: 'gone' })
    story.pass(1_000)
    story.merge(change('d', { author: 'cem', parent: sha('c') }))
    story.depart()
    // Held by who cancelled the train ahead, no longer by what nobody knows.
    expect(story.gates()).toEqual(['hold', 'consent'])
  })
})
