/**
 * The gates of the way: what each says while it waits, since when, and who clears it, how.
 */
import { describe, expect, test } from 'vitest'
import { change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'
import { alone, follow, two } from './way-story.ts'

const lock = (environment: string | null, forMs: number | null = null) =>
  ({ type: 'lock', id: 'L', environment, reason: 'migration', forMs, takeOver: false }) as const

describe('what is not known', () => {
  test('is named by what stands on it, and is to be reported', () => {
    const story = alone()
    story.merge(change('a'))
    story.depart()
    story.run('production', 'succeeded')
    story.pass(1_000)
    story.merge(change('c', { parent: sha('b') }))
    story.merge(change('e', { parent: sha('d') }))
    story.depart()
    story.pass(1_000)
    expect(story.blockers()).toMatchInlineSnapshot(`
      [
        {
          "clearBy": "report the missing change with \`record_change\`, or cancel the train",
          "environment": "production",
          "gate": "facts",
          "message": "what was merged just before 58e6b3a4 is not known (its parent is 3c363836)",
          "since": 1001000,
          "until": null,
        },
      ]
    `)
  })

  test('is said also of what nobody told the parent of', () => {
    const story = alone()
    story.merge(change('a'))
    story.pass(1_000)
    story.merge(change('lost'))
    story.pass(1_000)
    story.merge(change('b', { parent: sha('a') }))
    story.depart()
    expect(story.blockers()[0]?.message).toBe(
      `what was merged just before ${sha('lost').slice(0, 8)} is not known (nobody told its parent)`,
    )
  })

  test('is where a special train left the branch, of which nobody told', () => {
    const its = policy({ environments: [environment('production')] })
    const story = new LineStory({
      ...its,
      permissions: { ...its.permissions, special: ['ana'] },
    })
    story.merge(change('a'))
    story.depart()
    story.run('production', 'succeeded')
    const found = {
      ref: 'hotfix/x',
      sha: sha('x'),
      isOnBranch: false,
      fork: sha('z'),
      changes: [change('x', { parent: sha('z') })],
      contains: [sha('a')],
      lacks: [],
      within: [],
    }
    story.pass(1_000)
    story.act('ana', { type: 'depart_ref', train: null, found, environment: null })
    expect(story.blockersAt(2, 'production')[0]).toEqual({
      gate: 'facts',
      environment: 'production',
      since: 1_001_000,
      message: `it left main at ${sha('z').slice(0, 8)}, of which nobody has told yet`,
      clearBy: 'report what was merged up to there with `record_change`, or cancel the train',
      until: null,
    })
  })
})

test('a stopped line says who stopped it, why, and how it goes on', () => {
  const story = alone()
  story.merge(change('a'))
  story.act('bob', { type: 'stop', reason: 'look first' })
  story.pass(1_000)
  story.depart()
  expect(story.blockers()).toMatchInlineSnapshot(`
    [
      {
        "clearBy": "resume api",
        "environment": "production",
        "gate": "stopped",
        "message": "the line was stopped by bob: look first",
        "since": 1000000,
        "until": null,
      },
    ]
  `)
})

describe('the order', () => {
  test('names the train ahead, which no broken glass passes', () => {
    const story = follow(alone())
    expect(story.blockersAt(2, 'production')).toMatchInlineSnapshot(`
      [
        {
          "ahead": true,
          "clearBy": "wait for train #1, or cancel it",
          "environment": "production",
          "gate": "order",
          "message": "train #1 ahead is not verified in production yet",
          "since": 1001000,
          "until": null,
        },
        {
          "clearBy": "wait for train #1",
          "environment": "production",
          "gate": "occupied",
          "message": "train #1 is requested in production",
          "since": 1000000,
          "until": null,
        },
      ]
    `)
  })

  test('is nothing to a special train, however many wait on the line', () => {
    const its = policy({ environments: [environment('production')] })
    const story = new LineStory({ ...its, permissions: { ...its.permissions, special: ['ana'] } })
    story.act('bob', { type: 'stop', reason: 'look' })
    follow(story)
    const found = {
      ref: 'hotfix/x',
      sha: sha('x'),
      isOnBranch: false,
      fork: null,
      changes: [change('x')],
      contains: [],
      lacks: [sha('a'), sha('b')],
      within: [],
    }
    story.act('ana', { type: 'depart_ref', train: null, found, environment: null })
    const number = story.pipeline.trains.find(({ special }) => special !== null)?.number ?? 0
    expect(story.blockersAt(number, 'production').map(({ gate }) => gate)).toEqual([
      'stopped',
      'approvals',
    ])
  })

  test('names the nearest of those ahead', () => {
    const story = follow(alone())
    story.merge(change('c', { parent: sha('b') }))
    story.depart()
    expect(story.blockersAt(3, 'production')[0]?.message).toBe(
      'train #2 ahead is not verified in production yet',
    )
  })

  test('names the environment before, since the departure while nothing was tried there', () => {
    const story = two()
    story.merge(change('a'))
    story.pass(1_000)
    story.act('bob', lock('staging'))
    story.depart()
    story.pass(1_000)
    expect(story.blockersAt(1, 'production')).toMatchInlineSnapshot(`
      [
        {
          "clearBy": "wait until it is verified in staging",
          "environment": "production",
          "gate": "order",
          "message": "it is not verified in staging, the environment before",
          "since": 1001000,
          "until": null,
        },
      ]
    `)
  })

  test('counts from the end of a try that failed there', () => {
    const story = two()
    story.merge(change('a'))
    story.depart()
    story.pass(1_000)
    story.run('staging', 'failed')
    story.pass(1_000)
    expect(story.blockersAt(1, 'production')).toMatchObject([
      { gate: 'order', since: 1_001_000, message: /not verified in staging/ },
    ])
  })

  test('waits for the soak in the environment before, and says until when', () => {
    const story = new LineStory(
      policy({
        environments: [environment('staging', { soakMs: 60_000 }), environment('production')],
      }),
    )
    story.merge(change('a'))
    story.depart()
    story.pass(1_000)
    story.run('staging', 'succeeded')
    story.pass(1_000)
    expect(story.blockersAt(1, 'production')).toMatchInlineSnapshot(`
      [
        {
          "clearBy": "wait until the soak is over",
          "environment": "production",
          "gate": "soak",
          "message": "it soaks in staging",
          "since": 1001000,
          "until": 1061000,
        },
      ]
    `)
  })
})

describe('a lock', () => {
  test('that came after another was passed by its holder stands', () => {
    const story = two()
    story.act('bob', lock(null))
    story.act('ana', { type: 'stop', reason: 'look' })
    story.merge(change('a'))
    story.depart()
    story.act('bob', { type: 'depart', train: 1, ref: null, plan: null, environment: 'staging' })
    story.act('cem', { ...lock('staging'), id: 'L2' })
    expect(story.blockersAt(1, 'staging').map(({ gate, message }) => [gate, message])).toEqual([
      ['stopped', 'the line was stopped by ana: look'],
      ['lock', 'staging is locked by cem: migration'],
    ])
  })

  const locked = (environment: string | null, forMs: number | null = null) => {
    const story = alone()
    story.act('bob', lock(environment, forMs))
    story.pass(1_000)
    story.merge(change('a'))
    story.depart()
    return story
  }

  test('of an environment says whom to ask', () => {
    expect(locked('production').blockers()).toMatchInlineSnapshot(`
      [
        {
          "clearBy": "ask bob, or unlock it",
          "environment": "production",
          "gate": "lock",
          "message": "production is locked by bob: migration",
          "since": 1000000,
          "until": null,
        },
      ]
    `)
  })

  test('of a pipeline names that, and with an end says when', () => {
    expect(locked(null, 60_000).blockers()).toMatchObject([
      { message: 'api is locked by bob: migration', until: 1_060_000 },
    ])
  })

  test('on everything says so, and counts until its end', () => {
    const story = alone()
    const its = { id: 'all', environment: null, by: 'bob', reason: 'the move', since: 5 }
    story.pipeline = { ...story.pipeline, lockAll: { ...its, expires: story.now + 60_000 } }
    story.merge(change('a'))
    story.depart()
    expect(story.blockers()).toMatchObject([
      { message: 'everything is locked by bob: the move', since: 5 },
    ])
    story.now += 59_999
    expect(story.gates()).toEqual(['lock'])
    story.now += 1
    expect(story.gates()).toEqual([])
  })

  test('that nobody but the line itself set asks people to look first', () => {
    const story = alone()
    const its = { id: 'L', environment: 'production', by: 'signalbox', reason: 'rolled back' }
    story.pipeline = {
      ...story.pipeline,
      environments: story.pipeline.environments.map((one) => ({
        ...one,
        lock: { ...its, since: 5, expires: null },
      })),
    }
    story.merge(change('a'))
    story.depart()
    expect(story.blockers()).toMatchObject([
      { clearBy: 'look at what went wrong there, then unlock it' },
    ])
  })

  test('is passed by its holder in the environment named, for that plan, and no other lock', () => {
    const story = two()
    story.act('bob', lock(null))
    story.act('cem', { ...lock('production'), id: 'L2' })
    story.act('ana', { type: 'stop', reason: 'look' })
    story.merge(change('a'))
    story.depart()
    const go = { type: 'depart', train: 1, ref: null, plan: null } as const
    story.act('bob', { ...go, environment: 'staging' })
    expect(story.blockersAt(1, 'staging').map(({ gate }) => gate)).toEqual(['stopped'])
    expect(
      story
        .blockersAt(1, 'production')
        .filter(({ gate }) => gate === 'lock')
        .map(({ message }) => message),
    ).toEqual(['production is locked by cem: migration', 'api is locked by bob: migration'])
    const train = { ...story.train(1), passes: story.train(1).passes }
    const other = train.passes.map((one) => ({ ...one, plan: 'another' }))
    story.pipeline = {
      ...story.pipeline,
      trains: story.pipeline.trains.map((one) => ({ ...one, passes: other })),
    }
    expect(story.blockersAt(1, 'staging').map(({ gate }) => gate)).toEqual(['stopped', 'lock'])
  })
})
