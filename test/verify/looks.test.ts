/**
 * Looks over real HTTP: what passes, what fails, and what only says that nobody knows.
 */
import { afterEach, describe, expect, it } from 'vitest'
import type { VerifyStep } from '../../src/core/verify-step.ts'
import { lookAtInstances } from '../../src/verify/http-look.ts'
import { lookAtMetrics } from '../../src/verify/prometheus-look.ts'
import { sha } from '../world/policy.ts'
import { Instance, type Manner, Metrics } from '../world/watched.ts'

const NEW = sha('new')
const OLD = sha('old')
const { signal } = new AbortController()

const open: { down: () => Promise<void> }[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.down()))
})

async function instances(...says: readonly string[]): Promise<readonly Instance[]> {
  const all = says.map((one) => new Instance(one))
  await Promise.all(all.map((one) => one.up()))
  open.push(...all)
  return all
}

const pace = { everyMs: 1_000, timeoutMs: 400, times: 1, withinMs: 0 }

const http = (
  all: readonly { readonly url: string }[],
  over: Partial<Extract<VerifyStep, { kind: 'http' }>> = {},
): Extract<VerifyStep, { kind: 'http' }> => ({
  kind: 'http',
  name: 'version',
  urls: all.map(({ url }) => url),
  status: 200,
  path: '$.build.sha',
  expect: { is: 'sha' },
  ...pace,
  ...over,
})

const look = (step: Extract<VerifyStep, { kind: 'http' }>) =>
  lookAtInstances(step, { sha: NEW, signal })

describe('Instances', () => {
  it('that all run the sha pass, also when they tell it short', async () => {
    const all = await instances(NEW, NEW.slice(0, 7))
    expect(await look(http(all))).toEqual({
      outcome: 'pass',
      says: 'all agree',
      good: 2,
      all: 2,
      behind: [],
    })
  })

  it('are all asked, and one that runs something else is named', async () => {
    const all = await instances(...Array.from({ length: 41 }, () => NEW), OLD)
    const found = await look(http(all))
    expect(found).toMatchObject({ outcome: 'fail', good: 41, all: 42 })
    const at = new URL(all.at(-1)?.url ?? '').host
    expect(found.behind).toEqual([{ name: at, says: `on ${OLD.slice(0, 8)}` }])
  })

  it.each<[Manner, string, string]>([
    ['error', 'fail', 'answers 500'],
    ['no json', 'fail', 'says nothing at $.build.sha'],
    ['redirects', 'fail', 'answers 302'],
    ['switches protocols', 'fail', 'answers 101'],
    ['breaks off', 'inconclusive', 'hung up'],
    ['hangs', 'inconclusive', 'out of time'],
    ['endless', 'inconclusive', 'answers with more than 1 MB'],
  ])('of which one %s do not pass', async (manner, outcome, says) => {
    const [one, ...rest] = await instances(NEW, NEW)
    if (one !== undefined) one.manner = manner
    const found = await look(http([...(one ? [one] : []), ...rest]))
    expect(found).toMatchObject({ outcome, good: 1, behind: [{ says }] })
  })

  it('where nothing listens fail; a name that nobody knows says nothing', async () => {
    const [one] = await instances(NEW)
    await one?.down()
    expect(await look(http(one ? [one] : []))).toMatchObject({
      outcome: 'fail',
      behind: [{ says: 'nothing listens there' }],
    })
    expect(await look(http([{ url: 'http://nobody.invalid/' }]))).toMatchObject({
      outcome: 'inconclusive',
    })
  })

  it('that give a wrong answer outweigh those that give none', async () => {
    const [one, other] = await instances(NEW, OLD)
    if (one !== undefined) one.manner = 'hangs'
    const all = one && other ? [one, other] : []
    expect(await look(http(all))).toMatchObject({ outcome: 'fail', good: 0 })
  })

  it('may be asked for a value of their own, or for their status alone', async () => {
    const all = await instances('9')
    const nine = { is: 'value', value: '9' } as const
    expect(await look(http(all, { expect: nine }))).toMatchObject({ outcome: 'pass' })
    const nineOf = { is: 'value', value: 9 } as const
    expect(await look(http(all, { expect: nineOf }))).toMatchObject({ outcome: 'fail' })
    expect(await look(http(all, { expect: null, path: null }))).toMatchObject({ outcome: 'pass' })
  })

  it('that say what breaks a sentence are told in one', async () => {
    const all = await instances(`\u0000\n<!channel>${'x'.repeat(500)}`)
    const says = (await look(http(all))).behind[0]?.says ?? ''
    expect(says).not.toMatch(/\p{Cc}/u)
    expect(says.length).toBeLessThan(80)
  })

  it('that are cut short are cut between two characters: half of one cannot be stored', async () => {
    const all = await instances(`${'x'.repeat(59)}🚂🚂`)
    const says = (await look(http(all))).behind[0]?.says ?? ''
    expect(says).toBe(`on ${'x'.repeat(59)}`)
  })

  it('may take their time: one that is given more than a timer can count is not cut off', async () => {
    const all = await instances(NEW)
    const found = await look(http(all, { timeoutMs: 90 * 86_400_000 }))
    expect(found).toMatchObject({ outcome: 'pass' })
  })

  it('are never asked at a link-local address, whatever stands in the file', async () => {
    expect(await look(http([{ url: 'http://169.254.169.254/latest/meta-data' }]))).toMatchObject({
      outcome: 'inconclusive',
      behind: [{ says: '169.254.169.254 is never asked' }],
    })
  })
})

