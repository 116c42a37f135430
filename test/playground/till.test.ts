/**
 * The till: real processes, customers who really pay, and metrics asked by the code that asks
 * Prometheus.
 */
import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ComparisonStep } from '../../src/core/comparison.ts'
import { closeServer, listen } from '../../src/http/server.ts'
import { createCustomers, sentTo } from '../../src/playground/town/customers.ts'
import { METRICS, metricsRoutes } from '../../src/playground/town/metrics.ts'
import { createSales } from '../../src/playground/town/sales.ts'
import { lookAtTills, sharesOf, stopTills } from '../../src/playground/town/tills.ts'
import { lookAtBoth } from '../../src/verify/comparison-look.ts'
import { settle } from './bot.ts'
import { startTown, type TownBench } from './town-bench.ts'

const run = promisify(execFile)

const OLD = 'a'.repeat(40)
const NEW = 'b'.repeat(40)
const OF = ['failed_sales_total', 'sales_total'] as const

describe('the customers', () => {
  test('are shared out as the script says, in every hundred of them', () => {
    const shares = [
      { release: NEW, percent: 10 },
      { release: OLD, percent: 90 },
    ]
    for (const first of [0, 17, 12_345]) {
      const hundred = Array.from({ length: 100 }, (_, at) => sentTo(shares, first + at))
      expect(hundred.filter((one) => one === NEW)).toHaveLength(10)
      expect(hundred.filter((one) => one === OLD)).toHaveLength(90)
    }
  })

  test('find no till where only a part of them is sent to one', () => {
    const found = Array.from({ length: 100 }, (_, at) =>
      sentTo([{ release: NEW, percent: 10 }], at),
    )
    expect(found.filter((one) => one === null)).toHaveLength(90)
  })
})

describe('the sales', () => {
  const at = (seconds: number, sales: number, failed: number) => ({
    at: seconds * 1_000,
    counters: new Map([
      ['sales_total', sales],
      ['failed_sales_total', failed],
    ]),
  })
  const part = (...looks: readonly ReturnType<typeof at>[]) => {
    const sales = createSales()
    for (const look of looks) sales.note(NEW, look)
    return sales.part(NEW, { of: OF, at: 10_000, windowMs: 5_000 })
  }

  test('fail in part, counted within the window alone', () => {
    expect(part(at(1, 0, 0), at(6, 100, 90), at(8, 110, 91), at(10, 120, 93))).toBe(0.15)
  })

  test('are no number where nobody bought, and nothing where nobody looked twice', () => {
    expect(part(at(6, 100, 3), at(10, 100, 3))).toBeNaN()
    expect(part(at(10, 100, 3))).toBeNull()
  })

  test('go on counting when a till has begun anew', () => {
    expect(part(at(6, 100, 50), at(8, 10, 1), at(10, 20, 2))).toBe(0.1)
  })
})

describe('the metrics', () => {
  const NOW = 1_000_000_000
  const QUERY =
    'rate(failed_sales_total{release="{{release}}"}[2s]) / rate(sales_total{release="{{release}}"}[2s])'
  const sales = createSales()
  const app = new Hono().route(METRICS, metricsRoutes(sales))

  /** Twenty seconds, in which so many of a hundred sales of each fail. */
  function sold(release: string, failing: number): void {
    for (let second = 0; second <= 20; second++) {
      const counters = new Map([
        ['sales_total', second * 100],
        ['failed_sales_total', second * failing + (second % 2)],
      ])
      sales.note(release, { at: NOW + second * 1_000, counters })
    }
  }

  async function look(fresh: string): Promise<unknown> {
    const server = await listen(app, { port: 0, host: '127.0.0.1' })
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const step = {
      ...{ kind: 'comparison', name: 'failed sales', better: 'lower', by: 1, pass: 0.05 },
      ...{ url: `http://127.0.0.1:${port}${METRICS}`, query: QUERY, fail: 0.01, samples: 5 },
      ...{ everyMs: 2_000, timeoutMs: 1_000 },
    } as unknown as ComparisonStep
    const minutes = { from: NOW + 8_000, until: NOW + 20_000 }
    const comparison = { fresh, old: OLD, minutes, earlier: null, worseBelow: 0.01 }
    const place = { pipeline: 'till', environment: 'production' }
    try {
      return await lookAtBoth(step, { comparison, place, signal: AbortSignal.timeout(5_000) })
    } finally {
      await closeServer(server)
    }
  }

  test('tell a release that is worse from one that is not, as Prometheus would', async () => {
    const good = 'c'.repeat(40)
    sold(OLD, 2)
    sold(NEW, 33)
    sold(good, 2)
    expect(await look(NEW)).toMatchObject({ outcome: 'fail' })
    expect(await look(good)).toMatchObject({ outcome: 'pass' })
    expect(await look('d'.repeat(40))).toMatchObject({ outcome: 'inconclusive' })
  })

  test('refuse what they do not know, in Prometheus’ words', async () => {
    const answer = await app.request(`${METRICS}/api/v1/query_range?query=up&start=0&end=1&step=1`)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ status: 'error', errorType: 'bad_data' })
  })
})

