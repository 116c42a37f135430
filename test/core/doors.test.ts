/**
 * When doors close by themselves: at times of day, around what rides alone, for what is urgent.
 */
import { describe, expect, test } from 'vitest'
import type { Change } from '../../src/core/model.ts'
import type { DoorsPolicy } from '../../src/core/policy.ts'
import { change, doors, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const HOUR = 3_600_000

function storyWith(over: Partial<DoorsPolicy>, required: readonly string[] = []): LineStory {
  const its = new LineStory(
    policy({
      doors: doors({ departAfterMs: null, ...over }),
      timeZone: 'Europe/Berlin',
      checks: { require: required, timeoutMs: 24 * HOUR, settleMs: 0 },
      environments: [environment('production')],
    }),
  )
  its.now = Date.parse('2026-01-07T08:00:00Z')
  return its
}

/** Merges changes one on the other, a second apart. */
function mergeAll(story: LineStory, ...names: readonly (string | Change)[]): void {
  for (const [index, name] of names.entries()) {
    const before = names[index - 1]
    const parent =
      before === undefined ? null : typeof before === 'string' ? sha(before) : before.sha
    const one = typeof name === 'string' ? change(name) : name
    story.merge({ ...one, parent: one.parent ?? parent })
    story.pass(1_000)
  }
}

const alone = (name: string): Change => change(name, { alone: true })

describe('doors that close at times of day', () => {
  test('close at the next one, by the clock of the pipeline’s zone', () => {
    const story = storyWith({ departAt: [10 * 60, 15 * 60] })
    mergeAll(story, 'a')
    story.pass(HOUR - 1_001)
    expect(story.status(1)).toBe('boarding')
    story.pass(1)
    expect(story.status(1)).toBe('departed')
    expect(new Date(story.now).toISOString()).toBe('2026-01-07T09:00:00.000Z')
  })

  test('stay open for nobody: what boards afterwards waits for the next time', () => {
    const story = storyWith({ departAt: [10 * 60, 15 * 60] })
    story.pass(2 * HOUR)
    mergeAll(story, 'a')
    expect(story.status(1)).toBe('boarding')
    story.pass(4 * HOUR)
    expect(story.status(1)).toBe('departed')
  })

  test('missed with nothing green, they close as soon as something is', () => {
    const story = storyWith({ departAt: [10 * 60] }, ['test'])
    mergeAll(story, 'a')
    story.pass(2 * HOUR)
    expect(story.status(1)).toBe('boarding')
    expect(story.check('a', 'success')).toContain('train_departed')
  })

  test('close after a while as well, whichever comes first', () => {
    const story = storyWith({ departAt: [10 * 60], departAfterMs: 20 * 60_000 })
    mergeAll(story, 'a')
    story.pass(20 * 60_000 - 1_000)
    expect(story.status(1)).toBe('departed')
  })

  test('of a train that a release by hand has emptied wait for its next change', () => {
    const story = storyWith({ departAfterMs: 20 * 60_000 })
    mergeAll(story, 'a')
    const release = { environment: 'production', sha: sha('a'), reason: 'by hand' }
    story.act('dee', { type: 'record_release', ...release })
    story.pass(HOUR)
    story.merge(change('b', { parent: sha('a') }))
    expect(story.status(1)).toBe('boarding')
    story.pass(20 * 60_000)
    expect(story.status(1)).toBe('departed')
  })
})

describe('a change that rides alone', () => {
  test('closes the doors before it and behind it', () => {
    const story = storyWith({})
    mergeAll(story, 'a', 'b', alone('s'), 'c')
    // The first train has arrived at the gate of production; each of the others is behind it.
    const carried = [1, 2, 3].map((number) => story.aboard(number))
    expect(carried).toEqual([[sha('a'), sha('b')], [sha('s')], [sha('c')]])
    expect([1, 2, 3].map((number) => story.status(number))).toEqual([
      'departed',
      'departed',
      'boarding',
    ])
  })

  test('waits for its own checks, and what comes behind waits with it', () => {
    const story = storyWith({ departAtChanges: 1 }, ['test'])
    mergeAll(story, alone('s'), 'c')
    story.check('c', 'success')
    expect(story.status(1)).toBe('boarding')
    story.check('s', 'success')
    expect(story.aboard(1)).toEqual([sha('s')])
    expect(story.aboard(2)).toEqual([sha('c')])
    expect(story.status(2)).toBe('departed')
  })

  test('leaves by hand alone too, and nobody takes along what is behind it', () => {
    const story = storyWith({}, ['test'])
    mergeAll(story, 'a', alone('s'), 'c')
    const by = { type: 'depart', train: 1, environment: null, plan: null } as const
    expect(story.refused('ana', { ...by, ref: sha('c') })).toBe('rides_alone')
    story.depart()
    expect(story.aboard(1)).toEqual([sha('a')])
    story.depart()
    expect(story.aboard(2)).toEqual([sha('s')])
  })

  test('is coupled by a cancel of its train: that is a person’s word', () => {
    const story = storyWith({}, ['test'])
    mergeAll(story, alone('s'), 'c')
    story.depart()
    story.act('bob', { type: 'cancel', train: 1, reason: 'with the next one' })
    expect(story.aboard(2)).toEqual([sha('s'), sha('c')])
    story.act('bob', { type: 'withdraw', train: 2, what: 'hold', of: null, reason: null })
    story.depart()
    expect(story.aboard(2)).toEqual([sha('s'), sha('c')])
  })

  test('takes along what falls onto it by a cancel, and still closes the doors behind it', () => {
    const story = storyWith({}, ['test'])
    mergeAll(story, 'a', alone('s'), 'c')
    story.depart()
    story.act('bob', { type: 'cancel', train: 1, reason: 'not by itself' })
    story.act('bob', { type: 'withdraw', train: 2, what: 'hold', of: null, reason: null })
    story.depart()
    expect(story.aboard(2)).toEqual([sha('a'), sha('s')])
  })

  test('coupled once, is not coupled with the next one that rides alone', () => {
    const story = storyWith({}, ['test'])
    mergeAll(story, alone('s'), 'c', alone('t'))
    story.depart()
    story.act('bob', { type: 'cancel', train: 1, reason: 'with the next one' })
    story.act('bob', { type: 'withdraw', train: 2, what: 'hold', of: null, reason: null })
    story.depart()
    expect(story.aboard(2)).toEqual([sha('s'), sha('c')])
  })
})

describe('an urgent change', () => {
  const urgent = (name: string): Change => change(name, { labels: ['hotfix'] })

  test('closes the doors at once', () => {
    const story = storyWith({ urgentLabels: ['hotfix'] })
    mergeAll(story, 'a')
    expect(story.status(1)).toBe('boarding')
    mergeAll(story, { ...urgent('u'), parent: sha('a') })
    expect(story.status(1)).toBe('departed')
    expect(story.log.find(({ type }) => type === 'train_departed')).toMatchObject({ why: 'urgent' })
  })

  test('overtakes nothing: what was merged before it leaves with it', () => {
    const story = storyWith({ urgentLabels: ['hotfix'] })
    mergeAll(story, 'a', urgent('u'))
    expect(story.aboard(1)).toEqual([sha('a'), sha('u')])
  })

  test('is not left behind by its own haste: the doors wait until it is green', () => {
    const story = storyWith({ urgentLabels: ['hotfix'] }, ['test'])
    mergeAll(story, 'a', urgent('u'))
    story.check('a', 'success')
    expect(story.status(1)).toBe('boarding')
    story.check('u', 'success')
    expect(story.aboard(1)).toEqual([sha('a'), sha('u')])
    expect(story.status(1)).toBe('departed')
  })
})