describe('Metrics', () => {
  const ask = async (metrics: Metrics, bounds: { min?: number; max?: number }) =>
    lookAtMetrics(
      {
        kind: 'prometheus',
        name: 'errors',
        url: metrics.url,
        query: 'errors{env="{{environment}}", sha="{{ sha }}"}',
        min: bounds.min ?? null,
        max: bounds.max ?? null,
        ...pace,
      },
      { subject: { pipeline: 'api', environment: 'production', sha: NEW }, signal },
    )

  async function metrics(samples: readonly string[] | null): Promise<Metrics> {
    const one = new Metrics()
    one.samples = samples
    await one.up()
    open.push(one)
    return one
  }

  it('are asked for what was deployed where', async () => {
    const one = await metrics(['0'])
    await ask(one, { max: 1 })
    expect(one.queries).toEqual([`errors{env="production", sha="${NEW}"}`])
  })

  it.each([
    [['0.01'], { max: 0.02 }, 'pass', '0.01 (at most 0.02)'],
    [['0.01', '0.5'], { max: 0.02 }, 'fail', '0.5 (at most 0.02)'],
    [['3'], { min: 5, max: 9 }, 'fail', '3 (at least 5, at most 9)'],
    [['NaN'], { max: 1 }, 'inconclusive', 'not a number'],
    [['0', 'NaN'], { max: 1 }, 'inconclusive', 'not a number'],
    [['+Inf'], { max: 1 }, 'fail', 'Infinity (at most 1)'],
    [['0', '-Inf'], { min: 0 }, 'fail', '-Infinity (at least 0)'],
    [['+Inf'], { min: 5 }, 'inconclusive', 'an infinite number'],
    [['NaN', '+Inf'], { max: 1 }, 'inconclusive', 'not a number'],
    [[''], { max: 1 }, 'inconclusive', 'not a number'],
    [[], { max: 1 }, 'inconclusive', 'no data'],
    [null, { max: 1 }, 'inconclusive', 'the metrics server: out of time'],
  ])('with samples %j within %j: %s', async (samples, bounds, outcome, says) => {
    expect(await ask(await metrics(samples), bounds)).toMatchObject({ outcome, says })
  })

  it('of a server that is down say nothing', async () => {
    const one = await metrics(['0'])
    await one.down()
    expect(await ask(one, { max: 1 })).toMatchObject({
      outcome: 'inconclusive',
      says: 'the metrics server: nothing listens there',
    })
  })
})
