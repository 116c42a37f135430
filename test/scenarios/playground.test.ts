/** The playground as a process: kept over a restart, begun anew, one at a time, and what its town does by itself. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { holderOf } from '../../src/config/home-lock.ts'

const CLI = resolve('dist/cli.js')

let home: string
let port: number
let taking: Server | null

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'signalbox-playground-'))
  taking = await listen(0)
  const address = taking.address()
  port = typeof address === 'object' ? (address?.port ?? 0) : 0
  await free()
})
afterEach(async () => {
  await free()
  await rm(home, { recursive: true, force: true, maxRetries: 5 })
})

async function free(): Promise<void> {
  await new Promise((done) => (taking === null ? done(null) : taking.close(done)))
  taking = null
}

const listen = (at: number): Promise<Server> =>
  new Promise((done) => {
    const server: Server = createServer().listen(at, '127.0.0.1', () => done(server))
  })

interface Started {
  readonly child: ChildProcess
  readonly said: () => string
  /** How it ended. */
  readonly ended: Promise<number | null>
}

/** Starts it; answers when it is ready, or has ended. */
async function start(...args: readonly string[]): Promise<Started> {
  const { DATABASE_URL: _, REDIS_URL: __, SIGNALBOX_CONFIG: ___, ...env } = process.env
  const child = spawn(process.execPath, [CLI, 'serve', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...env, PORT: String(port), SIGNALBOX_HOME: home, LOG_LEVEL: 'error' },
  })
  let said = ''
  const ended = new Promise<number | null>((done) => child.once('exit', done))
  await new Promise<void>((ready) => {
    void ended.then(() => ready())
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (bytes: Buffer) => {
        said += bytes.toString()
        if (said.includes('ready at')) ready()
      })
    }
  })
  return { child, said: () => said, ended }
}

async function stop({ child, ended }: Started): Promise<void> {
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
}

const url = (path: string): string => `http://127.0.0.1:${port}${path}`

async function act(name: string, body: object): Promise<void> {
  await fetch(url(`/playground/do/${name}`), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ as: 'U0ANA', ...body }),
  })
}

const say = (text: string): Promise<void> => act('say', { channel: 'C0DEPLOYS', text })

async function texts(): Promise<readonly string[]> {
  const answer = await fetch(url('/playground/state?as=U0ANA'))
  const { messages } = (await answer.json()) as { messages: readonly { text: string }[] }
  return messages.map(({ text }) => text)
}

test('what was said survives a restart; --fresh begins anew', { timeout: 90_000 }, async () => {
  const first = await start()
  await say('hello')
  await stop(first)
  const second = await start()
  expect(await texts()).toEqual(['hello'])
  const tokens = readFileSync(join(home, 'sample', 'tokens.json'), 'utf8')
  await stop(second)
  const third = await start('--fresh')
  expect(await texts()).toEqual([])
  expect(readFileSync(join(home, 'sample', 'tokens.json'), 'utf8')).not.toBe(tokens)
  await stop(third)
})

test('a second one says where the first one is; a taken port is stepped over', {
  timeout: 60_000,
}, async () => {
  taking = await listen(port)
  const first = await start()
  // The next one, unless somebody else on this machine has just taken that, too.
  const used = Number(/is taken; using (\d+)\./.exec(first.said())?.[1])
  expect(first.said()).toContain(`Port ${port} is taken; using ${used}.`)
  expect(used).toBeGreaterThan(port)
  const tour = readFileSync(join(home, 'sample', 'tour.sh'), 'utf8')
  const pipeline = readFileSync(join(home, 'sample', 'signalbox.yml'), 'utf8')
  expect(pipeline).toContain(`http://127.0.0.1:${used}/playground/shops/production/version`)
  const second = await start('--fresh')
  expect(await second.ended).toBe(78)
  expect(second.said()).toContain(
    `runs already (pid ${first.child.pid}) at http://localhost:${used}`,
  )
  expect(readFileSync(join(home, 'sample', 'tour.sh'), 'utf8')).toBe(tour)
  await stop(first)
  expect(existsSync(join(home, 'sample'))).toBe(true)
})

interface Shop {
  readonly environments: readonly {
    readonly name: string
    readonly live: { readonly sha: string; readonly train: number | null } | null
    readonly lock: { readonly by: string; readonly reason: string } | null
    readonly countdown: { readonly to: string } | null
  }[]
  readonly trains: readonly {
    readonly number: number
    readonly changes: readonly { readonly number: number | null; readonly checks: string }[]
  }[]
}

async function call(who: string, path: string, body?: object, of = 'shop'): Promise<unknown> {
  const text = readFileSync(join(home, 'sample', 'tokens.json'), 'utf8')
  const tokens: readonly { readonly name: string; readonly secret: string }[] = JSON.parse(text)
  const secret = tokens.find(({ name }) => name === who)?.secret ?? ''
  const answer = await fetch(url(`/api/v1/pipelines/${of}${path}`), {
    headers: { authorization: `Bearer ${secret}` },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  })
  return answer.json()
}

async function until(what: string, holds: (shop: Shop) => boolean, of = 'shop'): Promise<Shop> {
  for (const limit = Date.now() + 70_000; ; ) {
    const shop = (await call('ana', '', undefined, of)) as Shop
    if (holds(shop)) return shop
    if (Date.now() > limit) throw new Error(`never: ${what}\n${JSON.stringify(shop, null, 2)}`)
    await new Promise((look) => setTimeout(look, 200))
  }
}

const hasGreen = (change: number) => (shop: Shop) =>
  shop.trains.some(({ changes }) =>
    changes.some(({ number, checks }) => number === change && checks === 'green'),
  )

