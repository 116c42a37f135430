/** Hints on both backends: the same promises, the same tests. */
import { randomBytes } from 'node:crypto'
import pino from 'pino'
import { afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Backend } from '../../src/queue/backend.ts'
import { type Hints, startHints } from '../../src/queue/hints.ts'
import { FaultProxy } from '../faults/proxy.ts'
import { quiet, type TestDatabase, testDatabase } from '../world/database.ts'
import { startRedis } from '../world/redis.ts'

const redisUrl = inject('redisUrl')
let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
  return () => database.drop()
})

const open: Hints[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((hints) => hints.stop()))
})

interface Process {
  readonly hints: Hints
  readonly looked: string[]
  news: number
}

function start(
  backend: Backend,
  name: string,
  work?: ((pipeline: string) => Promise<void>) | null,
): Process {
  const looked: string[] = []
  const follow = async (pipeline: string): Promise<void> => {
    looked.push(pipeline)
  }
  const hints = startHints({
    backend,
    name,
    work: work === undefined ? follow : work,
    news: () => {
      started.news += 1
    },
    log: quiet,
  })
  const started: Process = { hints, looked, news: 0 }
  open.push(hints)
  return started
}

const aName = (): string => `test-${randomBytes(4).toString('hex')}`

async function until(what: string, holds: () => boolean): Promise<void> {
  const limit = Date.now() + 20_000
  while (!holds()) {
    if (Date.now() > limit) throw new Error(`never: ${what}`)
    await new Promise((look) => setTimeout(look, 20))
  }
}

/** A queue takes a moment to be there; hints sent before that may be lost, as they may be. */
async function hintUntil(from: Process, pipeline: string, holds: () => boolean): Promise<void> {
  const limit = Date.now() + 20_000
  while (!holds()) {
    if (Date.now() > limit) throw new Error(`a hint of ${pipeline} never came`)
    from.hints.send(pipeline)
    await new Promise((look) => setTimeout(look, 100))
  }
}

const backends: readonly (readonly [string, () => Backend])[] = [
  ['PostgreSQL', () => ({ kind: 'postgres', url: database.url })],
  ...(redisUrl === null
    ? []
    : [['Redis', (): Backend => ({ kind: 'redis', url: redisUrl })] as const]),
]

describe.each(backends)('on %s', (_, backend) => {
  test('a hint of one process is followed by a worker, and news to every process', async () => {
    const name = aName()
    const web = start(backend(), name, null)
    const worker = start(backend(), name)
    const heard = (): boolean => worker.looked.includes('api') && web.news > 0 && worker.news > 0
    await hintUntil(web, 'api', heard)
    expect(web.looked).toEqual([])
  })

  test('a hint that comes while its pipeline is worked on is followed once more', async () => {
    const name = aName()
    let letGo: () => void = () => {}
    const held = new Promise<void>((go) => {
      letGo = go
    })
    const looked: string[] = []
    const worker = start(backend(), name, async (pipeline) => {
      looked.push(pipeline)
      if (looked.length === 1) await held
    })
    await hintUntil(worker, 'api', () => looked.length === 1)
    for (let many = 0; many < 5; many += 1) worker.hints.send('api')
    letGo()
    await until('a second look', () => looked.length >= 2)
    expect(looked.length).toBeLessThanOrEqual(4)
  })

  test('a worker whose work fails goes on with the next hint', async () => {
    const name = aName()
    const looked: string[] = []
    const worker = start(backend(), name, async (pipeline) => {
      looked.push(pipeline)
      if (looked.length === 1) throw new Error('the database went away')
    })
    await hintUntil(worker, 'api', () => looked.length >= 1)
    await hintUntil(worker, 'web', () => looked.includes('web'))
  })

  test('installations with other names hear nothing of each other', async () => {
    const mine = start(backend(), aName())
    const other = start(backend(), aName())
    await hintUntil(mine, 'api', () => mine.looked.length > 0)
    expect(other.looked).toEqual([])
    expect(other.news).toBe(0)
  })
})

test('stopped while it still opens, a queue leaves no connection behind', async () => {
  const own = await testDatabase()
  for (let many = 0; many < 3; many += 1) {
    const worker = start({ kind: 'postgres', url: own.url }, aName())
    await worker.hints.stop()
  }
  const others = async (): Promise<readonly unknown[]> => {
    const { rows } = await own.pool.query(
      `SELECT application_name FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    )
    return rows
  }
  // PostgreSQL takes a moment to see that a connection has ended.
  await expect.poll(others, { timeout: 5_000 }).toEqual([])
  await own.drop()
})

test('a queue that is not there is told once, and neither start, send nor stop waits for it', async () => {
  const told: string[] = []
  const log = pino({ level: 'warn' }, { write: (line: string) => told.push(line) })
  const backend: Backend = { kind: 'redis', url: 'redis://127.0.0.1:1' }
  const hints = startHints({ backend, name: aName(), work: async () => {}, news: () => {}, log })
  for (let many = 0; many < 50; many += 1) hints.send('api')
  await until('a word about it', () => told.length > 0)
  await hints.stop()
  expect(told).toHaveLength(1)
  expect(told[0]).toContain('the sweep does its work')
})

test('a PostgreSQL that goes while the queue sets itself up ends nothing, and is used once it is back', async () => {
  const own = await testDatabase({ empty: true })
  const url = new URL(own.url)
  const proxy = new FaultProxy({ host: url.hostname, port: Number(url.port) })
  await proxy.open()
  url.port = String(proxy.port)
  await proxy.plant({ kind: 'slow', ms: 20 })
  const worker = start({ kind: 'postgres', url: url.href }, aName())
  const settingUp = async (): Promise<number | null> => {
    const { rowCount } = await own.pool.query(
      `SELECT FROM pg_stat_activity WHERE application_name = 'signalbox-queue' AND xact_start IS NOT NULL`,
    )
    return rowCount
  }
  await expect.poll(settingUp, { interval: 5, timeout: 20_000 }).toBeGreaterThan(0)
  await proxy.plant({ kind: 'refuse' })
  await proxy.heal()
  await hintUntil(worker, 'api', () => worker.looked.includes('api'))
  await worker.hints.stop()
  await proxy.close()
  await own.drop()
})

test.skipIf(redisUrl === null)(
  'a Redis that freezes, dies and comes back is used again',
  async () => {
    const first = await startRedis()
    if (first === null) throw new Error('this test starts a redis-server of its own: install one')
    const worker = start({ kind: 'redis', url: first.url }, aName())
    await hintUntil(worker, 'api', () => worker.looked.includes('api'))
    first.process.kill('SIGSTOP')
    for (let many = 0; many < 20; many += 1) worker.hints.send('frozen')
    first.process.kill('SIGCONT')
    await hintUntil(worker, 'web', () => worker.looked.includes('web'))
    await first.stop()
    for (let many = 0; many < 20; many += 1) worker.hints.send('dead')
    const second = await startRedis(first.port)
    await hintUntil(worker, 'back', () => worker.looked.includes('back'))
    await second?.stop()
  },
)
