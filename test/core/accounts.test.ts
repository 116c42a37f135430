/**
 * What an agent tells that this line did not order: what is kept of it, and what gives way to it.
 */
import { describe, expect, test } from 'vitest'
import type { Account } from '../../src/core/account.ts'
import type { Command } from '../../src/core/command.ts'
import { change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

type Told = Extract<Command, { type: 'take_account' }>

const told = (account: Partial<Account> = {}, over: Partial<Told> = {}): Told => ({
  type: 'take_account',
  environment: 'production',
  run: 'elsewhere-1',
  kind: 'forward',
  sha: sha('x'),
  account: { agent: 'embedded', epoch: 4, status: 'succeeded', hand: null, ...account },
  begun: true,
  reason: 'its journal says so',
  tail: ['last line'],
  ...over,
})

const alone = () => {
  const production = environment('production', {
    deploy: { run: 'deploy.sh', in: null, timeoutMs: 9, silenceTimeoutMs: null },
  })
  return new LineStory(policy({ environments: [environment('staging'), production] }))
}

/** `a` is live everywhere, and `b` is under way in production. */
function underWay(): LineStory {
  const story = alone()
  for (const [name, parent] of [
    ['a', null],
    ['b', sha('a')],
  ] as const) {
    story.merge(change(name, { parent }))
    story.depart()
    story.run('staging', 'succeeded')
    if (name === 'a') story.run('production', 'succeeded')
  }
  story.pass(1_000)
  return story
}

const toldOf = (story: LineStory) =>
  story.log.flatMap((one) => (one.type === 'deployment_told' ? [one.deployment] : [])).at(-1)

const ends = (story: LineStory) =>
  story.log.flatMap((one) =>
    one.type === 'deployment_ended' && one.key.includes('/2:production')
      ? [[one.status, one.reason, one.source]]
      : [],
  )

describe('an account', () => {
  test('is kept whole, as what nobody has looked at yet', () => {
    const story = underWay()
    story.act('signalbox', told())
    expect(toldOf(story)).toMatchObject({
      key: 'api/told-4:production:forward:1',
      run: 'elsewhere-1',
      train: null,
      environment: 'production',
      kind: 'forward',
      attempt: 1,
      sha: sha('x'),
      baseSha: sha('a'),
      epoch: 4,
      plan: '',
      deploy: { run: 'deploy.sh' },
      agent: 'embedded',
      status: 'unknown',
      requestedAt: 1_001_000,
      startedAt: 1_001_000,
      endedAt: 1_001_000,
      reason: 'its journal says so',
      tail: ['last line'],
      claimed: true,
      cancelling: false,
      settled: false,
      takenBack: false,
      reaction: null,
    })
  })

  test('of a run that never began touches nothing, and keeps nothing closed', () => {
    const story = underWay()
    expect(story.act('signalbox', told({}, { begun: false }))).toEqual(['deployment_told'])
    expect(toldOf(story)).toMatchObject({ status: 'aborted', startedAt: null, settled: true })
    expect(story.underWay('production').train).toBe(2)
  })

  test('of a deploy by hand that runs still is unknown, and one that failed has failed', () => {
    const hand = { by: 'bob', reason: 'the server was away' }
    const running = underWay()
    running.act('signalbox', told({ status: 'running', hand }))
    expect(toldOf(running)?.status).toBe('unknown')
    const failed = underWay()
    failed.act('signalbox', told({ status: 'failed', hand }))
    expect(toldOf(failed)).toMatchObject({ status: 'failed', settled: false })
    expect(failed.live('production')).toBe(sha('a'))
  })

  test('that was at work is news once more when it has ended, and only then', () => {
    const story = underWay()
    const running = told({ status: 'running' })
    story.act('signalbox', running)
    expect(story.act('signalbox', running)).toEqual([])
    const ended = told({ status: 'failed' }, { reason: 'exit 1', tail: ['the end'] })
    expect(story.act('signalbox', ended)).toEqual(['deployment_told'])
    expect(toldOf(story)).toMatchObject({
      status: 'unknown',
      reason: 'exit 1',
      tail: ['the end'],
      account: { status: 'failed' },
    })
    expect(story.act('signalbox', ended)).toEqual([])
  })

  test('is no news once somebody has settled it', () => {
    const story = underWay()
    story.act('signalbox', told({ status: 'running' }))
    const settle = { type: 'settle_unknown', environment: 'production', reason: 'x' } as const
    story.act('bob', { ...settle, outcome: 'failed' })
    expect(story.act('signalbox', told({ status: 'succeeded' }))).toEqual([])
  })

  test('of an environment that is not there is refused', () => {
    expect(alone().refused('signalbox', told({}, { environment: 'moon' }))).toBe(
      'no_such_environment',
    )
  })
})

describe('what this line believed to be there gives way', () => {
  const why = 'agent embedded has gone on to epoch 4 since'

  test('as never begun, where no agent had taken it', () => {
    const story = underWay()
    story.act('signalbox', told())
    expect(ends(story)).toEqual([['aborted', why, 'agent']])
    expect(story.log.find(({ type }) => type === 'deployment_settled')).toMatchObject({
      why: 'release',
    })
  })

  test('as unheard of and then over, where one had', () => {
    const story = underWay()
    const { run } = story.underWay('production')
    story.act('signalbox', { type: 'claim_run', run })
    story.act('signalbox', told())
    expect(ends(story)).toEqual([
      ['unknown', 'its end was never reported', 'agent'],
      ['failed', why, 'agent'],
    ])
  })

  test('as over, where nobody knew how it ended', () => {
    const story = underWay()
    story.run('production', 'unknown')
    story.act('signalbox', told())
    expect(ends(story).slice(1)).toEqual([['failed', why, 'agent']])
  })

  test('without another end, where it had failed already', () => {
    const story = underWay()
    story.run('production', 'failed')
    expect(story.act('signalbox', told())).toEqual(['deployment_settled', 'deployment_told'])
  })

  test('to a deploy by hand, with who did it and why', () => {
    const story = underWay()
    story.act('bob', told({ hand: { by: 'bob', reason: 'the server was away' } }))
    expect(ends(story)).toEqual([
      ['aborted', 'bob deployed by hand meanwhile: the server was away', 'agent'],
    ])
  })
})

describe('somebody who looked says what is live', () => {
  const record = (name: string) =>
    ({
      type: 'record_release',
      environment: 'production',
      sha: sha(name),
      reason: 'looked',
    }) as const

  test('which is what the agent told of, or is not', () => {
    const outcomes = ['x', 'y'].map((name) => {
      const story = underWay()
      story.act('signalbox', told())
      story.act('bob', record(name))
      return story.log.flatMap((one) =>
        one.type === 'deployment_ended' && one.key.includes('/told-') ? [one.status] : [],
      )
    })
    expect(outcomes).toEqual([['succeeded'], ['failed']])
  })

  test('of something else than the line’s own lost run, which then has failed', () => {
    const story = underWay()
    story.run('production', 'unknown')
    story.act('bob', record('b'))
    expect(ends(story).at(-1)).toEqual(['failed', 'bob recorded what is live: looked', 'person'])
  })

  test('once what failed is known, without another end', () => {
    const story = underWay()
    story.run('production', 'failed')
    const before = ends(story).length
    story.act('bob', record('x'))
    expect(ends(story)).toHaveLength(before)
  })
})
