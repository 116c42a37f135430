/**
 * When a deployment and an environment are looked at again, and in which words it is said what is
 * not well.
 */
import { describe, expect, test } from 'vitest'
import type { Finding } from '../../src/core/finding.ts'
import type { Deployment } from '../../src/core/model.ts'
import type { EnvironmentPolicy, VerifyStep } from '../../src/core/policy.ts'
import { nextRealityAt, realityStep } from '../../src/core/reality.ts'
import { findingText, isHealthy, nextLookAt, unwell } from '../../src/core/verification.ts'
import { change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

const START = 1_000_000
const PACE = { everyMs: 30_000, timeoutMs: 10_000, times: 1, withinMs: 0 }

const run = (name: string): VerifyStep => ({ kind: 'run', name, run: 'true', in: null, ...PACE })

const http: Extract<VerifyStep, { kind: 'http' }> = {
  kind: 'http',
  name: 'version',
  urls: ['http://web'],
  status: 200,
  path: null,
  expect: { is: 'sha' },
  ...PACE,
}

const finding = (step: string, over: Partial<Finding> = {}): Finding => ({
  step,
  outcome: 'pass',
  since: START,
  failed: 0,
  missed: 0,
  at: START + 60_000,
  says: 'fine',
  good: 1,
  all: 1,
  behind: [],
  ...over,
})

/** `a` has succeeded in production, where `steps` are looked at. */
function succeeded(steps: readonly VerifyStep[], soakMs = 60_000, over = {}): LineStory {
  const verified: Partial<EnvironmentPolicy> = { verify: steps, soakMs, ...over }
  const environments = [environment('staging'), environment('production', verified)]
  const story = new LineStory(policy({ environments }))
  story.merge(change('a'))
  story.depart()
  story.run('staging', 'succeeded')
  story.run('production', 'succeeded')
  return story
}

const deployed = (story: LineStory, findings: readonly Finding[] = []): Deployment => {
  const found = story.pipeline.deployments.find((one) => one.environment === 'production')
  if (found === undefined) throw new Error('nothing was deployed')
  return { ...found, verification: { findings, accepted: null } }
}

describe('a deployment', () => {
  const story = succeeded([run('smoke')])
  const healthy = (now: number, over: Partial<Finding> = {}): boolean =>
    isHealthy(story.pipeline, deployed(story, [finding('smoke', over)]), now)

  test('is healthy at the end of its soak, seen then and not missed before', () => {
    expect(healthy(START + 60_000)).toBe(true)
    expect(healthy(START + 59_999)).toBe(false)
    expect(healthy(START + 60_000, { at: START + 59_999 })).toBe(false)
    expect(healthy(START + 60_000, { missed: 1 })).toBe(false)
    expect(healthy(START + 60_000, { outcome: 'waiting' })).toBe(false)
    expect(healthy(START + 120_000, { since: START + 1 })).toBe(false)
  })

  const look = (last: number | null, findings: readonly Finding[] = [], of = story) =>
    nextLookAt(of.pipeline, deployed(of, findings), { step: run('smoke'), last })

  test('is looked at as it ended, then at its pace, at the end of its soak, and at its pace again', () => {
    expect(look(null)).toBe(START)
    expect(look(START - 1)).toBe(START)
    expect(look(START)).toBe(START + 30_000)
    expect(look(START + 40_000)).toBe(START + 60_000)
    expect(look(START + 60_000)).toBe(START + 90_000)
    expect(look(START + 70_000)).toBe(START + 100_000)
  })

  test('is looked at no more after a verdict, nor once it is not asked about', () => {
    expect(look(START, [finding('smoke', { outcome: 'fail' })])).toBeNull()
    const over = succeeded([], 0)
    expect(over.status(1)).toBe('arrived')
    expect(look(START, [], over)).toBeNull()
  })

  test('says what is not well, then what nobody has looked at', () => {
    const its = succeeded(['one', 'two', 'three', 'four', 'five'].map(run))
    const seen = [
      finding('one', { outcome: 'fail', says: 'it burns' }),
      finding('two', { outcome: 'inconclusive', says: 'no answer' }),
      finding('three'),
    ]
    expect(unwell(its.pipeline, deployed(its, seen))).toBe(
      'one: it burns; two: no answer; four, five not looked at yet',
    )
    expect(unwell(story.pipeline, deployed(story, [finding('smoke')]))).toBe('')
  })
})

describe('what several instances say', () => {
  const text = (names: readonly string[], ms: number, all = names.length + 1): string =>
    findingText(
      http,
      finding('version', {
        good: 1,
        all,
        at: START + ms,
        behind: names.map((name) => ({ name, says: 'on 0000', since: START })),
      }),
      sha('a'),
    )
  const right = `on ${sha('a').slice(0, 8)}`

  test('names three of them, and counts the others', () => {
    expect(text(['a', 'b', 'c'], 60_000)).toBe(
      `1 of 4 ${right}, a stale 1m (on 0000), b stale 1m (on 0000), c stale 1m (on 0000)`,
    )
    expect(text(['a', 'b', 'c', 'd', 'e'], 60_000)).toMatch(/c stale 1m \(on 0000\), 2 more$/)
  })

  test('tells for how long by the second in the first minute, then by the minute', () => {
    expect(text(['a'], 59_999)).toContain('a stale 59s')
    expect(text(['a'], 60_000)).toContain('a stale 1m ')
    expect(text(['a'], 119_999)).toContain('a stale 1m ')
    expect(text(['a'], 3_660_000)).toContain('a stale 1h1m')
  })

  test('of a step without a value is its status', () => {
    const seen = finding('version', { good: 1, all: 2 })
    expect(findingText({ ...http, expect: null }, seen, sha('a'))).toBe('1 of 2 answer 200, 1 more')
  })
})

describe('an environment', () => {
  const reality = { everyMs: 300_000, times: 3 }

  function arrived(over: Partial<EnvironmentPolicy> = {}): LineStory {
    const story = succeeded([], 0, { reality, ...over })
    story.pass(1_000)
    return story
  }

  const asked = (story: LineStory, last: number | null) => {
    const place = story.pipeline.environments.find(({ name }) => name === 'production')
    if (place === undefined) throw new Error('no production')
    return nextRealityAt(story.pipeline, place, last)
  }

  test('is asked at its pace, counted from its release or from the last answer', () => {
    expect(asked(arrived(), null)).toBe(START + 300_000)
    expect(asked(arrived(), START + 5)).toBe(START + 300_005)
    expect(asked(arrived(), START - 5)).toBe(START + 300_000)
  })

  test('is not asked where nobody wants it, nothing is live, or something is done to it', () => {
    expect(asked(arrived({ reality: null }), null)).toBeNull()
    const empty = new LineStory(policy({ environments: [environment('production', { reality })] }))
    expect(asked(empty, null)).toBeNull()
    const busy = arrived()
    busy.merge(change('b', { parent: sha('a') }))
    busy.depart()
    busy.run('staging', 'succeeded')
    expect(asked(busy, null)).toBeNull()
    const going = arrived()
    const [first, last] = going.pipeline.environments
    const to = last?.live
    if (first === undefined || last === undefined || to == null) throw new Error('nothing is live')
    const rollback = { by: 'bob', reason: 'x', since: 0, epoch: 1, from: sha('a'), to }
    going.pipeline = { ...going.pipeline, environments: [first, { ...last, rollback }] }
    expect(asked(going, null)).toBeNull()
  })

  test('is asked by the step that tells which sha it serves', () => {
    const its = (...verify: readonly VerifyStep[]) =>
      realityStep(environment('production', { verify }))?.name
    const status = { ...http, name: 'status', expect: null }
    const value = { ...http, name: 'value', expect: { is: 'value' as const, value: 'ok' } }
    expect(its(run('smoke'), status, value, http)).toBe('version')
    expect(its(run('smoke'), status, value)).toBeUndefined()
  })
})
