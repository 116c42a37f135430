/**
 * Glass, countdowns, flags, verifications and REFs: what is refused, and what each refusal names.
 */
import { describe, expect, test } from 'vitest'
import type { FoundRef } from '../../src/core/command.ts'
import type { FlagsPolicy, Policy } from '../../src/core/policy.ts'
import { askAuthors, change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const allowing = (permissions = {}, over: Partial<Policy> = {}): LineStory =>
  new LineStory(
    policy({
      environments: [environment('staging'), environment('production')],
      permissions: { ...policy().permissions, ...permissions },
      ...over,
    }),
  )

const nowhere = {
  code: 'no_such_environment',
  environment: 'moon',
  known: ['staging', 'production'],
}

describe('to break the glass', () => {
  const smash = {
    type: 'break_glass',
    train: null,
    environment: null,
    gates: [],
    reason: 'the site is down',
  } as const
  const BY_DEFAULT = ['checks', 'consent', 'approvals', 'window', 'soak']

  test('is refused by permission, to a machine, for other gates, and with no train', () => {
    const story = allowing({ break_glass: ['dee', 'ci'] })
    expect(story.refusal('ana', smash)).toEqual({ code: 'not_allowed', permission: 'break_glass' })
    expect(story.refusal('ci', smash)).toEqual({ code: 'people_only', act: 'break the glass' })
    expect(story.refusal('dee', { ...smash, gates: ['hold', 'failed'] })).toEqual({
      code: 'not_breakable',
      gate: 'failed',
      breakable: [...BY_DEFAULT, 'hold', 'stopped', 'lock', 'order', 'veto', 'facts', 'migration'],
    })
    expect(story.refusal('dee', smash)).toEqual({ code: 'no_train' })
    expect(story.refusal('dee', { ...smash, train: 9 })).toEqual({
      code: 'no_such_train',
      train: 9,
    })
    story.merge(change('a'))
    expect(story.refusal('dee', { ...smash, environment: 'moon' })).toEqual(nowhere)
  })

  test('is kept with who did, where, which gates, for which plan, and why', () => {
    const approvals = { ...askAuthors, others: 1 }
    const story = allowing(
      { break_glass: ['dee'] },
      {
        environments: [
          environment('staging', { approvals }),
          environment('production', { approvals }),
        ],
      },
    )
    story.act('bob', { type: 'stop', reason: 'look' })
    story.merge(change('a'))
    story.merge(change('b', { parent: sha('a') }))
    expect(story.act('dee', smash)).toEqual(['train_departed', 'glass_broken'])
    expect(story.log.find(({ type }) => type === 'train_departed')).toMatchObject({
      sha: sha('b'),
      why: 'by_hand',
      changes: [sha('a'), sha('b')],
    })
    const its = { by: 'dee', plan: story.plan(1), reason: 'the site is down' }
    expect(story.train(1).overrides).toEqual([
      { ...its, environment: 'staging', gates: BY_DEFAULT },
    ])
    story.act('dee', { ...smash, gates: ['order'] })
    expect(story.train(1).overrides.at(-1)).toMatchObject({
      environment: 'production',
      gates: ['order'],
    })
  })
})

describe('to cancel a countdown', () => {
  const keep = {
    type: 'cancel_countdown',
    environment: null,
    deployment: null,
    since: null,
    reason: null,
  } as const

  test('is for who may hold or roll back, and is refused where none runs', () => {
    const story = allowing({ hold: ['ana'], roll_back: ['bob'] })
    expect(story.refusal('cem', keep)).toEqual({ code: 'not_allowed', permission: 'hold' })
    expect(story.refusal('ana', keep)).toEqual({ code: 'no_countdown', environment: null })
    expect(story.refusal('bob', { ...keep, environment: 'staging' })).toEqual({
      code: 'no_countdown',
      environment: 'staging',
    })
    expect(story.refusal('bob', { ...keep, environment: 'moon' })).toEqual(nowhere)
  })
})

describe('to turn a flag off', () => {
  const flags: FlagsPolicy = {
    match: 'flag:',
    off: { kind: 'http', url: 'http://flags/off', timeoutMs: 10_000 },
  }
  const off = { type: 'flag_off', environment: null, flag: 'new-cart' } as const

  test('is refused by permission, where nobody said how, for no name, and in no environment', () => {
    const story = allowing({ roll_back: ['bob'] }, { flags })
    expect(story.refusal('ana', off)).toEqual({ code: 'not_allowed', permission: 'roll_back' })
    expect(story.refusal('bob', { ...off, flag: '-rf' })).toEqual({
      code: 'not_a_flag',
      flag: '-rf',
    })
    expect(story.refusal('bob', { ...off, environment: 'moon' })).toEqual(nowhere)
    expect(allowing().refusal('bob', off)).toEqual({ code: 'no_flags' })
  })

  test('is refused while somebody does, up to five minutes after it should have ended', () => {
    const story = allowing({}, { flags })
    story.act('bob', off)
    expect(story.refusal('ana', off)).toEqual({
      code: 'flag_under_way',
      flag: 'new-cart',
      environment: 'production',
      by: 'bob',
    })
    expect(story.refused('ana', { ...off, environment: 'staging' })).toBe('accepted')
    expect(story.refused('ana', { ...off, flag: 'other' })).toBe('accepted')
    story.pass(10_000 + 5 * 60_000 - 1)
    expect(story.refused('ana', off)).toBe('flag_under_way')
    story.pass(1)
    expect(story.refused('ana', off)).toBe('accepted')
  })

  test('names the train that is there, also after it arrived', () => {
    const story = allowing({}, { flags })
    story.act('bob', { ...off, environment: 'staging' })
    expect(story.log.at(-1)).toMatchObject({ train: null, environment: 'staging' })
    story.merge(change('a'))
    story.depart()
    story.act('bob', { ...off, environment: 'staging', flag: 'other' })
    expect(story.log.at(-1)).toMatchObject({ train: 1 })
    story.run('staging', 'succeeded')
    story.act('bob', { ...off, environment: 'staging', flag: 'third' })
    expect(story.log.at(-1)).toMatchObject({ train: 1 })
  })

  test('is recorded as it came out, with what was said', () => {
    const story = allowing({}, { flags })
    story.act('bob', off)
    const told = { type: 'record_flag', flag: 'new-cart', since: story.now } as const
    const failed = { ...told, outcome: 'failed', says: 'answered 500' } as const
    expect(story.act('signalbox', { ...failed, environment: 'moon' })).toEqual([])
    expect(story.act('signalbox', { ...failed, environment: 'production' })).toEqual([
      'flag_off_failed',
    ])
    expect(story.log.at(-1)).toMatchObject({
      environment: 'production',
      off: { flag: 'new-cart', by: 'bob', status: 'failed', says: 'answered 500' },
    })
  })
})

test('to answer for a verification is for a linked person with the right to settle', () => {
  const go = { type: 'continue', environment: null, reason: 'fine' } as const
  const story = allowing({ settle: ['ana', 'ci'] })
  expect(story.refusal('bob', go)).toEqual({ code: 'not_allowed', permission: 'settle' })
  expect(story.refusal('ci', go)).toEqual({
    code: 'people_only',
    act: 'answer for a verification',
  })
  expect(story.refusal('ana', go)).toEqual({ code: 'nothing_doubtful', environment: null })
  expect(story.refusal('ana', { ...go, environment: 'staging' })).toEqual({
    code: 'nothing_doubtful',
    environment: 'staging',
  })
  expect(story.refusal('ana', { ...go, environment: 'moon' })).toEqual(nowhere)
})

describe('to depart a REF', () => {
  const found = (over: Partial<FoundRef> = {}): FoundRef => ({
    ref: 'hotfix/x',
    sha: sha('x'),
    isOnBranch: false,
    fork: sha('a'),
    changes: [change('x', { parent: sha('a') })],
    contains: [sha('a')],
    lacks: [],
    within: [],
    ...over,
  })
  const send = (it: FoundRef, where: string | null = null) =>
    ({ type: 'depart_ref', train: null, found: it, environment: where }) as const

  /** `a` is live everywhere. */
  function live(): LineStory {
    const story = allowing({ special: ['ana'], depart: ['ana', 'bob'] })
    story.merge(change('a'))
    story.act('ana', { type: 'depart', train: null, ref: null, environment: null, plan: null })
    story.run('staging', 'succeeded')
    story.run('production', 'succeeded')
    return story
  }

  test('is refused as it was looked up, and by permission', () => {
    const story = live()
    const missing = { code: 'no_such_ref', ref: 'v9' } as const
    const command = { type: 'depart_ref', train: null, environment: null } as const
    expect(story.refusal('ana', { ...command, found: missing })).toEqual(missing)
    expect(story.refusal('bob', send(found()))).toEqual({
      code: 'not_allowed',
      permission: 'special',
    })
    expect(story.refusal('cem', send(found({ isOnBranch: true })))).toEqual({
      code: 'not_allowed',
      permission: 'depart',
    })
    expect(story.refusal('ana', send(found(), 'moon'))).toEqual(nowhere)
  })

  test('that is on the branch is refused for one environment, unheard of, or older than live', () => {
    const story = live()
    const on = found({ isOnBranch: true, ref: 'main~1' })
    expect(story.refusal('ana', send(on, 'staging'))).toEqual({
      code: 'on_branch',
      ref: 'main~1',
      branch: 'main',
    })
    expect(story.refusal('ana', send(on))).toEqual({
      code: 'not_heard',
      ref: 'main~1',
      branch: 'main',
    })
    expect(story.refusal('ana', send({ ...on, within: [sha('a')] }))).toEqual({
      code: 'older_than_live',
      ref: 'main~1',
      environment: 'production',
    })
  })

  test('from off the branch is refused where it is older than live, and while one is on its way', () => {
    const story = live()
    expect(story.refusal('ana', send(found({ within: [sha('a')] }), 'staging'))).toEqual({
      code: 'older_than_live',
      ref: 'hotfix/x',
      environment: 'staging',
    })
    story.act('ana', send(found()))
    expect(story.refusal('ana', send(found()))).toEqual({
      code: 'already_done',
      what: 'train #2 is under way with it',
    })
  })

  test('keeps what it was found to be, who sent it, and where it goes', () => {
    const story = live()
    story.act('ana', send(found(), 'staging'))
    expect(story.log.find(({ type }) => type === 'special_departed')).toMatchObject({
      train: 2,
      sha: sha('x'),
      journey: ['staging'],
      changes: [sha('x')],
      special: {
        ref: 'hotfix/x',
        by: 'ana',
        isOffBranch: true,
        fork: sha('a'),
        contains: [sha('a')],
        lacks: [],
        merged: null,
        keeps: [],
      },
    })
  })

  test('is seen once to have come to the branch, by a change that is heard of', () => {
    const story = live()
    story.act('ana', send(found()))
    const merged = { type: 'record_merged', train: 2, change: sha('b') } as const
    expect(story.act('signalbox', merged)).toEqual([])
    story.merge(change('b', { parent: sha('a') }))
    expect(story.act('signalbox', { ...merged, train: 1 })).toEqual([])
    expect(story.act('signalbox', { ...merged, train: 9 })).toEqual([])
    expect(story.act('signalbox', merged)).toEqual(['special_merged'])
    expect(story.log.at(-1)).toEqual({
      type: 'special_merged',
      train: 2,
      sha: sha('x'),
      change: sha('b'),
    })
    expect(story.act('signalbox', merged)).toEqual([])
  })
})
