/**
 * The gate for what would be lost: in which words it names that, and which ways out it offers.
 */
import { describe, expect, test } from 'vitest'
import type { FoundRef } from '../../src/core/command.ts'
import { lostBy } from '../../src/core/gates/diverged.ts'
import type { Change } from '../../src/core/model.ts'
import { change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const alone = (): LineStory => {
  const its = policy({ environments: [environment('production')] })
  return new LineStory({ ...its, permissions: { ...its.permissions, special: ['ana', 'cem'] } })
}

const byHand = (story: LineStory, name: string): readonly string[] =>
  story.act('ana', {
    type: 'record_release',
    environment: 'production',
    sha: sha(name),
    reason: 'from a laptop',
  })

/** Each in a train of its own, all of them live. */
function ride(story: LineStory, ...names: readonly string[]): void {
  let parent = story.live('production') ?? null
  for (const name of names) {
    story.merge(change(name, { parent }))
    story.depart()
    story.run('production', 'succeeded')
    parent = sha(name)
  }
}

const found = (name: string, over: Partial<FoundRef> = {}): FoundRef => ({
  ref: `hotfix/${name}`,
  sha: sha(name),
  isOnBranch: false,
  fork: sha('a'),
  changes: [change(name, { parent: sha('a'), title: `Fix ${name}`, author: 'cem' })],
  contains: [sha('a')],
  lacks: [],
  within: [],
  ...over,
})

const send = (it: FoundRef) =>
  ({ type: 'depart_ref', train: null, found: it, environment: null }) as const

/** The only reason of that gate, of a train that is kept by it. */
function diverged(story: LineStory, train: number) {
  const [first, ...others] = story
    .blockersAt(train, 'production')
    .filter(({ gate }) => gate === 'diverged')
  expect(others).toEqual([])
  return first
}

describe('a train that does not contain what is live', () => {
  test('is told who recorded that by hand, since when both are so, and how to go on', () => {
    const story = alone()
    ride(story, 'a')
    story.pass(1_000)
    story.merge(change('b', { parent: sha('a') }))
    story.depart()
    const { run, epoch } = story.underWay('production')
    story.act('signalbox', { type: 'claim_run', run })
    story.report(run, epoch, 'failed')
    story.pass(1_000)
    byHand(story, 'elsewhere')
    story.pass(1_000)
    expect(diverged(story, 2)).toEqual({
      gate: 'diverged',
      environment: 'production',
      since: 1_002_000,
      message: `whether it contains what is live in production (${sha('elsewhere').slice(0, 8)}, recorded by ana) is not known`,
      clearBy: 'merge it back first, cancel the train, or depart with this plan',
      until: null,
    })
  })

  test('counts since its own departure, where that came later', () => {
    const story = alone()
    byHand(story, 'elsewhere')
    story.merge(change('b'))
    story.pass(5_000)
    story.depart()
    expect(diverged(story, 1)?.since).toBe(1_005_000)
  })

  test('goes by the word for its own plan, and by none for another', () => {
    const story = alone()
    byHand(story, 'elsewhere')
    story.merge(change('b'))
    story.depart()
    const accepted = [{ by: 'ana', plan: 'another' }]
    story.pipeline = {
      ...story.pipeline,
      trains: story.pipeline.trains.map((one) => ({ ...one, accepted })),
    }
    expect(diverged(story, 1)).toBeDefined()
  })

  test('is merely behind, where what it lacks concerns another part of the repository', () => {
    const story = alone()
    ride(story, 'a')
    story.merge(change('b', { parent: sha('a'), carried: false }))
    byHand(story, 'b')
    story.act('ana', send(found('x', { lacks: [sha('b')] })))
    const number = story.pipeline.nextTrain - 1
    expect(diverged(story, number)?.message).toBe(
      `its sha is behind what is live in production (${sha('b').slice(0, 8)}, recorded by ana)`,
    )
  })

  test('with everything live already is told so', () => {
    const story = alone()
    story.merge(change('a'))
    story.act('ana', { type: 'hold', train: 1, reason: 'wait' })
    story.depart()
    byHand(story, 'a')
    expect(diverged(story, 1)?.message).toBe(
      `nothing of it is left to ship: all of it is live already, by another way (production (${sha('a').slice(0, 8)}, recorded by ana))`,
    )
  })

  test('is told what a force-push took of it', () => {
    const story = alone()
    for (const [number, name, parent] of [
      [11, 'a', null],
      [12, 'b', sha('a')],
      [13, 'c', sha('b')],
    ] as const) {
      story.merge(change(name, { number, parent }))
      story.pass(1_000)
    }
    story.act('ana', { type: 'hold', train: 1, reason: 'wait' })
    story.depart()
    const push = { head: sha('a'), gone: [sha('b'), sha('c')], by: 'bob', at: story.now }
    story.act('ci', { type: 'record_force_push', ...push })
    expect(diverged(story, 1)).toMatchObject({
      message: 'a force-push took #12, #13 off main, and its sha still carries it',
      clearBy: 'merge it back first, cancel the train, or depart with this plan',
    })
  })
})

test('what boards is not asked yet whether it contains what is live', () => {
  const story = alone()
  byHand(story, 'elsewhere')
  story.merge(change('b'))
  expect(story.blockersAt(1, 'production')).toEqual([])
})

describe('what would be lost', () => {
  /** `a`, then `more` behind it, all live; the fix stands on `a` alone. */
  function displacing(...more: readonly string[]): LineStory {
    const story = alone()
    ride(story, 'a', ...more)
    story.act('ana', send(found('x', { lacks: more.map(sha) })))
    return story
  }

  test('is named, with whose it is', () => {
    const story = displacing('b', 'c')
    const [b, c] = [sha('b').slice(0, 8), sha('c').slice(0, 8)]
    expect(diverged(story, 4)).toMatchObject({
      message: `its sha lacks what is live in production (${c}); lost would be ${b} Change b (ana), ${c} Change c (ana)`,
      clearBy: 'send it again with these in it, cancel the train, or depart with this plan',
    })
  })

  test('is named up to eight, and counted after that', () => {
    const names = ['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']
    const eight = diverged(displacing(...names), 10)?.message
    expect(eight).toMatch(/Change i \(ana\)$/)
    const ten = diverged(displacing(...names, 'j', 'k'), 12)?.message
    expect(ten).toMatch(/Change i \(ana\) and 2 more$/)
  })

  const shas = (lost: readonly Change[]): readonly string[] => lost.map((one) => one.sha)

  test('is what the branch has between the train and what is live, and concerns the pipeline', () => {
    const story = alone()
    story.merge(change('a'))
    story.depart()
    story.run('production', 'succeeded')
    story.merge(change('b', { parent: sha('a'), carried: false }))
    story.merge(change('c', { parent: sha('b') }))
    story.merge(change('d', { parent: sha('c') }))
    const train = { ...story.train(2), sha: sha('a') }
    expect(shas(lostBy(story.pipeline, train, sha('c')))).toEqual([sha('c')])
    expect(shas(lostBy(story.pipeline, train, sha('a')))).toEqual([])
  })

  test('is named also of what was to go once more, when what is live has moved on', () => {
    const story = alone()
    ride(story, 'a')
    story.act('bob', { type: 'stop', reason: 'look' })
    story.act('ana', send(found('a', { isOnBranch: true, changes: [], contains: [] })))
    story.merge(change('b', { parent: sha('a') }))
    byHand(story, 'b')
    const number = story.pipeline.trains.find(({ special }) => special !== null)?.number ?? 0
    expect(diverged(story, number)?.message).toContain('lost would be')
  })

  test('is what another hotfix brought, but for what both brought', () => {
    const story = alone()
    ride(story, 'a')
    const both = change('both', { author: 'cem' })
    story.act('ana', send(found('x', { changes: [both, change('x', { author: 'cem' })] })))
    story.act('bob', { type: 'approve', train: 2, environment: null, plan: null })
    story.run('production', 'succeeded')
    const next = { fork: sha('a'), contains: [sha('a')], lacks: [sha('x')] }
    story.act('ana', send(found('y', { ...next, changes: [both, change('y')] })))
    const number = story.pipeline.nextTrain - 1
    expect(shas(lostBy(story.pipeline, story.train(number), sha('x')))).toEqual([sha('x')])
    expect(diverged(story, number)?.message).toContain('lost would be')
  })
})

describe('the way out', () => {
  /** Hotfix `x` is live, and the line waits behind it. */
  function afterHotfix(): LineStory {
    const story = alone()
    ride(story, 'a')
    story.act('ana', send(found('x')))
    story.act('bob', { type: 'approve', train: 2, environment: null, plan: null })
    story.run('production', 'succeeded')
    story.merge(change('b', { parent: sha('a') }))
    story.depart()
    return story
  }

  test('is no cancel while the hotfix is not on the branch', () => {
    expect(diverged(afterHotfix(), 3)?.clearBy).toBe(
      'merge it back first, or depart with this plan',
    )
  })

  test('is to travel with the change that brought it there', () => {
    const story = afterHotfix()
    story.merge(change('back', { parent: sha('b'), number: 19 }))
    story.act('signalbox', { type: 'record_merged', train: 2, change: sha('back') })
    expect(diverged(story, 3)?.clearBy).toBe(
      'cancel the train, and travel with #19, or depart with this plan',
    )
  })
})
