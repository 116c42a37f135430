/**
 * The words a rollback needs, and what it leaves: refusals with their facts, ends, locks, orders.
 */
import { describe, expect, test } from 'vitest'
import { sha } from '../world/policy.ts'
import { alone, back, ended, thirdUnderWay, twoReleases } from './release-story.ts'

const lock = {
  type: 'lock',
  id: 'L1',
  environment: 'production',
  reason: 'migration',
  forMs: null,
  takeOver: false,
} as const

describe('a rollback is refused', () => {
  test('while something is under way, or nobody knows how it ended, with whose it is', () => {
    const story = thirdUnderWay()
    const where = { environment: 'production', train: 3 }
    expect(story.refusal('bob', back)).toEqual({ code: 'must_abort', ...where })
    expect(story.refusal('bob', { ...back, settle: true })).toEqual({
      code: 'must_abort',
      ...where,
    })
    const { run } = story.underWay('production')
    story.act('signalbox', { type: 'claim_run', run })
    story.report(run, 3, 'running')
    expect(story.refusal('bob', back)).toEqual({ code: 'must_abort', ...where })
    story.report(run, 3, 'unknown')
    expect(story.refusal('bob', back)).toEqual({ code: 'must_settle', ...where })
    expect(story.refusal('bob', { ...back, abort: true })).toEqual({
      code: 'must_settle',
      ...where,
    })
  })

  test('under another’s lock, with whose it is and why', () => {
    const story = twoReleases()
    story.act('cem', { ...lock, environment: null })
    expect(story.refusal('bob', back)).toEqual({
      code: 'locked',
      by: 'cem',
      reason: 'migration',
      where: 'production',
    })
    expect(story.refused('cem', back)).toBe('accepted')
  })

  test('to what was never live there, with what was; and to what is', () => {
    const story = twoReleases()
    expect(story.refusal('bob', { ...back, to: 'fffffff' })).toEqual({
      code: 'not_a_release',
      environment: 'production',
      to: 'fffffff',
      known: [sha('a'), sha('b')],
    })
    expect(story.refusal('bob', { ...back, to: sha('b').slice(0, 8) })).toEqual({
      code: 'already_done',
      what: `production is at ${sha('b').slice(0, 8)} already`,
    })
    expect(alone().refusal('bob', back)).toEqual({
      code: 'nothing_before',
      environment: 'production',
    })
  })

  test('by permission', () => {
    expect(thirdUnderWay({ roll_back: ['ana'] }).refusal('bob', back)).toEqual({
      code: 'not_allowed',
      permission: 'roll_back',
    })
  })
})

describe('a rollback that is ordered', () => {
  test('keeps who ordered it, why, when, and what goes where', () => {
    const story = twoReleases()
    story.pass(1_000)
    story.act('bob', back)
    expect(story.log.find(({ type }) => type === 'rollback_ordered')).toMatchObject({
      environment: 'production',
      order: {
        by: 'bob',
        reason: 'prices are wrong',
        since: 1_001_000,
        epoch: 2,
        from: sha('b'),
        to: { sha: sha('a'), train: 1, epoch: 1 },
      },
    })
    expect(story.pipeline.environments[0]?.lock).toEqual({
      id: 'production-rollback-3-1001000',
      environment: 'production',
      by: 'bob',
      reason: 'rolled back: prices are wrong',
      since: 1_001_000,
      expires: null,
    })
    expect(story.underWay('production')).toMatchObject({
      key: 'api/2:production:rollback:1',
      run: 'api-2-production-rollback-1',
      plan: '',
      epoch: 3,
    })
  })

  test('ends what no agent has taken, and says who rolls back', () => {
    const story = thirdUnderWay()
    story.act('bob', { ...back, abort: true })
    expect(ended(story)).toMatchObject({
      status: 'aborted',
      reason: 'bob rolls back: prices are wrong',
      source: 'person',
      tail: [],
    })
  })

  test('asks once for the end of what is at work, and waits for it', () => {
    const story = thirdUnderWay()
    const { run, key } = story.underWay('production')
    story.act('signalbox', { type: 'claim_run', run })
    story.act('bob', { type: 'cancel', train: 3, reason: 'no' })
    expect(story.act('bob', { ...back, abort: true })).toEqual(['rollback_ordered', 'locked'])
    const asked = story.log.filter(({ type }) => type === 'run_cancel_requested')
    expect(asked).toEqual([{ type: 'run_cancel_requested', key, run }])
  })

  test('declares dead what nobody knows the end of, in the name of whoever said so', () => {
    const story = thirdUnderWay()
    story.run('production', 'unknown')
    story.act('bob', { ...back, settle: true })
    expect(ended(story)).toMatchObject({
      status: 'failed',
      reason: 'declared dead by bob: prices are wrong',
      source: 'person',
    })
  })

  test('takes over every lock of others, each under its own name, with its end', () => {
    const story = twoReleases()
    story.act('cem', { ...lock, id: 'P', environment: null, forMs: 3_600_000 })
    story.act('dee', lock)
    story.pass(1_000)
    story.act('bob', { ...back, takeOver: true })
    const locked = story.log.filter(({ type }) => type === 'locked').slice(-2)
    const its = { by: 'bob', reason: 'rolled back: prices are wrong', since: 1_001_000 }
    expect(locked).toMatchObject([
      { lock: { ...its, id: 'L1', environment: 'production' }, takenFrom: 'dee' },
      { lock: { ...its, id: 'P', environment: null, expires: 4_600_000 }, takenFrom: 'cem' },
    ])
  })

  test('overrules the lock on everything, which stays its holder’s', () => {
    const story = twoReleases()
    const everything = { ...lock, environment: null, by: 'cem', since: 0, expires: null }
    const { id, environment: scope, by, reason, since, expires } = everything
    const lockAll = { id, environment: scope, by, reason, since, expires }
    story.pipeline = { ...story.pipeline, lockAll }
    expect(story.refused('bob', back)).toBe('locked')
    story.act('bob', { ...back, takeOver: true })
    expect(story.log.find(({ type }) => type === 'lock_overruled')).toEqual({
      type: 'lock_overruled',
      environment: 'production',
      lock: lockAll,
      reason: 'prices are wrong',
    })
    expect(story.pipeline.lockAll).toEqual(lockAll)
  })
})
