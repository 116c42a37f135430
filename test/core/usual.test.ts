/** What a run usually takes, and how far one under way is. */
import { describe, expect, test } from 'vitest'
import { progressMoments, progressOf, usualMs } from '../../src/core/usual.ts'
import { wakeAt } from '../../src/core/wake.ts'
import { change, environment, policy, took } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const MINUTE = 60_000
const STAGING = { environment: 'staging', kind: 'forward' } as const

/** A run in staging, begun now. */
function running(...minutes: readonly number[]) {
  const story = new LineStory(policy({ environments: [environment('staging')] }))
  story.merge(change('a'))
  story.depart()
  const { run, epoch } = story.underWay('staging')
  story.act('signalbox', { type: 'claim_run', run })
  story.report(run, epoch, 'running')
  story.pipeline = took(story.pipeline, ...minutes)
  return { story, one: story.underWay('staging'), begun: story.now }
}

describe('the usual time', () => {
  const { story } = running()
  const usual = (...minutes: readonly number[]) =>
    usualMs(took(story.pipeline, ...minutes), STAGING)

  test('is known after three runs, and not before', () => {
    expect(usual(4, 4)).toBeNull()
    expect(usual(4, 4, 4)).toBe(4 * MINUTE)
  })

  test('is the one in the middle, so that one slow run changes nothing', () => {
    expect(usual(4, 90, 5)).toBe(5 * MINUTE)
    expect(usual(2, 4, 6, 60)).toBe(5 * MINUTE)
  })

  test('forgets what ran long ago', () => {
    expect(usual(...Array.from({ length: 10 }, () => 2), 60, 60, 60, 60, 60, 60, 60)).toBe(
      2 * MINUTE,
    )
  })

  test('belongs to one environment and one direction', () => {
    const pipeline = took(story.pipeline, 4, 4, 4)
    expect(usualMs(pipeline, { environment: 'production', kind: 'forward' })).toBeNull()
    expect(usualMs(pipeline, { environment: 'staging', kind: 'rollback' })).toBeNull()
  })
})

describe('a run under way', () => {
  test('is as far as the parts of its usual time that are over', () => {
    const { story, one, begun } = running(4, 4, 4)
    const over = (ms: number) => progressOf(story.pipeline, one, begun + ms)?.over
    expect(
      [0, MINUTE - 1, MINUTE, 3 * MINUTE, 4 * MINUTE - 1, 4 * MINUTE, 90 * MINUTE].map(over),
    ).toEqual([0, 0, 1, 3, 3, 4, 4])
    expect(progressOf(story.pipeline, one, begun)?.eta).toBe(begun + 4 * MINUTE)
  })

  test('has no progress where nobody can say what is usual', () => {
    const { story, one } = running(4, 4)
    expect(progressOf(story.pipeline, one, story.now)).toBeNull()
    expect(progressMoments(story.pipeline, one)).toEqual([])
  })

  test('is looked at once for each part, and never oftener than once a minute', () => {
    const at = (...minutes: readonly number[]) => {
      const { story, one, begun } = running(...minutes)
      return progressMoments(story.pipeline, one).map((moment) => (moment - begun) / MINUTE)
    }
    expect(at(4, 4, 4)).toEqual([1, 2, 3, 4])
    expect(at(40, 40, 40)).toEqual([10, 20, 30, 40])
    expect(at(2.5, 2.5, 2.5)).toEqual([1.25, 2.5])
    expect(at(0.5, 0.5, 0.5)).toEqual([0.5])
  })

  test('wakes the line at each of them, and then no more', () => {
    const { story, begun } = running(4, 4, 4)
    const wakes = [0, 1, 2, 3, 4].map((minute) => wakeAt(story.pipeline, begun + minute * MINUTE))
    expect(wakes.map((wake) => wake && (wake - begun) / MINUTE)).toEqual([1, 2, 3, 4, null])
  })
})
