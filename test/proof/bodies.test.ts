/**
 * Bodies too large, too slow and too deep, against the server as it is built.
 *
 * Invariant: memory is the kernel's own peak figure of the server's process, and while it is
 * attacked the server answers others.
 */
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type ClientRequest, request } from 'node:http'
import { platform } from 'node:os'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../world/database.ts'
import { Installation } from '../world/serving.ts'
import { measured } from './size.ts'

const SECRET = 'a webhook secret of the proof'
const MB = 1024 * 1024
/** More than this on top of what it had is not bounded. */
const GROWTH_MAX = 200 * MB

let database: TestDatabase
let box: Installation

beforeAll(async () => {
  database = await testDatabase()
  box = new Installation(database.url, {
    script: () => 'true',
    pipeline: '    environments:\n      - { name: production, deploy: { run: sh deploy.sh } }',
  })
  const { child, said } = await box.run(['serve'], {
    GITHUB_WEBHOOK_SECRET: SECRET,
    SLACK_BOT_TOKEN: 'xoxb-of-the-proof-1',
    SLACK_SIGNING_SECRET: 'a-signing-secret-of-the-proof',
    SLACK_API_URL: 'http://127.0.0.1:9/',
  })
  box.server = child
  box.url = /ready at (\S+)/.exec(said)?.[1] ?? ''
})
afterAll(async () => {
  await box.clean()
  await database.drop()
})

/** The most memory the server ever had, in bytes; 0 where no kernel tells. */
function peak(): number {
  if (platform() !== 'linux') return 0
  const status = readFileSync(`/proc/${box.server?.pid}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024
}

interface Sending {
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** Left out: no length is told, and the body comes in chunks. */
  readonly length?: number
}

function opened({ path, headers = {}, length }: Sending): {
  readonly sent: ClientRequest
  /** The status; null: it hung up, which is an answer to a body of that size. */
  readonly answer: Promise<number | null>
} {
  const told = length === undefined ? {} : { 'content-length': String(length) }
  const sent = request(`${box.url}${path}`, { method: 'POST', headers: { ...headers, ...told } })
  const answer = new Promise<number | null>((resolve) => {
    sent.once('response', (response) => {
      response.resume()
      resolve(response.statusCode ?? null)
    })
    sent.once('error', () => resolve(null))
    sent.once('close', () => resolve(null))
  })
  return { sent, answer }
}

/** Writes up to `megabytes`, as fast as the server takes them, until it answers. */
async function flood(sending: Sending, megabytes: number): Promise<number | null> {
  const { sent, answer } = opened(sending)
  let over = false
  void answer.then(() => {
    over = true
  })
  const chunk = Buffer.alloc(MB, '[')
  for (let count = 0; count < megabytes && !over; count += 1) {
    if (sent.write(chunk)) continue
    await Promise.race([new Promise((drained) => sent.once('drain', drained)), answer])
  }
  if (!over) sent.end()
  const status = await answer
  sent.destroy()
  return status
}

const isWell = async (): Promise<number> => (await fetch(`${box.url}/healthz`)).status

const PLACES = (): readonly Sending[] => [
  { path: '/github/webhooks', headers: { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` } },
  { path: '/slack/events' },
  { path: '/api/v1/pipelines/api/commands' },
  {
    path: '/api/v1/pipelines/api/commands',
    headers: { authorization: `Bearer ${box.tokens.ana}` },
  },
  { path: '/api/v1/agent/poll', headers: { authorization: `Bearer ${box.tokens.builder}` } },
]

test('100 MB are refused everywhere, told their length or not, and memory stays bounded', async () => {
  const before = peak()
  for (const place of PLACES()) {
    expect([place.path, await flood({ ...place, length: 100 * MB }, 100)]).toEqual([
      place.path,
      413,
    ])
    // Without a length it must be read to be judged; a hang-up in the middle is clear as well.
    expect([413, null]).toContain(await flood(place, 100))
    expect(await isWell()).toBe(200)
  }
  const [github] = PLACES()
  if (github === undefined) throw new Error('no place')
  const many = await Promise.all(Array.from({ length: 12 }, () => flood(github, 100)))
  for (const status of many) expect([413, 503, null]).toContain(status)
  expect(await isWell()).toBe(200)
  const grown = Math.max(0, peak() - before)
  expect(grown).toBeLessThan(GROWTH_MAX)
  measured(
    'bodies of 100 MB at every door, 12 of them at once: taken; memory grown at the peak',
    `${PLACES().length * 2 + many.length}: 0; ${Math.round(grown / MB)} MB`,
  )
}, 180_000)

test('sixty bodies that never end keep nobody else waiting', async () => {
  const slow = Array.from({ length: 60 }, (_, index) => {
    const place = PLACES()[index % PLACES().length] ?? { path: '/' }
    const open = opened({ ...place, length: 10_000 })
    open.sent.write('[')
    return open
  })
  for (let look = 0; look < 20; look += 1) {
    for (const { sent } of slow) if (!sent.destroyed) sent.write('[')
    expect(await isWell()).toBe(200)
    expect((await box.call('ana', '/pipelines/api')).status).toBe(200)
  }
  for (const { sent } of slow) sent.destroy()
  expect(await isWell()).toBe(200)
  measured('bodies that never end, sixty at once: another request kept waiting', '40: 0')
}, 60_000)

test('deep JSON is refused with a clear status, signed or with a token', async () => {
  const depth = 400_000
  const bodies = [
    '['.repeat(depth) + ']'.repeat(depth),
    `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`,
    `{"type":"lock","reason":${'['.repeat(depth)}${']'.repeat(depth)}}`,
    '['.repeat(depth),
  ]
  for (const body of bodies) {
    const digest = createHmac('sha256', SECRET).update(body).digest('hex')
    const webhook = await fetch(`${box.url}/github/webhooks`, {
      method: 'POST',
      body,
      headers: {
        'x-hub-signature-256': `sha256=${digest}`,
        'x-github-event': 'push',
        'x-github-delivery': 'deep-1',
      },
    })
    expect(webhook.status).toBe(400)
    const sent = await fetch(`${box.url}/api/v1/pipelines/api/commands`, {
      method: 'POST',
      body,
      headers: { authorization: `Bearer ${box.tokens.ana}` },
    })
    expect([400, 422]).toContain(sent.status)
    expect(await isWell()).toBe(200)
  }
  measured('deep JSON (400,000 levels) at two doors: a fault', `${bodies.length * 2}: 0`)
}, 60_000)

test('a header that comes twice is no signature', async () => {
  const body = '{}'
  const right = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`
  const wrong = `sha256=${'0'.repeat(64)}`
  const send = (values: readonly string[]): Promise<number | null> => {
    const headers = { 'x-hub-signature-256': values as unknown as string }
    const { sent, answer } = opened({ path: '/github/webhooks', headers, length: body.length })
    sent.end(body)
    return answer
  }
  // Believed, and then refused for want of an event.
  expect(await send([right])).toBe(400)
  for (const values of [
    [right, right],
    [wrong, right],
    [right, wrong],
    ['', right],
  ]) {
    expect(await send(values)).toBe(401)
  }
})
