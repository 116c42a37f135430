/**
 * The gates of words: what each says while it waits, since when, and who clears it, how.
 */
import { describe, expect, test } from 'vitest'
import { blockers } from '../../src/core/gate.ts'
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
          "clearBy": "each of them consents",
          "environment": "production",
          "gate": "consent",
          "message": "waits for the authors of #11 (ana and bob)",
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

describe('the gate of vetoes', () => {
  test('says what was rolled back by whom, and both ways out', () => {
    const story = alone({ authors: 'none' })
    for (const [name, parent] of [
      ['a', null],
      ['b', sha('a')],
    ] as const) {
      story.merge(change(name, { parent }))
      story.depart()
      story.run('production', 'succeeded')
    }
    const words = { takeOver: false, settle: false, abort: false }
    story.act('ana', { type: 'roll_back', environment: null, to: null, reason: 'slow', ...words })
    story.run('production', 'succeeded')
    story.act('ana', { type: 'unlock', environment: 'production', id: null })
    story.pass(1_000)
    story.depart()
    expect(story.blockers()).toMatchInlineSnapshot(`
      [
        {
          "clearBy": "merge a revert and cancel the trains before it, or \`release_veto\` with a reason",
          "environment": "production",
          "gate": "veto",
          "message": "it carries what ana rolled back (86f7e437…e9d71f5e): slow",
          "since": 1000000,
          "until": null,
        },
      ]
    `)
  })

  test('names the change that takes one aboard back, and both ways out', () => {
    const story = alone({ authors: 'none' })
    story.merge(change('a', { number: 12 }))
    story.merge(change('back', { number: 13, parent: sha('a'), reverts: '#12' }))
    story.pass(1_000)
    story.act('ana', { type: 'depart', train: null, ref: sha('a'), environment: null, plan: null })
    expect(story.blockers()).toMatchInlineSnapshot(`
      [
        {
          "clearBy": "cancel, and travel with #13, or \`release_veto\` with a reason",
          "environment": "production",
          "gate": "veto",
          "message": "#12 is reverted by #13 on the branch",
          "since": 1001000,
          "until": null,
        },
      ]
    `)
  })
})

describe('broken glass', () => {
  const broken = () => {
    const its = policy({
      environments: [
        environment('staging', { approvals: askAuthors }),
        environment('production', { approvals: askAuthors }),
      ],
    })
    const story = new LineStory({
      ...its,
      permissions: { ...its.permissions, break_glass: ['dee'] },
    })
    story.merge(change('a'))
    story.act('bob', { type: 'hold', train: 1, reason: 'the demo' })
    story.depart()
    const glass = { type: 'break_glass', train: 1, environment: 'staging' } as const
    story.act('dee', { ...glass, gates: ['consent'], reason: 'down' })
    return story
  }

  test('opens the gate it names in the environment it names, and no other', () => {
    const story = broken()
    expect(story.gates()).toEqual(['hold'])
    expect(story.blockersAt(1, 'production').map(({ gate }) => gate)).toEqual([
      'order',
      'hold',
      'consent',
    ])
  })

  test('opens nothing for another plan', () => {
    const story = broken()
    const train = story.train(1)
    const [where] = story.pipeline.policy.environments
    if (where === undefined) throw new Error('no staging')
    const overrides = train.overrides.map((one) => ({ ...one, plan: 'another' }))
    const found = blockers(story.pipeline, { ...train, overrides }, { policy: where, now: 0 })
    expect(found.map(({ gate }) => gate)).toEqual(['hold', 'consent'])
  })
})