describe('a release of the till', () => {
  let bench: TownBench
  beforeEach(async () => {
    bench = await startTown()
  })
  afterEach(() => bench.stop())

  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-C', bench.sample.repository, ...args], { encoding: 'utf8' }).trim()

  /** Runs one of the till's scripts, as the agent would. */
  async function script(name: 'deploy' | 'retire', sha: string, more: object): Promise<unknown> {
    git('checkout', '--quiet', '--detach', sha)
    const { CI: _, ...rest } = process.env
    const env = { ...rest, SIGNALBOX_ENVIRONMENT: 'production', SIGNALBOX_SHA: sha, ...more }
    const cwd = bench.sample.repository
    return run('sh', [`till/${name}.sh`, bench.sample.sites], { cwd, env }).finally(() =>
      git('checkout', '--quiet', 'main'),
    )
  }
  const deploy = (sha: string, percent: number, base = '') =>
    script('deploy', sha, {
      ...{ SIGNALBOX_KIND: 'forward', SIGNALBOX_TRAFFIC: String(percent) },
      SIGNALBOX_BASE_SHA: base,
    })
  const merged = async (): Promise<string> => {
    expect(await bench.town.merge('till')).toBeNull()
    return git('rev-parse', 'main')
  }
  const isThere = (sha: string): boolean => existsSync(join(bench.sample.sites, 'till', sha))

  test('serves beside the old one, loses every third sale, and is closed by the way back', async () => {
    const { sites } = bench.sample
    await merged()
    const good = await merged()
    const bad = await merged()
    await deploy(good, 100)
    await deploy(bad, 10, good)
    expect(sharesOf(sites)).toEqual([
      { release: bad, percent: 10 },
      { release: good, percent: 90 },
    ])
    const customers = createCustomers({ sites, now: Date.now })
    customers.come()
    const tills = () => lookAtTills(sites, { sales: customers.sales, now: Date.now() })
    try {
      await settle('every third sale fails', async () => {
        const [sick, well] = await tills()
        return sick !== undefined && (sick.failing ?? 0) >= 0.3 && well?.failing === 0
      })
    } finally {
      customers.leave()
    }
    await script('deploy', good, { SIGNALBOX_KIND: 'rollback', SIGNALBOX_TRAFFIC: '100' })
    expect(await tills()).toMatchObject([{ release: good, percent: 100 }])
    expect(isThere(bad)).toBe(false)
  })

  test('keeps the old one ready until that is retired; both stop with the playground', async () => {
    const { sites } = bench.sample
    const old = await merged()
    const fresh = await merged()
    await deploy(old, 100)
    await deploy(fresh, 100, old)
    const sales = createSales()
    const tills = () => lookAtTills(sites, { sales, now: Date.now() })
    expect(await tills()).toMatchObject([
      { release: fresh, percent: 100, failing: 0 },
      { release: old, percent: 0, failing: 0 },
    ])
    await bench.town.stop()
    expect(await tills()).toMatchObject([{ failing: null }, { failing: null }])
    await bench.town.resume()
    expect(await tills()).toMatchObject([{ failing: 0 }, { failing: 0 }])
    await script('retire', fresh, {})
    expect(await tills()).toMatchObject([{ release: fresh, percent: 100, failing: 0 }])
    expect(isThere(old)).toBe(false)
    await stopTills(sites)
  })
})