/** Whether a mirror of the agent has so many merges. */
function hasFetched(merges: number): boolean {
  const mirrors = readdirSync(join(home, 'mirrors'))
  return mirrors.some((mirror) => {
    const count = ['rev-list', '--merges', '--count', 'main']
    const counted = spawnSync('git', ['-C', join(home, 'mirrors', mirror), ...count])
    return Number(counted.stdout.toString()) === merges
  })
}

/** The worker's process, as soon as it is as the story needs it. */
async function worker(holds: (pid: number | null) => boolean): Promise<number | null> {
  for (const limit = Date.now() + 40_000; ; ) {
    const pid = await holderOf(home, 'worker')
    if (holds(pid)) return pid
    if (Date.now() > limit) throw new Error(`the worker is ${pid}`)
    await new Promise((look) => setTimeout(look, 50))
  }
}

test('while the worker is dead buttons answer and nothing moves; the next one goes on', {
  timeout: 120_000,
}, async () => {
  const playground = await start()
  const first = await worker((pid) => pid !== null)
  await act('kill', { which: 'worker' })
  await worker((pid) => pid !== first)
  await act('merge', {})
  await say('/lock shop production Stocktaking')
  expect((await texts()).at(-1)).toContain('Stocktaking')
  const second = await worker((pid) => pid !== null && pid !== first)
  await until('#101 is green', hasGreen(101))
  await call('ana', '/commands', { type: 'depart' })
  await until('staging runs it', ({ environments }) =>
    environments.some(({ name, live }) => name === 'staging' && live !== null),
  )
  expect(await holderOf(home, 'worker')).toBe(second)
  await stop(playground)
  expect(await holderOf(home, 'worker')).toBeNull()
})

test('a merge whose webhooks were lost is found by asking GitHub, and deployed without it', {
  timeout: 180_000,
}, async () => {
  const playground = await start()
  await act('merge', {})
  await until('#101 is green', hasGreen(101))
  await act('webhooks', { down: true })
  await act('merge', {})
  await until('#102 is found, with its check', hasGreen(102))
  await act('webhooks', { down: false })
  await until('the agent has fetched it', () => hasFetched(2))
  await act('github', { down: true })
  await call('ana', '/commands', { type: 'depart' })
  await until('staging runs it', ({ environments }) =>
    environments.some(({ name, live }) => name === 'staging' && live !== null),
  )
  await stop(playground)
})

test('a worker whose server is killed ends by itself, and the next server has one of its own', {
  timeout: 90_000,
}, async () => {
  const playground = await start()
  const first = await worker((pid) => pid !== null)
  playground.child.kill('SIGKILL')
  await playground.ended
  await worker((pid) => pid === null)
  const again = await start()
  expect(await worker((pid) => pid !== null)).not.toBe(first)
  await stop(again)
})

test('the ride that falls sick in production goes back by itself', {
  timeout: 180_000,
}, async () => {
  const playground = await start()
  const production = ({ environments }: Shop) =>
    environments.find(({ name }) => name === 'production')
  const merge = async (change: number): Promise<void> => {
    await act('merge', {})
    await until(`#${change} is green`, hasGreen(change))
  }
  const ride = async (train: number): Promise<void> => {
    await call('ana', '/commands', { type: 'depart' })
    for (const who of ['ana', 'bob', 'cem'])
      await call(who, '/commands', { type: 'consent', train })
  }
  await merge(101)
  await merge(102)
  await ride(1)
  const before = await until('train #1 arrives', ({ trains }) => trains.length === 0)
  await merge(103)
  await ride(2)
  const good = production(before)?.live?.sha
  await until('it counts down', (shop) => production(shop)?.countdown?.to === good)
  const back = await until('it is back', (shop) => production(shop)?.live?.sha === good)
  expect(production(back)?.lock?.by).toBe('signalbox')
  const said = (await texts()).join('\n')
  expect(said).toContain('production goes back to')
  await stop(playground)
})

test('the till’s good release is compared at each step; its bad one is found at 10 %, and goes back', {
  timeout: 300_000,
}, async () => {
  const playground = await start()
  const production = ({ environments }: Shop) => environments[0]
  const tell = (who: string, body: object) => call(who, '/commands', body, 'till')
  const ride = async (train: number, change: number): Promise<void> => {
    await act('merge', { queue: 'till' })
    await until(`#${change} is green`, hasGreen(change), 'till')
    await tell('ana', { type: 'depart' })
    for (const who of ['ana', 'bob', 'cem']) await tell(who, { type: 'consent', train })
  }
  const arrived = ({ trains }: Shop): boolean => trains.length === 0
  await ride(1, 501)
  const first = production(await until('the first arrives', arrived, 'till'))?.live?.sha
  await ride(2, 502)
  const good = production(await until('the good one arrives', arrived, 'till'))?.live?.sha
  expect(good).not.toBe(first)
  const said = await texts()
  for (const step of ['50 %', '100 %']) expect(said).toContain(`🪜 production goes on to ${step}.`)
  expect(said.some((one) => one.includes('shop'))).toBe(false)

  await ride(3, 503)
  await until('it counts down', (till) => production(till)?.countdown?.to === good, 'till')
  const back = await until(
    'it is back',
    (till) => production(till)?.live?.sha === good && production(till)?.lock !== null,
    'till',
  )
  expect(production(back)?.lock).toMatchObject({
    by: 'signalbox',
    reason: expect.stringMatching(
      /at 10 %: failed sales: 0\.\d+ against 0\.0\d+ of the old release/,
    ),
  })
  await stop(playground)
})
