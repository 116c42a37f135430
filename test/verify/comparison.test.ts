/**
 * A new release beside the old one, over real HTTP: when it is worse, when it is not, and when
 * nobody can tell.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Comparison, ComparisonStep } from '../../src/core/comparison.ts'
import type { Look } from '../../src/core/finding.ts'
import { lookAtBoth } from '../../src/verify/comparison-look.ts'
import { sha } from '../world/policy.ts'
import { Metrics } from '../world/watched.ts'

const [NEW, OLD] = [sha('new'), sha('old')]
const { signal } = new AbortController()
const FROM = 1_700_000_000_000
const MINUTE = 60_000

let metrics: Metrics

beforeEach(async () => {
  metrics = new Metrics()
  await metrics.up()
})

afterEach(() => metrics.down())

/** `0.30`, `0.31`, `0.32`, …: a little different at every moment. */
const around = (middle: number, at: number): string => String(middle + (at % 7) / 100)

const compare = (
  over: Partial<ComparisonStep> = {},
  its: Partial<Comparison> = {},
): Promise<Look> =>
  lookAtBoth(
    {
      kind: 'comparison',
      name: 'checkout errors',
      url: metrics.url,
      query: 'errors{release="{{release}}", env="{{environment}}"}',
      better: 'lower',
      test: 'mann-whitney',
      fail: 0.01,
      pass: 0.05,
      samples: 5,
      by: 0.1,
      everyMs: 30_000,
      timeoutMs: 400,
      times: 1,
      withinMs: 0,
      ...over,
    },
    {
      comparison: {
        fresh: NEW,
        old: OLD,
        minutes: { from: FROM, until: FROM + 10 * MINUTE },
        earlier: null,
        worseBelow: 0.01,
        ...its,
      },
      place: { pipeline: 'api', environment: 'production' },
      signal,
    },
  )

const isNew = (query: string): boolean => query.includes(NEW)

describe('A new release', () => {
  it('that is clearly worse fails, with both numbers and how sure that is', async () => {
    metrics.over = (query, at) => around(isNew(query) ? 4.1 : 0.3, at)
    expect(await compare()).toMatchObject({
      outcome: 'fail',
      says: expect.stringMatching(
        /^4\.13 against 0\.33 of the old release, Mann–Whitney p < 0\.0001$/,
      ),
    })
    expect(metrics.queries).toEqual([
      `errors{release="${NEW}", env="production"}`,
      `errors{release="${OLD}", env="production"}`,
    ])
  })

  it('that is like the old one, or better, passes', async () => {
    metrics.over = (_, at) => around(0.3, at)
    expect(await compare()).toMatchObject({ outcome: 'pass' })
    metrics.over = (query, at) => around(isNew(query) ? 0.1 : 4, at)
    expect(await compare()).toMatchObject({ outcome: 'pass' })
  })

  it('is worse by what it has less of, where higher is better', async () => {
    metrics.over = (query, at) => around(isNew(query) ? 0.1 : 4, at)
    expect(await compare({ better: 'higher' })).toMatchObject({ outcome: 'fail' })
  })

  it('that is worse by less than what counts passes, however sure that is', async () => {
    metrics.over = (query, at) => around(isNew(query) ? 10.2 : 10, at)
    expect(await compare()).toMatchObject({ outcome: 'pass' })
    expect(await compare({ by: 0 })).toMatchObject({ outcome: 'fail' })
  })

  it('that may be worse by chance is neither', async () => {
    metrics.over = (query, at) => around(isNew(query) ? 0.34 : 0.3, at)
    expect(await compare({}, { worseBelow: 1e-12 })).toMatchObject({ outcome: 'inconclusive' })
  })

  it('that has fallen sick at the end of a healthy time has not passed', async () => {
    const late = (FROM + 7.5 * MINUTE) / 1_000
    metrics.over = (query, at) => around(isNew(query) && at > late ? 40 : 0.3, at)
    expect(await compare()).toMatchObject({
      outcome: 'inconclusive',
      says: expect.stringMatching(
        /^40 against 0\.328 of the old release in the last 2m30s, Mann–Whitney p = 0\.0061$/,
      ),
    })
    // What both suffer from is no difference.
    metrics.over = (_, at) => around(at > late ? 40 : 0.3, at)
    expect(await compare()).toMatchObject({ outcome: 'pass' })
    // It was sick at first, and has been well for long enough.
    const early = (FROM + 2 * MINUTE) / 1_000
    metrics.over = (query, at) => around(isNew(query) && at < early ? 40 : 0.3, at)
    expect(await compare()).toMatchObject({ outcome: 'pass' })
  })

  it('that has errors where the old one has none is worse', async () => {
    metrics.over = (query, at) => (isNew(query) ? around(0.2, at) : '0')
    expect(await compare()).toMatchObject({ outcome: 'fail' })
  })
})

describe('Nobody can tell', () => {
  const half = (query: string, at: number): string | null =>
    isNew(query) && at > FROM / 1_000 + 300 ? null : '1'

  it.each<[string, (query: string, at: number) => string | null, string]>([
    ['nothing of either', () => null, '0 of at least 5 numbers of the new release'],
    ['no numbers', () => 'NaN', '0 of at least 5 numbers of the new release'],
    ['an infinite number', () => '+Inf', 'a number that is not finite of the new release'],
    [
      'nothing of the old release',
      (query) => (isNew(query) ? '1' : null),
      '0 of at least 5 numbers of the old release',
    ],
    ['a new release that has fallen silent', half, 'no number for the last 1m of the new release'],
  ])('from %s', async (_, over, says) => {
    metrics.over = over
    expect(await compare()).toMatchObject({ outcome: 'inconclusive', says })
  })

  it('from a server that is down, hangs, or knows nothing of ranges', async () => {
    metrics.samples = null
    expect(await compare()).toMatchObject({
      outcome: 'inconclusive',
      says: 'the metrics server: out of time',
    })
    expect(await compare({ url: `${metrics.url}/nowhere` })).toMatchObject({
      outcome: 'inconclusive',
      says: 'the metrics server answers 404',
    })
    await metrics.down()
    expect(await compare()).toMatchObject({
      outcome: 'inconclusive',
      says: 'the metrics server: nothing listens there',
    })
  })
})

describe('A first release', () => {
  it('has nothing to be compared with, but must be heard of', async () => {
    metrics.over = () => '1'
    expect(await compare({}, { old: null })).toMatchObject({
      outcome: 'pass',
      says: '1, and nothing was live before to compare it with',
    })
    metrics.over = () => null
    expect(await compare({}, { old: null })).toMatchObject({ outcome: 'inconclusive' })
  })
})

describe('Where everybody has the new release', () => {
  const earlier = { from: FROM - 20 * MINUTE, until: FROM - 10 * MINUTE }
  const thenOnly = (query: string, at: number, value: string): string | null =>
    isNew(query) || at <= earlier.until / 1_000 ? value : null

  it('the old one speaks from the minutes before', async () => {
    metrics.over = (query, at) => thenOnly(query, at, around(isNew(query) ? 4.1 : 0.3, at))
    expect(await compare({}, { earlier })).toMatchObject({ outcome: 'fail' })
    metrics.over = (query, at) => thenOnly(query, at, around(0.3, at))
    expect(await compare({}, { earlier })).toMatchObject({ outcome: 'pass' })
  })

  it('and if it said nothing then either, nobody can tell', async () => {
    metrics.over = (query) => (isNew(query) ? '1' : null)
    expect(await compare({}, { earlier })).toMatchObject({ outcome: 'inconclusive' })
  })
})
