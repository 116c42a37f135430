import { describe, expect, test } from 'vitest'
import type { Account } from '../../src/core/account.ts'
import type { Command } from '../../src/core/command.ts'
import { change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const alone = (soakMs = 0) =>
  new LineStory(policy({ environments: [environment('production', { soakMs })] }))

function ride(story: LineStory, name: string, parent?: string): void {
  story.merge(change(name, parent === undefined ? {} : { parent: sha(parent) }))
  story.depart()
  story.run('production', 'succeeded')
}

type Told = Extract<Command, { type: 'take_account' }>

const account = (over: Partial<Account> = {}): Account => ({
  agent: 'embedded',
  epoch: 2,
  status: 'succeeded',
  hand: { by: 'ana', reason: 'prices are wrong' },
  ...over,
})

const told = (name: string, over: Partial<Told> = {}): Told => ({
  type: 'take_account',
  environment: 'production',
  run: `api-production-by-hand-${name}`,
  kind: 'forward',
  sha: sha(name),
  account: account(),
  begun: true,
  reason: 'exit status 0',
  tail: [],
  ...over,
})

const failed = (name: string): Told =>
  told(name, { account: account({ status: 'failed' }), reason: 'exit status 3' })

const place = (story: LineStory) => story.pipeline.environments[0]

describe('a deploy by hand that ended well', () => {
  test('is live by that person’s word, under an epoch above the agent’s and the line’s own', () => {
    const story = alone()
    ride(story, 'a')
    story.act('ana', told('fix', { account: account({ epoch: 7 }) }))
    expect(place(story)).toMatchObject({ epoch: 7, live: { sha: sha('fix'), by: 'ana', epoch: 7 } })
    story.act('ana', told('again', { account: account({ epoch: 7 }) }))
    expect(place(story)).toMatchObject({ epoch: 8, live: { sha: sha('again'), epoch: 8 } })
  })

  test('is no news when it is told again', () => {
    const story = alone()
    ride(story, 'a')
    story.act('ana', told('fix'))
    expect(story.act('ana', told('fix'))).toEqual([])
  })

  test('ends what only waited for its agent, which then goes on from what is live now', () => {
    const story = alone()
    ride(story, 'a')
    story.merge(change('b', { parent: sha('a') }))
    story.merge(change('c', { parent: sha('b') }))
    story.depart()
    story.act('ana', told('b'))
    expect(story.log.filter(({ type }) => type === 'deployment_ended').at(-1)).toMatchObject({
      status: 'aborted',
      reason: 'ana deployed by hand meanwhile: prices are wrong',
    })
    expect(story.live('production')).toBe(sha('b'))
    expect(story.aboard(2)).toEqual([sha('c')])
    expect(story.underWay('production')).toMatchObject({ sha: sha('c'), epoch: 4, attempt: 2 })
  })

  test('leaves no doubt about a run whose end was never reported', () => {
    const story = alone()
    ride(story, 'a')
    story.merge(change('b', { parent: sha('a') }))
    story.depart()
    const { run, epoch } = story.underWay('production')
    story.act('signalbox', { type: 'claim_run', run })
    story.act('ana', told('b'))
    const ends = story.log.filter(({ type }) => type === 'deployment_ended').slice(-2)
    expect(ends).toMatchObject([{ status: 'unknown' }, { status: 'failed' }])
    expect(story.report(run, epoch, 'succeeded')).toEqual([])
    expect(place(story)?.live).toMatchObject({ sha: sha('b'), by: 'ana' })
  })

  test('halfway up a train that soaks is a way back: locked, and asked for anew', () => {
    const story = alone(60_000)
    story.merge(change('a'))
    story.merge(change('b', { parent: sha('a') }))
    story.depart()
    story.run('production', 'succeeded')
    story.act('ana', told('a'))
    expect(story.status(1)).toBe('rolled_back')
    expect(place(story)?.lock).toMatchObject({ by: 'ana' })
    expect(place(story)?.vetoes).toMatchObject([{ from: sha('b'), target: sha('a') }])
    expect(story.aboard(2)).toEqual([sha('b')])
  })

  test('ends the soak of what it replaced, whose train does not arrive by it', () => {
    const story = alone(60_000)
    ride(story, 'a')
    story.act('ana', told('a'))
    story.pass(120_000)
    expect(story.status(1)).toBe('departed')
    expect(story.gates()).toEqual(['diverged'])
    expect(place(story)?.live).toMatchObject({ by: 'ana' })
  })

  test('behind the former release it is a rollback by hand: lock, veto, trains taken back', () => {
    const story = alone()
    ride(story, 'a')
    ride(story, 'b', 'a')
    story.act('ana', told('a', { kind: 'rollback', account: account({ epoch: 3 }) }))
    expect(story.status(2)).toBe('rolled_back')
    expect(place(story)).toMatchObject({ lock: { by: 'ana' }, vetoes: [{ from: sha('b') }] })
  })
})

describe('a deploy by hand that did not', () => {
  test('keeps its environment closed, and a retry does not open it', () => {
    const story = alone()
    ride(story, 'a')
    story.act('ana', failed('fix'))
    story.merge(change('b', { parent: sha('a') }))
    story.depart()
    expect(story.gates()).toEqual(['failed'])
    expect(story.blockers()[0]?.message).toBe(
      `ana deployed ${sha('fix').slice(0, 8)} to production by hand (prices are wrong): failed, exit status 3`,
    )
    expect(story.refused('ana', { type: 'retry', train: null, reason: null })).toBe(
      'nothing_failed',
    )
    const said = { environment: 'production', sha: sha('a'), reason: 'nothing was changed' }
    story.act('bob', { type: 'record_release', ...said })
    expect(story.underWay('production')).toMatchObject({ sha: sha('b'), epoch: 4 })
  })

  test('is rolled back to what it was replacing', () => {
    const story = alone()
    ride(story, 'a')
    story.act('ana', failed('fix'))
    const words = { takeOver: false, settle: false, abort: false }
    story.act('bob', { type: 'roll_back', environment: null, to: null, reason: 'bad', ...words })
    expect(story.underWay('production')).toMatchObject({ kind: 'rollback', sha: sha('a') })
    story.run('production', 'succeeded')
    expect(story.live('production')).toBe(sha('a'))
  })

  test('and never began has touched nothing: it is on the record, and closes nothing', () => {
    const story = alone()
    ride(story, 'a')
    story.act('ana', { ...failed('fix'), begun: false, reason: 'no checkout' })
    ride(story, 'b', 'a')
    expect(story.status(2)).toBe('arrived')
  })
})

describe('a run that the line has forgotten', () => {
  const forgotten = (over: Partial<Account> = {}): Told =>
    told('b', {
      run: 'api-2-production-forward-1.epoch-5',
      account: account({ epoch: 5, hand: null, ...over }),
    })

  test('leaves its environment unknown, with what the journal says as evidence', () => {
    const story = alone()
    ride(story, 'a')
    story.act('signalbox', forgotten())
    story.merge(change('c', { parent: sha('a') }))
    story.depart()
    expect(story.gates()).toEqual(['unknown'])
    expect(story.blockers()[0]?.message).toContain('at epoch 5 (succeeded: exit status 0)')
    expect(story.live('production')).toBe(sha('a'))
    expect(place(story)?.epoch).toBe(5)
  })

  test('gives way to a rollback, once a person declares it dead', () => {
    const story = alone()
    ride(story, 'a')
    story.act('signalbox', forgotten())
    const back = { type: 'roll_back', environment: null, to: null, reason: 'bad' } as const
    const words = { takeOver: false, settle: false, abort: false }
    expect(story.refused('bob', { ...back, ...words })).toBe('must_settle')
    story.act('bob', { ...back, ...words, settle: true })
    expect(story.underWay('production')).toMatchObject({ sha: sha('a'), epoch: 6 })
  })

  test('is live by the word of a person who looked', () => {
    const story = alone()
    ride(story, 'a')
    story.merge(change('b', { parent: sha('a') }))
    story.act('signalbox', forgotten())
    const settle = { environment: 'production', outcome: 'succeeded', reason: 'I looked' } as const
    story.act('bob', { type: 'settle_unknown', ...settle })
    expect(place(story)).toMatchObject({ epoch: 6, live: { sha: sha('b'), by: 'bob' } })
    expect(story.aboard(2)).toEqual([])
  })

  test('that was still at work is told of once more when it has ended', () => {
    const story = alone()
    ride(story, 'a')
    story.act('signalbox', { ...forgotten({ status: 'running' }), reason: 'it had not ended yet' })
    expect(story.act('signalbox', forgotten())).toEqual(['deployment_told'])
    expect(story.act('signalbox', forgotten())).toEqual([])
    expect(story.pipeline.deployments.at(-1)).toMatchObject({
      status: 'unknown',
      reason: 'exit status 0',
      account: { status: 'succeeded' },
    })
  })
})
