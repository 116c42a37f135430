/**
 * The gate of windows: in which words it shows its rules, and whose word passes it.
 */
import { describe, expect, test } from 'vitest'
import { windowsText } from '../../src/core/gates/windows.ts'
import type { Pass } from '../../src/core/spoken.ts'
import { askAuthors, change, environment, policy, readWindows, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

type Written = Parameters<typeof readWindows>[0]

/** Stories begin on a Thursday at 00:16:40 UTC. */
const LATER = { allow: ['Thu 00:30-00:40'] }

function story(written: Written, places: readonly string[] = ['production']): LineStory {
  const windows = readWindows(written)
  const environments = places.map((name) => environment(name, { windows, approvals: askAuthors }))
  const its = new LineStory(policy({ environments }))
  its.merge(change('a'))
  return its
}

const waits = (one: LineStory, where = 'production') =>
  one.blockersAt(1, where).find(({ gate }) => gate === 'window')

describe('the rules of windows', () => {
  test.each([
    [{}, 'always; UTC'],
    [{ allow: ['Mon'] }, 'Mon; UTC'],
    [{ deny: ['Fri', '12-24'] }, 'always, never Fri, 12-24; UTC'],
    [{ allow: ['Mon', 'Tue'], deny: ['Fri'] }, 'Mon, Tue, never Fri; UTC'],
    [{ allow: ['Mon', 'Tue', 'Wed', 'Thu'] }, 'Mon, Tue, Wed, Thu; UTC'],
    [{ allow: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] }, 'Mon, Tue, Wed, Thu, 2 more; UTC'],
  ] as const)('are shown as they are written, a few of them: %o', (written, text) => {
    expect(windowsText(readWindows(written))).toBe(text)
  })
})

describe('a train outside the windows', () => {
  test('counts since they closed, where that came after its departure', () => {
    const one = story({ allow: ['00:00-00:20'] })
    one.depart()
    expect(one.gates()).toEqual(['consent'])
    one.pass(10 * 60_000)
    expect(waits(one)?.since).toBe(20 * 60_000)
  })

  test('is told whose word sends it now', () => {
    const one = story({ ...LATER, people: ['sre', 'bob'] })
    one.depart()
    expect(waits(one)?.clearBy).toBe('wait until they open, or sre or bob sends it now')
  })

  test('is told where they never open again', () => {
    const one = story({ allow: ['1960-01-01'] })
    one.depart()
    expect(waits(one)).toMatchObject({
      clearBy: 'they never open again: change them in the configuration file, or break the glass',
      until: null,
    })
  })

  test('is excepted for no label while it has nothing to ship', () => {
    const one = story({ ...LATER, labels: ['hotfix'] })
    one.depart()
    const byHand = { environment: 'production', sha: sha('a'), reason: 'by hand' }
    one.act('dee', { type: 'record_release', ...byHand })
    expect(waits(one)).toBeDefined()
  })

  test('is excepted for no label before it has a sha', () => {
    expect(waits(story({ ...LATER, labels: ['hotfix'] }))).toBeDefined()
  })
})

describe('the word of somebody who is excepted', () => {
  const sent = (over: Partial<Pass>, people = ['sre']): boolean => {
    const one = story({ ...LATER, people }, ['staging', 'production'])
    one.depart()
    const word = { by: 'dee', environment: 'staging', plan: one.plan(1), gate: 'window' as const }
    const passes = [{ ...word, ...over }]
    one.pipeline = {
      ...one.pipeline,
      trains: one.pipeline.trains.map((train) => ({ ...train, passes })),
    }
    return waits(one, 'staging') === undefined
  }

  test('counts', () => {
    expect(sent({})).toBe(true)
  })

  test('counts for nothing from anybody else, nor where nobody is excepted', () => {
    expect(sent({ by: 'bob' })).toBe(false)
    expect(sent({}, [])).toBe(false)
  })

  test('counts for no other environment and no other plan', () => {
    expect(sent({ environment: 'production' })).toBe(false)
    expect(sent({ plan: 'another' })).toBe(false)
  })

  test('given under a lock is no word about the window', () => {
    const { gate: _, ...underLock } = { by: 'dee', environment: 'staging', gate: 'window' }
    const one = story({ ...LATER, people: ['sre'] }, ['staging', 'production'])
    one.depart()
    const passes = [{ ...underLock, plan: one.plan(1) }]
    one.pipeline = {
      ...one.pipeline,
      trains: one.pipeline.trains.map((train) => ({ ...train, passes })),
    }
    expect(waits(one, 'staging')).toBeDefined()
  })
})
