/** The playground as a process: kept over a restart, begun anew, and one at a time. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

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

async function say(text: string): Promise<void> {
  await fetch(url('/playground/do/say'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ as: 'U0ANA', channel: 'C0DEPLOYS', text }),
  })
}

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
  expect(first.said()).toContain(`Port ${port} is taken; using ${port + 1}.`)
  const tour = readFileSync(join(home, 'sample', 'tour.sh'), 'utf8')
  const pipeline = readFileSync(join(home, 'sample', 'signalbox.yml'), 'utf8')
  expect(pipeline).toContain(`http://127.0.0.1:${port + 1}/playground/shops/production/version`)
  const second = await start('--fresh')
  expect(await second.ended).toBe(78)
  expect(second.said()).toContain(
    `runs already (pid ${first.child.pid}) at http://localhost:${port + 1}`,
  )
  expect(readFileSync(join(home, 'sample', 'tour.sh'), 'utf8')).toBe(tour)
  await stop(first)
  expect(existsSync(join(home, 'sample'))).toBe(true)
})
