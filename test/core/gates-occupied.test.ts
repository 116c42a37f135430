/**
 * An environment that is not free: what is said of whoever occupies it, and who clears that, how.
 */
import { describe, expect, test } from 'vitest'
import { unanswered } from '../../src/core/gates/way.ts'
import { change, sha } from '../world/policy.ts'
import { alone, follow, two } from './way-story.ts'

const roll = {
  type: 'roll_back',
  environment: 'production',
  to: null,
  reason: 'slow',
  takeOver: false,
  settle: false,
  abort: false,
} as const

describe('an environment', () => {
  test('that waits for its agent, or where one is at work, says whose it is', () => {
    const story = follow(two())
    expect(story.blockersAt(2, 'staging').at(-1)).toMatchInlineSnapshot(`
      {
        "clearBy": "wait for train #1",
        "environment": "staging",
        "gate": "occupied",
        "message": "train #1 is requested in staging",
        "since": 1000000,
        "until": null,
      }
    `)
    const { run, epoch } = story.underWay('staging')
    story.act('signalbox', { type: 'claim_run', run })
    story.report(run, epoch, 'running')
    expect(story.blockersAt(2, 'staging').at(-1)?.message).toBe('train #1 is running in staging')
  })

  test('where one soaks says until when, and that the one behind waits for it', () => {
    const story = follow(alone({ soakMs: 60_000 }))
    story.run('production', 'succeeded')
    story.pass(1_000)
    expect(story.blockersAt(2, 'production').at(-1)).toMatchInlineSnapshot(`
      {
        "clearBy": "wait for train #1",
        "environment": "production",
        "gate": "occupied",
        "message": "train #1 soaks in production",
        "since": 1002000,
        "until": 1062000,
      }
    `)
  })

  test.each(['failed', 'aborted'] as const)(
    'where one %s says why, and what can be done',
    (how) => {
      const story = alone()
      story.merge(change('a'))
      story.depart()
      story.pass(1_000)
      story.run('production', how)
      story.pass(1_000)
      expect(story.blockers()).toEqual([
        {
          gate: 'failed',
          environment: 'production',
          since: 1_001_000,
          message: `train #1 ${how} in production: it ${how}`,
          clearBy: 'retry or cancel train #1, or roll back',
          until: null,
        },
      ])
    },
  )

  test('where a rollback failed says so, and what can be done', () => {
    const story = alone()
    for (const [name, parent] of [
      ['a', null],
      ['b', sha('a')],
    ] as const) {
      story.merge(change(name, { parent }))
      story.depart()
      story.run('production', 'succeeded')
    }
    story.act('ana', roll)
    story.run('production', 'failed')
    story.act('ana', { type: 'unlock', environment: 'production', id: null })
    story.merge(change('c', { parent: sha('b') }))
    story.depart()
    expect(story.blockersAt(3, 'production').find(({ gate }) => gate === 'failed')).toMatchObject({
      message: 'the rollback failed in production: it failed',
      clearBy: 'retry it, roll back further, or record what is live there',
    })
  })

  test('of which nobody knows how it ended asks for a look at the target', () => {
    const story = alone()
    story.merge(change('a'))
    story.depart()
    story.pass(1_000)
    story.run('production', 'unknown')
    expect(story.blockers()).toMatchInlineSnapshot(`
      [
        {
          "clearBy": "look at the target, then settle it as succeeded or failed, or roll back",
          "environment": "production",
          "gate": "unknown",
          "message": "nobody knows how train #1 ended in production: it unknown",
          "since": 1001000,
          "until": null,
        },
      ]
    `)
  })

  test('says what it can where no reason was told', () => {
    const ended = (status: 'failed' | 'unknown') => {
      const story = alone()
      story.merge(change('a'))
      story.depart()
      story.run('production', status)
      const deployments = story.pipeline.deployments.map((one) => ({ ...one, reason: null }))
      story.pipeline = { ...story.pipeline, deployments }
      return story.blockers()[0]?.message
    }
    expect(ended('failed')).toBe('train #1 failed in production: no reason given')
    expect(ended('unknown')).toBe(
      'nobody knows how train #1 ended in production: its agent is silent',
    )
  })

  test('is kept by a rollback between its order and its start', () => {
    const story = alone()
    for (const [name, parent] of [
      ['a', null],
      ['b', sha('a')],
    ] as const) {
      story.merge(change(name, { parent }))
      story.depart()
      story.run('production', 'succeeded')
    }
    story.merge(change('c', { parent: sha('b') }))
    story.act('ana', { type: 'hold', train: 3, reason: 'wait' })
    story.depart()
    story.pass(1_000)
    const to = { sha: sha('a'), train: 1, epoch: 1, since: 0, by: null }
    const order = { by: 'ana', reason: 'slow', since: 7, epoch: 2, from: sha('b'), to }
    const environments = story.pipeline.environments.map((one) => ({ ...one, rollback: order }))
    story.pipeline = { ...story.pipeline, environments }
    expect(story.blockers()[0]).toMatchInlineSnapshot(`
      {
        "clearBy": "wait for the rollback",
        "environment": "production",
        "gate": "occupied",
        "message": "ana rolls production back to 86f7e437: slow",
        "since": 7,
        "until": null,
      }
    `)
  })
})

describe('what an agent knows and this line does not', () => {
  const told = (over = {}) => {
    const story = alone()
    story.merge(change('a'))
    story.act('bob', { type: 'hold', train: 1, reason: 'wait' })
    story.depart()
    story.pass(1_000)
    story.act('signalbox', {
      type: 'take_account',
      environment: 'production',
      run: 'elsewhere-1',
      kind: 'forward',
      sha: sha('x'),
      account: { agent: 'embedded', epoch: 4, status: 'succeeded', hand: null, ...over },
      begun: true,
      reason: 'its journal says so',
      tail: [],
    })
    story.pass(1_000)
    return story
  }

  test('is told, and waits until somebody has looked', () => {
    const story = told()
    expect(story.blockers()[0]).toMatchInlineSnapshot(`
      {
        "clearBy": "look at the target, then record what is live there, or roll back",
        "environment": "production",
        "gate": "unknown",
        "message": "agent embedded ran 11f6ad8e in production at epoch 4 (succeeded: its journal says so), of which this database knows nothing: it is older than that",
        "since": 1001000,
        "until": null,
      }
    `)
    expect(unanswered(story.pipeline, 'production')).toEqual(story.blockers()[0])
  })

  test('names who did it by hand there', () => {
    const story = told({ status: 'failed', hand: { by: 'bob', reason: 'the server was down' } })
    expect(story.blockers()[0]).toMatchInlineSnapshot(`
      {
        "clearBy": "look at the target, then record what is live there, or roll back",
        "environment": "production",
        "gate": "failed",
        "message": "bob deployed 11f6ad8e to production by hand (the server was down): failed, its journal says so",
        "since": 1001000,
        "until": null,
      }
    `)
  })

  test('is nothing where the line ordered it itself', () => {
    const story = alone()
    expect(unanswered(story.pipeline, 'production')).toBeNull()
    story.merge(change('a'))
    story.depart()
    expect(unanswered(story.pipeline, 'production')).toBeNull()
  })
})
