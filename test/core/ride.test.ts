import { describe, expect, test } from 'vitest'
import { aboard, unfinished } from '../../src/core/line.ts'
import { askAuthors, change, doors, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

describe('a ride', () => {
  test('goes from the merge through every environment to the arrival', () => {
    const story = new LineStory()
    expect(story.merge(change('a'))).toEqual(['change_recorded', 'train_opened'])
    expect(story.depart()).toEqual(['train_departed', 'deployment_requested'])
    expect(story.run('staging', 'succeeded')).toEqual(['deployment_ended', 'deployment_verified'])
    expect(story.gates()).toEqual(['consent'])
    expect(story.consent('ana', 1)).toEqual(['consent_given', 'deployment_requested'])
    expect(story.run('production', 'succeeded')).toEqual([
      'deployment_ended',
      'deployment_verified',
      'train_arrived',
    ])
    expect(story.live('production')).toBe(sha('a'))
    expect(story.status(1)).toBe('arrived')
  })

  test('couples what is merged before the doors close, and leaves the rest to the next train', () => {
    const story = new LineStory()
    story.merge(change('a'))
    story.merge(change('b', { parent: sha('a'), author: 'bob' }))
    story.depart()
    expect(story.merge(change('c', { parent: sha('b') }))).toEqual([
      'change_recorded',
      'train_opened',
    ])
    const [first, second] = unfinished(story.pipeline)
    expect(first && aboard(story.pipeline, first).map((one) => one.sha)).toEqual([
      sha('a'),
      sha('b'),
    ])
    expect(second && aboard(story.pipeline, second).map((one) => one.sha)).toEqual([sha('c')])
  })

  test('lets the next train into staging while the first waits for production', () => {
    const story = new LineStory()
    story.merge(change('a'))
    story.depart()
    story.run('staging', 'succeeded')
    story.merge(change('b', { parent: sha('a'), author: 'bob' }))
    expect(story.depart()).toContain('deployment_requested')
    story.run('staging', 'succeeded')
    expect(story.consent('bob', 2)).toEqual(['consent_given'])
    story.consent('ana', 1)
    story.run('production', 'succeeded')
    expect(story.underWay('production').train).toBe(2)
  })

  test('soaks before it goes on', () => {
    const story = new LineStory(
      policy({
        environments: [environment('staging', { soakMs: 5_000 }), environment('production')],
      }),
    )
    story.merge(change('a'))
    story.depart()
    expect(story.run('staging', 'succeeded')).toEqual(['deployment_ended'])
    expect(story.gates()).toEqual(['soak'])
    story.pass(4_999)
    expect(story.gates()).toEqual(['soak'])
    story.pass(1)
    expect(story.underWay('production').sha).toBe(sha('a'))
  })

  test('raises the epoch at every start, and refuses a report of another one', () => {
    const story = new LineStory()
    story.merge(change('a'))
    story.depart()
    const { run, epoch } = story.underWay('staging')
    expect(epoch).toBe(1)
    expect(
      story.refused('signalbox', {
        type: 'record_run',
        run,
        epoch: epoch + 1,
        status: 'succeeded',
        reason: null,
        tail: [],
      }),
    ).toBe('stale_epoch')
    story.run('staging', 'failed')
    story.act('ana', { type: 'retry', train: 1, reason: null })
    expect(story.underWay('staging').epoch).toBe(2)
  })

  test('writes an outcome once: a later report changes nothing', () => {
    const story = new LineStory()
    story.merge(change('a'))
    story.depart()
    const { run, epoch } = story.underWay('staging')
    story.run('staging', 'failed')
    expect(story.report(run, epoch, 'succeeded')).toEqual([])
    expect(story.gates()).toEqual(['failed'])
  })
})

describe('doors', () => {
  test('close when they are due', () => {
    const story = new LineStory()
    story.merge(change('a'))
    story.pass(20 * 60_000 - 1)
    expect(story.status(1)).toBe('boarding')
    story.pass(1)
    expect(story.status(1)).toBe('departed')
  })

  test('close at a number of changes, and at a number of lines', () => {
    const its = doors({ departAfterMs: null, departAtChanges: 2, departAtLines: 100 })
    const byChanges = new LineStory(policy({ doors: its }))
    byChanges.merge(change('a'))
    expect(byChanges.merge(change('b', { parent: sha('a') }))).toContain('train_departed')
    const byLines = new LineStory(policy({ doors: its }))
    expect(byLines.merge(change('a', { lines: 100 }))).toContain('train_departed')
  })

  test('stay open for a train whose checks are not green, and close on its newest green change', () => {
    const story = new LineStory(
      policy({ checks: { require: ['test'], timeoutMs: 3_600_000, settleMs: 0 } }),
    )
    story.merge(change('a'))
    story.merge(change('b', { parent: sha('a') }))
    story.pass(20 * 60_000)
    expect(story.status(1)).toBe('boarding')
    story.act('ci', {
      type: 'record_check',
      sha: sha('a'),
      name: 'test',
      status: 'success',
      at: story.now,
    })
    expect(story.status(1)).toBe('departed')
    expect(story.pipeline.trains[0]?.sha).toBe(sha('a'))
    expect(story.status(2)).toBe('boarding')
  })

  test('stay open while the line is stopped, and never close by hand on what is not aboard', () => {
    const story = new LineStory()
    story.merge(change('a'))
    story.act('ana', { type: 'stop', reason: 'an incident' })
    story.pass(60 * 60_000)
    expect(story.status(1)).toBe('boarding')
    const elsewhere = {
      type: 'depart',
      train: null,
      ref: sha('z'),
      environment: null,
      plan: null,
    } as const
    expect(story.refused('ana', elsewhere)).toBe('not_aboard')
    expect(story.act('bob', { type: 'resume', reason: 'over' })).toContain('train_departed')
  })
})

describe('a train that does not arrive', () => {
  test('keeps its environment closed after a failure until somebody retries', () => {
    const story = new LineStory()
    story.merge(change('a'))
    story.depart()
    story.run('staging', 'failed')
    expect(story.gates()).toEqual(['failed'])
    expect(story.act('ana', { type: 'retry', train: null, reason: null })).toEqual([
      'deployment_settled',
      'deployment_requested',
    ])
  })

  test('gives its changes to the train behind when it is cancelled, with the reason as a hold', () => {
    const story = new LineStory()
    story.merge(change('a'))
    story.depart()
    story.run('staging', 'failed')
    expect(story.act('ana', { type: 'cancel', train: 1, reason: 'it is broken' })).toEqual([
      'cancel_requested',
      'deployment_settled',
      'train_opened',
      'train_cancelled',
    ])
    const [receiver] = unfinished(story.pipeline)
    expect(receiver?.holds.map(({ reason }) => reason)).toEqual([
      'train #1 was cancelled: it is broken',
    ])
    expect(receiver && aboard(story.pipeline, receiver).map((one) => one.sha)).toEqual([sha('a')])
    story.pass(60 * 60_000)
    expect(story.status(2)).toBe('boarding')
  })

  test('is cancelled only when its running deployment is proven dead', () => {
    const story = new LineStory()
    story.merge(change('a'))
    story.depart()
    const { run, epoch } = story.underWay('staging')
    story.act('signalbox', { type: 'claim_run', run })
    expect(story.act('ana', { type: 'cancel', train: 1, reason: 'wrong day' })).toEqual([
      'cancel_requested',
      'run_cancel_requested',
    ])
    expect(story.status(1)).toBe('departed')
    expect(story.report(run, epoch, 'aborted')).toContain('train_cancelled')
  })

  test('arrives after all when the last environment succeeded before the cancel was done', () => {
    const story = new LineStory(policy({ environments: [environment('production')] }))
    story.merge(change('a'))
    story.depart()
    const { run, epoch } = story.underWay('production')
    story.act('signalbox', { type: 'claim_run', run })
    story.act('ana', { type: 'cancel', train: 1, reason: 'wrong day' })
    const events = story.report(run, epoch, 'succeeded')
    expect(events).toContain('train_arrived')
    expect(events).not.toContain('train_cancelled')
  })

  test('stays where it is while nobody knows how it ended, until evidence or a person says', () => {
    const story = new LineStory(policy({ environments: [environment('production')] }))
    story.merge(change('a'))
    story.depart()
    const { run, epoch } = story.underWay('production')
    const settle = {
      type: 'settle_unknown',
      environment: 'production',
      reason: 'I looked',
    } as const
    expect(story.refused('ana', { ...settle, outcome: 'failed' })).toBe('not_unknown')
    story.run('production', 'unknown')
    expect(story.gates()).toEqual(['unknown'])
    expect(story.refused('ana', { type: 'retry', train: 1, reason: null })).toBe('nothing_failed')
    const twin = new LineStory(story.pipeline.policy)
    twin.pipeline = story.pipeline
    expect(twin.report(run, epoch, 'succeeded')).toContain('train_arrived')
    expect(story.act('ana', { ...settle, outcome: 'failed' })).toEqual(['deployment_ended'])
    expect(story.gates()).toEqual(['failed'])
    expect(story.refused('ana', { ...settle, outcome: 'succeeded' })).toBe('not_unknown')
  })
})

test('what is merged in another part of the monorepo ships along and boards nobody', () => {
  const story = new LineStory(
    policy({ environments: [environment('production', { approvals: askAuthors })] }),
  )
  expect(story.merge(change('docs', { carried: false, author: 'bob' }))).toEqual([
    'change_recorded',
  ])
  story.merge(change('a', { parent: sha('docs') }))
  story.depart()
  story.consent('ana', 1)
  story.run('production', 'succeeded')
  expect([...story.pipeline.shipped.keys()].sort()).toEqual([sha('docs'), sha('a')].sort())
})
