/**
 * What an agent reports of a run, and what a person says of one nobody knows the end of.
 */
import { describe, expect, test } from 'vitest'
import { change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

function requested(over = {}): LineStory {
  const story = new LineStory(
    policy({
      environments: [environment('production')],
      permissions: { ...policy().permissions, ...over },
    }),
  )
  story.merge(change('a'))
  story.depart()
  return story
}

const its = (story: LineStory) => {
  const found = story.pipeline.deployments.at(-1)
  if (found === undefined) throw new Error('nothing was deployed')
  return found
}

const claim = (story: LineStory) => ({ type: 'claim_run', run: its(story).run }) as const

const settle = {
  type: 'settle_unknown',
  environment: 'production',
  outcome: 'succeeded',
  reason: 'it runs there',
} as const

describe('a deployment that is ordered', () => {
  test('is named after its train, environment and attempt, and nothing is done yet', () => {
    const story = requested()
    expect(its(story)).toMatchObject({
      key: 'api/1:production:forward:1',
      run: 'api-1-production-forward-1',
      train: 1,
      environment: 'production',
      kind: 'forward',
      attempt: 1,
      sha: sha('a'),
      baseSha: null,
      epoch: 1,
      agent: 'embedded',
      status: 'requested',
      requestedAt: 1_000_000,
      startedAt: null,
      endedAt: null,
      reason: null,
      tail: [],
      claimed: false,
      cancelling: false,
      settled: false,
      takenBack: false,
      account: null,
      reaction: null,
      replaces: { sha: null, ailment: null },
    })
  })

  test('once more is another attempt under a higher epoch', () => {
    const story = requested()
    story.run('production', 'failed')
    story.act('ana', { type: 'retry', train: 1, reason: 'a hiccup' })
    expect(its(story)).toMatchObject({
      key: 'api/1:production:forward:2',
      run: 'api-1-production-forward-2',
      attempt: 2,
      epoch: 2,
    })
  })
})

describe('an agent', () => {
  test('claims a run once', () => {
    const story = requested()
    expect(story.act('signalbox', claim(story))).toEqual(['run_claimed'])
    expect(its(story).claimed).toBe(true)
    expect(story.act('signalbox', claim(story))).toEqual([])
  })

  test('claims none that is unknown, has begun or is being ended', () => {
    const story = requested()
    expect(story.refusal('signalbox', { type: 'claim_run', run: 'nobody-1' })).toEqual({
      code: 'no_such_run',
      run: 'nobody-1',
    })
    const { run } = its(story)
    const waiting = story.pipeline
    story.pipeline = { ...waiting, deployments: [{ ...its(story), cancelling: true }] }
    expect(story.refusal('signalbox', claim(story))).toEqual({ code: 'no_such_run', run })
    story.pipeline = { ...waiting, deployments: [{ ...its(story), cancelling: false }] }
    story.act('signalbox', claim(story))
    story.report(run, 1, 'running')
    expect(story.refused('signalbox', claim(story))).toBe('no_such_run')
  })

  test('tells of a beginning once, and when', () => {
    const story = requested()
    story.act('signalbox', claim(story))
    story.pass(1_000)
    expect(story.report(its(story).run, 1, 'running')).toEqual(['run_started'])
    expect(its(story)).toMatchObject({ status: 'running', startedAt: 1_001_000 })
    expect(story.report(its(story).run, 1, 'running')).toEqual([])
  })

  test('is refused for a run nobody knows, and for another epoch', () => {
    const story = requested()
    const { run } = its(story)
    const report = { type: 'record_run', run, epoch: 1, status: 'failed' } as const
    const said = { reason: null, tail: [] }
    expect(story.refusal('signalbox', { ...report, ...said, run: 'nobody-1' })).toEqual({
      code: 'no_such_run',
      run: 'nobody-1',
    })
    expect(story.refusal('signalbox', { ...report, ...said, epoch: 0 })).toEqual({
      code: 'stale_epoch',
      run,
      epoch: 0,
    })
  })

  test('writes an outcome once', () => {
    const story = requested()
    const { run } = its(story)
    story.act('signalbox', claim(story))
    story.pass(1_000)
    story.report(run, 1, 'failed')
    expect(its(story)).toMatchObject({ status: 'failed', endedAt: 1_001_000, reason: 'it failed' })
    expect(story.report(run, 1, 'succeeded')).toEqual([])
    expect(story.report(run, 1, 'unknown')).toEqual([])
    expect(its(story).status).toBe('failed')
  })

  test('that finds out later ends what nobody knew the end of, and no other word does', () => {
    const story = requested()
    const { run } = its(story)
    story.run('production', 'unknown')
    expect(story.report(run, 1, 'unknown')).toEqual([])
    expect(story.report(run, 1, 'running')).toEqual([])
    expect(story.report(run, 1, 'succeeded')).toContain('deployment_ended')
    expect(story.log.find(({ type }) => type === 'deployment_ended')).toMatchObject({
      source: 'agent',
    })
    expect(story.status(1)).toBe('arrived')
  })

  test('leaves the last lines of its log', () => {
    const story = requested()
    const { run } = its(story)
    story.act('signalbox', claim(story))
    const report = { type: 'record_run', run, epoch: 1, status: 'failed' } as const
    story.act('signalbox', { ...report, reason: 'exit 1', tail: ['a', 'b'] })
    expect(its(story)).toMatchObject({ reason: 'exit 1', tail: ['a', 'b'] })
  })
})

describe('a person settles', () => {
  test('only what nobody knows, by permission, and in an environment there is', () => {
    const story = requested({ settle: ['bob'] })
    expect(story.refusal('ana', settle)).toEqual({ code: 'not_allowed', permission: 'settle' })
    expect(story.refusal('bob', settle)).toEqual({
      code: 'not_unknown',
      environment: 'production',
    })
    expect(story.refusal('bob', { ...settle, environment: 'moon' })).toMatchObject({
      code: 'no_such_environment',
      environment: 'moon',
    })
    story.run('production', 'failed')
    expect(story.refused('bob', settle)).toBe('not_unknown')
  })

  test('what succeeded, which then goes its way, in that person’s name', () => {
    const story = requested()
    story.run('production', 'unknown')
    story.act('bob', settle)
    expect(story.log.findLast(({ type }) => type === 'deployment_ended')).toMatchObject({
      status: 'succeeded',
      reason: 'settled by bob: it runs there',
      source: 'person',
    })
    expect(story.status(1)).toBe('arrived')
    expect(story.pipeline.environments[0]?.live).toMatchObject({ train: 1, by: null })
  })

  test('what failed, which then waits like any failure', () => {
    const story = requested()
    story.run('production', 'unknown')
    expect(story.act('bob', { ...settle, outcome: 'failed' })).toEqual(['deployment_ended'])
    expect(story.gates()).toEqual(['failed'])
  })

  test.each(['succeeded', 'failed'] as const)('that what an agent told of has %s', (outcome) => {
    const story = requested()
    story.run('production', 'failed')
    story.act('signalbox', {
      type: 'take_account',
      environment: 'production',
      run: 'elsewhere-1',
      kind: 'forward',
      sha: sha('x'),
      account: { agent: 'embedded', epoch: 4, status: 'running', hand: null },
      begun: true,
      reason: 'its journal says so',
      tail: ['last line'],
    })
    const events = story.act('bob', { ...settle, outcome })
    expect(story.log.findLast(({ type }) => type === 'deployment_ended')).toMatchObject({
      status: outcome,
      tail: ['last line'],
    })
    if (outcome === 'failed') expect(events).toEqual(['deployment_ended'])
    else {
      expect(events.slice(0, 3)).toEqual([
        'deployment_ended',
        'deployment_settled',
        'release_recorded',
      ])
      expect(story.pipeline.environments[0]?.live).toMatchObject({
        sha: sha('x'),
        by: 'bob',
        train: null,
        epoch: 5,
      })
    }
  })
})
