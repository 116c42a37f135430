/**
 * The webhook route over real HTTP and a real database: what is believed, what is stored, what is
 * answered.
 */
import { createHmac, randomBytes } from 'node:crypto'
import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import { sign } from '@octokit/webhooks-methods'
import { Hono } from 'hono'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createGrouping } from '../../src/app/grouping.ts'
import { type Delivery, storeDeliveries } from '../../src/db/inbox.ts'
import { createPool } from '../../src/db/pool.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { createGithubRoutes } from '../../src/http/github-routes.ts'
import { quiet, type TestDatabase, testDatabase } from '../world/database.ts'
import { sha } from '../world/policy.ts'

const SECRET = 'a secret of many characters'

let database: TestDatabase
let url: string
const servers: Server[] = []

async function mounted(
  secret: string | null,
  store: (delivery: Delivery) => Promise<void>,
): Promise<string> {
  const follows = (repository: string, branch: string | null): boolean =>
    repository === 'acme/api' && (branch === null || branch === 'main')
  const app = new Hono()
  app.route('/github', createGithubRoutes({ secret, store, follows, log: quiet }))
  return new Promise((resolve) => {
    const server = serve({ fetch: app.fetch, port: 0 }, ({ port }) =>
      resolve(`http://127.0.0.1:${port}/github/webhooks`),
    )
    servers.push(server as Server)
  })
}

beforeAll(async () => {
  database = await testDatabase()
  const write = (items: readonly Delivery[]): Promise<void> =>
    inTransaction(database.pool, (tx) => storeDeliveries(tx, items))
  url = await mounted(SECRET, createGrouping({ write, size: 100, waiting: 1_000 }))
})

afterAll(async () => {
  for (const server of servers) server.close()
  await database.drop()
})

beforeEach(() => database.pool.query('DELETE FROM inbox'))

const push = (name: string) => ({
  ref: 'refs/heads/main',
  before: sha('before'),
  after: sha(name),
  commits: [{ id: sha(name), message: name }],
  head_commit: { id: sha(name), message: name, timestamp: '2026-01-01T10:00:00Z' },
  repository: { full_name: 'Acme/api', pushed_at: 1_767_261_600 },
  sender: { login: 'ana' },
})

interface Sent {
  readonly body: string | Buffer
  readonly delivery?: string
  readonly event?: string
  readonly signature?: string | null
  readonly to?: string
}

