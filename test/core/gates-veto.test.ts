/**
 * The gate of vetoes, and broken glass: what each names, and what it leaves closed.
 */
import { describe, expect, test } from 'vitest'
import { blockers } from '../../src/core/gate.ts'
import { askAuthors, change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const alone = (approvals = {}) =>
  new LineStory(
    policy({
      environments: [environment('production', { approvals: { ...askAuthors, ...approvals } })],
    }),
  )

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
