/**
 * What people do with a train as a whole: depart it, cancel it, try it again; and what is refused.
 */
import { describe, expect, test } from 'vitest'
import { change, doors, environment, policy, readWindows, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const alone = (over = {}) =>
  new LineStory(policy({ environments: [environment('production')], ...over }))

const two = (over = {}) =>
  new LineStory(
    policy({ environments: [environment('staging'), environment('production')], ...over }),
  )

const depart = { type: 'depart', train: null, ref: null, environment: null, plan: null } as const
const cancel = { type: 'cancel', train: null, reason: 'wait for b' } as const
const retry = { type: 'retry', train: null, reason: 'a hiccup' } as const
const only = (name: keyof ReturnType<typeof policy>['permissions'], who: readonly string[]) => ({
  permissions: { ...policy().permissions, [name]: who },
})

const lock = (by: string) =>
  ({
    type: 'lock',
    id: by,
    environment: 'production',
    reason: 'migration',
    forMs: null,
    takeOver: false,
  }) as const

describe('a departure by hand', () => {
  test('is on the newest change, or on the one named, and says what goes', () => {
    const story = alone()
    story.merge(change('a'))
    story.merge(change('b', { parent: sha('a') }))
    story.merge(change('c', { parent: sha('b') }))
    story.pass(1_000)
    story.act('ana', { ...depart, ref: sha('b') })
    expect(story.log.find(({ type }) => type === 'train_departed')).toEqual({
      type: 'train_departed',
      train: 1,
      sha: sha('b'),
      why: 'by_hand',
      changes: [sha('a'), sha('b')],
    })
    expect(story.train(1)).toMatchObject({ departedAt: 1_001_000, journey: ['production'] })
    expect(story.aboard(2)).toEqual([sha('c')])
  })

  test('is refused by permission, with nobody aboard, once departed, and on what is not aboard', () => {
    const story = alone(only('depart', ['ana']))
    expect(story.refusal('bob', depart)).toEqual({ code: 'not_allowed', permission: 'depart' })
    expect(story.refusal('ana', depart)).toEqual({ code: 'no_train' })
    expect(story.refusal('ana', { ...depart, train: 4 })).toEqual({
      code: 'no_such_train',
      train: 4,
    })
    story.merge(change('a'))
    expect(story.refusal('ana', { ...depart, ref: 'nowhere' })).toEqual({
      code: 'not_aboard',
      ref: 'nowhere',
      train: 1,
    })
    story.act('ana', depart)
    expect(story.refusal('ana', { ...depart, train: 1 })).toEqual({
      code: 'already_departed',
      train: 1,
    })
  })

  test('is refused on what boards behind a change that rides alone, which it names', () => {
    const solo = { labels: [], paths: null, overLines: null }
    const story = alone({ doors: doors({ solo }), stopped: true })
    story.act('bob', { type: 'stop', reason: 'look' })
    story.merge(change('a', { number: 11 }))
    story.merge(change('b', { number: 12, parent: sha('a'), alone: true }))
    story.merge(change('c', { number: 13, parent: sha('b') }))
    expect(story.refusal('ana', { ...depart, ref: sha('c') })).toEqual({
      code: 'rides_alone',
      change: '#12',
      ref: sha('c').slice(0, 8),
    })
    expect(story.refusal('ana', { ...depart, ref: sha('b') })).toMatchObject({ change: '#12' })
    story.act('ana', depart)
    expect(story.aboard(1)).toEqual([sha('a')])
    expect(story.refusal('ana', { ...depart, ref: sha('c') })).toMatchObject({ change: '#12' })
  })
})

describe('the word to go now', () => {
  const go = { ...depart, environment: 'production' }

  test('is refused while nothing is in the way, while it boards, and where nothing is', () => {
    const story = two()
    story.merge(change('a'))
    expect(story.refusal('ana', go)).toEqual({ code: 'no_train' })
    expect(story.refusal('ana', { ...go, train: 1 })).toEqual({ code: 'still_boarding', train: 1 })
    story.depart()
    expect(story.refusal('ana', go)).toEqual({ code: 'not_locked', where: 'production' })
    expect(story.refused('ana', { ...go, environment: 'moon' })).toBe('no_such_environment')
  })

  test('names every lock’s holder that is not the speaker', () => {
    const story = two()
    story.act('ana', { ...lock('ana'), environment: null })
    story.act('bob', lock('bob'))
    story.merge(change('a'))
    story.depart()
    expect(story.refusal('ana', go)).toEqual({
      code: 'locked',
      by: 'bob',
      reason: 'migration',
      where: 'production',
    })
  })

  test('is kept for the plan, under the lock and outside the windows each by its own', () => {
    const windows = readWindows({ allow: ['Thu 00:30-00:40'], people: ['ana'] })
    const story = alone({ environments: [environment('production', { windows })] })
    story.act('ana', lock('ana'))
    story.act('bob', { type: 'stop', reason: 'look' })
    story.merge(change('a'))
    story.depart()
    expect(story.act('ana', go)).toEqual(['lock_passed', 'window_passed'])
    const pass = { by: 'ana', environment: 'production', plan: story.plan(1) }
    expect(story.train(1).passes).toEqual([pass, { ...pass, gate: 'window' }])
    expect(story.gates()).toEqual(['stopped'])
  })

  test('outside the windows names who may say it, and when they open', () => {
    const windows = readWindows({ allow: ['Thu 00:30-00:40'], people: ['ana'] })
    const story = alone({ environments: [environment('production', { windows })] })
    story.merge(change('a'))
    story.depart()
    expect(story.refusal('bob', go)).toEqual({
      code: 'outside_windows',
      where: 'production',
      until: 1_800_000,
      people: ['ana'],
    })
    const nobody = readWindows({ allow: ['Thu 00:30-00:40'] })
    const none = alone({ environments: [environment('production', { windows: nobody })] })
    none.merge(change('a'))
    none.depart()
    expect(none.refusal('ana', go)).toMatchObject({ code: 'outside_windows', people: [] })
  })
})

describe('the word for a plan', () => {
  const accept = { ...depart, plan: 'another' }

  test('is refused where nothing would be lost, and for another plan, with the present one', () => {
    const story = alone()
    story.act('bob', { type: 'stop', reason: 'look' })
    story.merge(change('a'))
    expect(story.refusal('ana', accept)).toEqual({ code: 'no_train' })
    story.depart()
    expect(story.refusal('ana', accept)).toEqual({ code: 'not_diverged', train: 1 })
    const release = { environment: 'production', sha: sha('x'), reason: 'x' }
    story.act('bob', { type: 'record_release', ...release })
    expect(story.refusal('ana', accept)).toEqual({ code: 'plan_changed', plan: story.plan(1) })
    story.act('ana', { ...accept, plan: story.plan(1) })
    expect(story.train(1).accepted).toEqual([{ by: 'ana', plan: story.plan(1) }])
  })
})

describe('a cancel', () => {
  test('is refused by permission, with no train, while it boards, and once it is live', () => {
    const story = two(only('depart', ['ana']))
    expect(story.refusal('bob', cancel)).toEqual({ code: 'not_allowed', permission: 'depart' })
    expect(story.refusal('ana', cancel)).toEqual({ code: 'no_train' })
    story.merge(change('a'))
    expect(story.refusal('ana', { ...cancel, train: 1 })).toEqual({
      code: 'still_boarding',
      train: 1,
    })
    const soaking = alone({ environments: [environment('production', { soakMs: 60_000 })] })
    soaking.merge(change('a'))
    soaking.depart()
    soaking.run('production', 'succeeded')
    expect(soaking.refusal('ana', cancel)).toEqual({ code: 'live_already', train: 1 })
  })

  test('of a run that no agent has taken ends it at once, and says who did', () => {
    const story = alone()
    story.merge(change('a'))
    story.depart()
    expect(story.act('bob', cancel)).toEqual([
      'cancel_requested',
      'deployment_ended',
      'deployment_settled',
      'train_opened',
      'train_cancelled',
    ])
    expect(story.log.find(({ type }) => type === 'deployment_ended')).toMatchObject({
      status: 'aborted',
      reason: 'cancelled by bob before an agent took it',
      tail: [],
      source: 'person',
    })
  })

  test('of a run at work waits for its end, and is said once', () => {
    const story = alone()
    story.merge(change('a'))
    story.depart()
    const { run, epoch, key } = story.underWay('production')
    story.act('signalbox', { type: 'claim_run', run })
    expect(story.act('bob', cancel)).toEqual(['cancel_requested', 'run_cancel_requested'])
    expect(story.log.at(-1)).toEqual({ type: 'run_cancel_requested', key, run })
    expect(story.train(1).cancelling).toEqual({ by: 'bob', reason: 'wait for b' })
    expect(story.refusal('ana', cancel)).toEqual({
      code: 'already_done',
      what: 'train #1 is being cancelled by bob',
    })
    expect(story.status(1)).toBe('departed')
    story.report(run, epoch, 'aborted')
    expect(story.status(1)).toBe('cancelled')
    expect(story.pipeline.deployments.find((one) => one.key === key)?.settled ?? true).toBe(true)
  })

  test('waits while nobody knows how the run ended', () => {
    const story = alone()
    story.merge(change('a'))
    story.depart()
    story.run('production', 'unknown')
    story.act('bob', cancel)
    expect(story.status(1)).toBe('departed')
    const settle = { type: 'settle_unknown', environment: 'production', reason: 'gone' } as const
    story.act('bob', { ...settle, outcome: 'failed' })
    expect(story.status(1)).toBe('cancelled')
  })

  test('lapses where the last environment succeeded meanwhile, and says whose it was', () => {
    const story = alone()
    story.merge(change('a'))
    story.depart()
    const { run, epoch } = story.underWay('production')
    story.act('signalbox', { type: 'claim_run', run })
    story.act('bob', cancel)
    story.report(run, epoch, 'succeeded')
    expect(story.log.find(({ type }) => type === 'cancel_lapsed')).toEqual({
      type: 'cancel_lapsed',
      train: 1,
      by: 'bob',
    })
    expect(story.status(1)).toBe('arrived')
  })

  test('leaves what it carried to the train behind, whoever boards or waits there', () => {
    const story = alone()
    story.merge(change('a'))
    story.act('bob', { type: 'stop', reason: 'look' })
    story.depart()
    story.merge(change('b', { parent: sha('a') }))
    story.depart()
    story.act('bob', { ...cancel, train: 1 })
    expect(story.log.find(({ type }) => type === 'train_cancelled')).toMatchObject({
      train: 1,
      by: 'bob',
      reason: 'wait for b',
      changes: [sha('a')],
      receiver: 2,
      coupled: sha('a'),
    })
    expect(story.train(2).holds).toMatchObject([{ by: 'bob', reason: /wait for b/ }])
    expect(story.aboard(2)).toEqual([sha('a'), sha('b')])
    expect(story.train(1).carried).toEqual([sha('a')])
  })

  test('of two in a row couples up to the newer of what they left', () => {
    const story = alone()
    story.act('bob', { type: 'stop', reason: 'look' })
    for (const [name, parent] of [
      ['a', null],
      ['b', sha('a')],
      ['c', sha('b')],
    ] as const) {
      story.merge(change(name, { parent }))
      story.depart()
    }
    story.act('bob', { ...cancel, train: 2 })
    expect(story.train(3).coupled).toBe(sha('b'))
    story.act('bob', { ...cancel, train: 1 })
    expect(story.train(3).coupled).toBe(sha('b'))
    expect(story.aboard(3)).toEqual([sha('a'), sha('b'), sha('c')])
  })

  test('leaves the environment that succeeded before as it is', () => {
    const story = two()
    story.merge(change('a'))
    story.depart()
    story.run('staging', 'succeeded')
    story.act('bob', cancel)
    expect(story.status(1)).toBe('cancelled')
    expect(story.live('staging')).toBe(sha('a'))
  })
})

describe('to try again', () => {
  test('is refused by permission, and where nothing has failed', () => {
    const story = alone(only('depart', ['ana']))
    expect(story.refusal('bob', retry)).toEqual({ code: 'not_allowed', permission: 'depart' })
    story.merge(change('a'))
    story.act('ana', depart)
    expect(story.refusal('ana', retry)).toEqual({ code: 'nothing_failed' })
    story.run('production', 'unknown')
    expect(story.refused('ana', retry)).toBe('nothing_failed')
  })

  test.each(['failed', 'aborted'] as const)('is for what %s, of the train that is named', (how) => {
    const story = alone()
    story.merge(change('a'))
    story.depart()
    const { key } = story.underWay('production')
    story.run('production', how)
    expect(story.refused('ana', { ...retry, train: 2 })).toBe('nothing_failed')
    story.act('ana', { ...retry, train: 1 })
    expect(story.log.find(({ type }) => type === 'deployment_settled')).toEqual({
      type: 'deployment_settled',
      key,
      why: 'retry',
    })
    expect(story.underWay('production').attempt).toBe(2)
    expect(story.refused('ana', retry)).toBe('nothing_failed')
  })

  test('is not for what only an agent told of', () => {
    const story = alone()
    story.act('signalbox', {
      type: 'take_account',
      environment: 'production',
      run: 'elsewhere-1',
      kind: 'forward',
      sha: sha('x'),
      account: {
        agent: 'embedded',
        epoch: 4,
        status: 'failed',
        hand: { by: 'bob', reason: 'the server was away' },
      },
      begun: true,
      reason: 'exit 1',
      tail: [],
    })
    expect(story.refused('ana', retry)).toBe('nothing_failed')
  })
})