async function send(sent: Sent): Promise<{ status: number; body: Record<string, string> }> {
  const { body, delivery = 'd-1', event = 'push' } = sent
  const own = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`
  const signature = sent.signature === undefined ? own : sent.signature
  const answer = await fetch(sent.to ?? url, {
    method: 'POST',
    body: body as string,
    headers: {
      'content-type': 'application/json',
      'x-github-delivery': delivery,
      'x-github-event': event,
      ...(signature === null ? {} : { 'x-hub-signature-256': signature }),
    },
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, string> }
}

async function stored(): Promise<readonly { delivery: string; event: string }[]> {
  return (await database.pool.query('SELECT delivery, event FROM inbox ORDER BY position')).rows
}

test('a delivery signed as GitHub signs is stored and acknowledged', async () => {
  const body = JSON.stringify(push('one'))
  const answer = await send({ body, signature: await sign(SECRET, body) })
  expect(answer).toEqual({ status: 202, body: { delivery: 'd-1' } })
  expect(await stored()).toEqual([{ delivery: 'd-1', event: 'push' }])
})

test('a signature that is missing, wrong, of another algorithm or another form is refused', async () => {
  const body = JSON.stringify(push('one'))
  const right = createHmac('sha256', SECRET).update(body).digest('hex')
  const sha1 = createHmac('sha1', SECRET).update(body).digest('hex')
  const wrong = [
    null,
    '',
    'sha256=',
    right,
    `sha1=${sha1}`,
    `sha256=${sha1}`,
    `sha256=${right.toUpperCase()}`,
    `SHA256=${right}`,
    `sha256=sha256=${right}`,
    `sha256=${right}, sha256=${right}`,
    `sha256=${right.slice(0, -1)}`,
    `sha256=${right}0`,
    `sha256=${'0'.repeat(64)}`,
    `sha256=${createHmac('sha256', 'another secret').update(body).digest('hex')}`,
  ]
  for (const signature of wrong) {
    expect([signature, (await send({ body, signature })).status]).toEqual([signature, 401])
  }
  expect(await stored()).toEqual([])
})

test('a repeat is acknowledged and has no effect', async () => {
  const body = JSON.stringify(push('one'))
  await send({ body })
  expect((await send({ body })).status).toBe(202)
  expect((await send({ body, delivery: 'forged' })).status).toBe(202)
  expect(await stored()).toHaveLength(1)
})

test('a delivery id that was forged beforehand does not swallow the delivery that bears it', async () => {
  await send({ body: JSON.stringify(push('one')), delivery: 'd-7' })
  await send({ body: JSON.stringify(push('two')), delivery: 'd-7' })
  expect(await stored()).toHaveLength(2)
})

test('a body under the name of another event is refused, because the signature does not cover it', async () => {
  const body = JSON.stringify(push('one'))
  for (const event of ['pull_request', 'check_run', 'status', 'check_suite', 'workflow_run']) {
    expect([event, (await send({ body, event })).status]).toEqual([event, 400])
  }
  expect(await stored()).toEqual([])
})

test('what is no JSON object is refused, whatever its signature', async () => {
  const bodies = ['', 'null', '[]', '"text"', '7', '{', 'payload=%7B%7D', Buffer.from([0xff, 0xfe])]
  for (const body of bodies) expect((await send({ body })).status).toBe(400)
})

test('events and branches that nobody follows are acknowledged, with the reason, and not kept', async () => {
  const ping = await send({ body: '{"zen":"Design for failure."}', event: 'ping' })
  expect(ping).toEqual({
    status: 202,
    body: { delivery: 'd-1', ignored: 'nothing is done with ping events' },
  })
  const other = { ...push('one'), ref: 'refs/heads/other' }
  expect((await send({ body: JSON.stringify(other) })).body['ignored']).toBe(
    'no pipeline follows other of acme/api',
  )
  expect(await stored()).toEqual([])
})

test('without a secret no delivery is believed, and the answer says what is missing', async () => {
  const to = await mounted(null, async () => {})
  const answer = await send({ body: JSON.stringify(push('one')), to })
  expect(answer.status).toBe(503)
  expect(answer.body['error']).toContain('GITHUB_WEBHOOK_SECRET')
})

test('a body of 25 MB is taken, and a larger one is refused, announced or not', async () => {
  const padded = { ...push('one'), padding: '' }
  const room = 25 * 1024 * 1024 - JSON.stringify(padded).length
  const full = JSON.stringify({ ...padded, padding: 'x'.repeat(room) })
  expect((await send({ body: full })).status).toBe(202)
  const large = JSON.stringify({ ...padded, padding: 'x'.repeat(room + 1) })
  expect((await send({ body: large })).status).toBe(413)
  const piece = randomBytes(1024 * 1024)
  let pieces = 0
  const streamed = new ReadableStream({
    pull: (controller) => {
      pieces += 1
      if (pieces > 300) controller.close()
      else controller.enqueue(piece)
    },
  })
  const answer = await fetch(url, {
    method: 'POST',
    body: streamed,
    duplex: 'half',
  } as RequestInit).then(
    ({ status }) => status,
    () => 'cut off',
  )
  expect([413, 'cut off']).toContain(answer)
  expect(pieces).toBeLessThan(100)
})

test('with the database down the answer is 503, and GitHub shows the delivery as failed', async () => {
  const nowhere = createPool('postgres://nobody@127.0.0.1:1/none', { log: quiet })
  const to = await mounted(SECRET, (one) =>
    inTransaction(nowhere, (tx) => storeDeliveries(tx, [one])),
  )
  expect((await send({ body: JSON.stringify(push('one')), to })).status).toBe(503)
  await nowhere.end()
})

test('text that PostgreSQL cannot store does not lose the delivery', async () => {
  const body = JSON.stringify(push('one')).replaceAll('"one"', '"a\\u0000b \\ud800 c"')
  expect((await send({ body })).status).toBe(202)
  const { rows } = await database.pool.query("SELECT body->'change'->>'title' AS title FROM inbox")
  expect(rows).toEqual([{ title: 'ab \uFFFD c' }])
})

test('deliveries that come at once are stored in few writes, each answered after its own', async () => {
  const writes: number[] = []
  const to = await mounted(
    SECRET,
    createGrouping({
      write: async (items) => {
        writes.push(items.length)
        await inTransaction(database.pool, (tx) => storeDeliveries(tx, items))
      },
      size: 100,
      waiting: 1_000,
    }),
  )
  const all = Array.from({ length: 200 }, (_, at) =>
    send({ body: JSON.stringify(push(`n${at}`)), delivery: `n-${at}`, to }),
  )
  const answers = await Promise.all(all)
  expect(answers.every(({ status }) => status === 202)).toBe(true)
  expect(await stored()).toHaveLength(200)
  expect(writes.length).toBeLessThan(200)
})
