/**
 * The gates of words: what each says while it waits, since when, and who clears it, how.
 */
import { describe, expect, test } from 'vitest'
import { countedApprovals, othersFor } from '../../src/core/gates/words.ts'
import { planOf } from '../../src/core/line.ts'
import { askAuthors, change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const alone = (approvals = {}) =>
  new LineStory(
    policy({
      environments: [environment('production', { approvals: { ...askAuthors, ...approvals } })],
    }),
  )

const approve = { type: 'approve', train: 1, environment: null, plan: null } as const

describe('the gate of consent', () => {
  test('names each silent change, and who is asked for it', () => {
    const story = alone({ standIn: ['sre', 'bob'] })
    story.merge(change('a', { number: 11, coAuthors: ['bob'] }))
    story.merge(change('b', { number: 12, parent: sha('a'), author: 'a-bot' }))
    story.merge(change('c', { number: 13, parent: sha('b'), author: 'cem' }))
    story.merge(change('d', { number: 14, parent: sha('c'), author: 'dee', carried: false }))
    story.pass(1_000)
    story.depart()
    story.consent('cem', 1)
    story.pass(1_000)
    expect(story.blockers()).toMatchInlineSnapshot(`
      [
        {
          "about": [
            "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8",
            "e9d71f5ee7c92d6dc9e92ffdad17b8bd49418f98",
          ],
          "clearBy": "each of them consents",
          "environment": "production",
          "gate": "consent",
          "message": "waits for the authors of #11 (ana and bob), #12 (bob or dee)",
          "since": 1001000,
          "until": null,
        },
      ]
    `)
  })

  test('says so where nobody at all can be asked', () => {
    const story = alone({ standIn: ['nobody-here'] })
    story.merge(change('a', { number: 11, author: 'a-bot' }))
    story.depart()
    expect(story.blockers()[0]?.message).toBe('waits for the authors of #11 (nobody can be asked)')
  })

  test('asks nobody in an environment that asks no authors', () => {
    const story = new LineStory()
    story.merge(change('a'))
    story.depart()
    expect(story.underWay('staging').sha).toBe(sha('a'))
    expect(story.blockersAt(1, 'production').map(({ gate }) => gate)).toEqual(['order', 'consent'])
  })
})

describe('the gate of approvals', () => {
  test('counts how many are given of how many, and says by whom', () => {
    const story = alone({ authors: 'none', others: 2 })
    story.merge(change('a', { author: 'cem' }))
    story.pass(1_000)
    story.depart()
    story.act('bob', approve)
    story.pass(1_000)
    expect(story.blockers()).toMatchInlineSnapshot(`
      [
        {
          "about": [
            "2 of 2",
          ],
          "clearBy": "approval by people who wrote none of it",
          "environment": "production",
          "gate": "approvals",
          "message": "1 of 2 approvals for this plan",
          "since": 1001000,
          "until": null,
        },
      ]
    `)
  })

  test('names those who may, where not everybody may', () => {
    const story = alone({ authors: 'none', others: 1, from: ['sre', 'bob'] })
    story.merge(change('a'))
    story.depart()
    expect(story.blockers()).toMatchObject([
      {
        message: '0 of 1 approvals for this plan',
        clearBy: 'approval by sre, bob who wrote none of it',
      },
    ])
    story.act('dee', approve)
    expect(story.underWay('production').sha).toBe(sha('a'))
  })

  test('asks nobody about a plan that is not made yet', () => {
    const story = alone({ authors: 'none', others: 1 })
    story.merge(change('a'))
    expect(story.blockersAt(1, 'production')).toEqual([])
  })

  test('lets a train that came along the branch go by what the policy says alone', () => {
    const story = alone({ authors: 'none', others: 0 })
    story.merge(change('a'))
    const [where] = story.pipeline.policy.environments
    if (where === undefined) throw new Error('no production')
    expect(othersFor(story.pipeline, story.train(1), where)).toBe(0)
  })

  test('counts no word about another plan, by a writer, or by somebody who vouched', () => {
    const story = alone({ others: 1, standInAfterMs: 0 })
    story.merge(change('a', { author: 'ana' }))
    story.depart()
    const reason = 'she is on leave'
    story.act('bob', { type: 'vouch', train: 1, change: sha('a'), reason })
    const [where] = story.pipeline.policy.environments
    const train = story.train(1)
    const plan = where && planOf(story.pipeline, train, where)
    if (where === undefined || plan == null) throw new Error('no plan')
    const word = (by: string, its = plan.hash) => ({
      by,
      environment: 'production',
      plan: its,
      at: story.now,
    })
    const approvals = [word('ana'), word('bob'), word('cem', 'another'), word('dee')]
    const counted = countedApprovals(
      story.pipeline,
      { ...train, approvals },
      { policy: where, plan, now: story.now },
    )
    expect(counted.map(({ by }) => by)).toEqual(['dee'])
  })
})

test('an approval of what came from off the branch never counts from its sender', () => {
  const its = policy({ environments: [environment('production')] })
  const story = new LineStory({ ...its, permissions: { ...its.permissions, special: ['ana'] } })
  story.merge(change('a', { author: 'dee' }))
  const found = {
    ref: 'hotfix/x',
    sha: sha('x'),
    isOnBranch: false,
    fork: sha('a'),
    changes: [change('x', { author: 'cem' })],
    contains: [sha('a')],
    lacks: [],
    within: [],
  }
  story.act('ana', { type: 'depart_ref', train: null, found, environment: null })
  const [where] = story.pipeline.policy.environments
  const train = story.train(2)
  const plan = where && planOf(story.pipeline, train, where)
  if (where === undefined || plan == null) throw new Error('no plan')
  expect(othersFor(story.pipeline, train, where)).toBe(1)
  const word = { environment: 'production', plan: plan.hash, at: story.now }
  const approvals = ['ana', 'cem', 'bob'].map((by) => ({ ...word, by }))
  const at = { policy: where, plan, now: story.now }
  const counted = countedApprovals(story.pipeline, { ...train, approvals }, at)
  expect(counted.map(({ by }) => by)).toEqual(['bob'])
})

describe('the gate of holds', () => {
  test('names every holder with the reason, and who may withdraw it', () => {
    const story = alone({ authors: 'none' })
    story.merge(change('a'))
    story.act('bob', { type: 'hold', train: 1, reason: 'the demo' })
    story.pass(1_000)
    story.act('cem', { type: 'hold', train: 1, reason: 'the other demo' })
    story.depart()
    expect(story.blockers()).toMatchInlineSnapshot(`
      [
        {
          "clearBy": "bob withdraws the hold, or someone who may depart the train does, with a reason",
          "environment": "production",
          "gate": "hold",
          "message": "held by bob: the demo",
          "since": 1000000,
          "until": null,
        },
        {
          "clearBy": "cem withdraws the hold, or someone who may depart the train does, with a reason",
          "environment": "production",
          "gate": "hold",
          "message": "held by cem: the other demo",
          "since": 1001000,
          "until": null,
        },
      ]
    `)
  })
})

describe('the gate of checks', () => {
  test('asks for those of the newest aboard alone, for its sha carries the others', () => {
    const story = new LineStory(
      policy({
        environments: [environment('production')],
        checks: { require: ['test'], timeoutMs: 3_600_000, settleMs: 0 },
      }),
    )
    story.merge(change('a'))
    story.merge(change('b', { parent: sha('a') }))
    story.check('a', 'failure')
    story.depart()
    expect(story.blockers()[0]?.message).toBe(`test pending on ${sha('b').slice(0, 8)}`)
    story.check('b', 'success')
    expect(story.underWay('production').sha).toBe(sha('b'))
  })

  const checking = (require: readonly string[] | null) => {
    const story = new LineStory(
      policy({
        environments: [environment('production')],
        checks: { require, timeoutMs: 3_600_000, settleMs: 10_000 },
      }),
    )
    story.merge(change('a'))
    story.pass(1_000)
    story.depart()
    return story
  }

  test('says which ones are pending, and until when', () => {
    const story = checking(['test', 'lint'])
    expect(story.blockers()).toMatchInlineSnapshot(`
      [
        {
          "about": [
            "pending test",
            "pending lint",
          ],
          "clearBy": "wait for the checks to end",
          "environment": "production",
          "gate": "checks",
          "message": "test, lint pending on 86f7e437",
          "since": 1001000,
          "until": 4600000,
        },
      ]
    `)
  })

  test('says which one failed, which time alone does not mend', () => {
    const story = checking(['test'])
    story.check('a', 'failure')
    expect(story.blockers()).toMatchInlineSnapshot(`
      [
        {
          "about": [
            "red test",
          ],
          "clearBy": "a later report of the same check",
          "environment": "production",
          "gate": "checks",
          "message": "test failed on 86f7e437",
          "since": 1001000,
          "until": null,
        },
      ]
    `)
  })

  test('waits for any where none is named', () => {
    const story = checking(null)
    expect(story.blockers()).toMatchObject([
      { message: `checks pending on ${sha('a').slice(0, 8)}`, until: 1_010_000 },
    ])
  })

  test('asks nothing about a train that has no sha yet', () => {
    const story = new LineStory(
      policy({
        environments: [environment('production')],
        checks: { require: ['test'], timeoutMs: 3_600_000, settleMs: 0 },
      }),
    )
    story.merge(change('a'))
    expect(story.blockersAt(1, 'production')).toEqual([])
  })
})
