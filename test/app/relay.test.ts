/**
 * The relay and a GitHub that is away, asked over HTTP: what is kept, for how long, and what then.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createRelay, type Relay } from '../../src/app/relay.ts'
import type { DeploymentStatus } from '../../src/core/model.ts'
import { readAudit } from '../../src/db/audit.ts'
import { outboxHealth, putEffect } from '../../src/db/outbox.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { createClient } from '../../src/github/client.ts'
import { type MirrorBook, mirrorDeployment } from '../../src/github/mirror.ts'
import { quiet, type TestDatabase, testDatabase } from '../world/database.ts'
import { FakeGithub } from '../world/github.ts'
import { sha } from '../world/policy.ts'

const KEY = 'api/1:production:forward:1'

let database: TestDatabase
let github: FakeGithub
let relay: Relay
let status: DeploymentStatus

beforeEach(async () => {
  database = await testDatabase()
  await database.pool.query(
    `INSERT INTO pipelines (name, repository, branch) VALUES ('api', 'acme/api', 'main')`,
  )
  github = new FakeGithub()
  await github.start()
  const entries = new Map<string, { id: number; state: string | null }>()
  const book: MirrorBook = {
    find: async (key) => entries.get(key) ?? null,
    remember: async (key, id) => void entries.set(key, { id, state: null }),
    told: async (key, state) => void entries.set(key, { id: entries.get(key)?.id ?? 0, state }),
    replacedBy: async () => [],
  }
  const auth = { kind: 'token', token: 'ghp_0123456789abcdef' } as const
  const client = createClient({ apiUrl: github.url, auth })
  const shown = (key: string) => ({
    key,
    repository: 'acme/api',
    environment: 'production',
    isProduction: true,
    sha: sha('1'),
    status,
    isSuperseded: false,
    description: 'Train #1',
    logUrl: 'https://deploy.example.com/log',
  })
  relay = createRelay({
    slack: null,
    mirror: (key, assertHeld) => mirrorDeployment({ client, book, assertHeld }, shown(key)),
    flagOff: null,
    retire: null,
    issue: null,
    pool: database.pool,
    pipelines: () => ['api'],
    log: quiet,
    rest: async () => {},
  })
  status = 'running'
  await happens(1)
})

afterEach(async () => {
  await github.stop()
  await database.drop()
})

const happens = (seq: number): Promise<void> =>
  inTransaction(database.pool, (tx) =>
    putEffect(tx, {
      pipeline: 'api',
      train: 1,
      lane: 'api mirror',
      effect: { type: 'mirror', key: KEY },
      seq,
      delayMs: 0,
    }),
  )

/** So many attempts, as the pauses between them pass. */
async function attempts(count: number): Promise<void> {
  for (let made = 0; made < count; made += 1) {
    await database.pool.query(`UPDATE outbox SET due_at = clock_timestamp() - interval '1 s'`)
    await relay.drain()
  }
}

const days = (count: number): Promise<unknown> =>
  database.pool.query(`UPDATE outbox SET created_at = created_at - $1 * interval '1 day'`, [count])

const health = () => inTransaction(database.pool, outboxHealth)

const states = (): readonly unknown[] =>
  github.deployments[0]?.statuses.map(({ state }) => state) ?? []

test.each([503, 401])(
  'an outage of days (%i) is waited for, and then the present is shown, once',
  async (code) => {
    github.trouble(/./, { kind: 'status', status: code }, 40)
    await attempts(20)
    await days(6)
    for (const seq of [2, 3, 4]) await happens(seq)
    status = 'succeeded'
    await attempts(20)
    expect(await health()).toMatchObject({ waiting: 0, gaveUp: 0 })
    expect(states()).toEqual([])
    await attempts(1)
    expect(states()).toEqual(['success'])
    expect(github.deployments).toHaveLength(1)
  },
)

test('after a week it is given up, and told', async () => {
  github.trouble(/./, { kind: 'status', status: 503 }, 2)
  await attempts(1)
  await days(8)
  await attempts(1)
  expect(await health()).toMatchObject({ gaveUp: 1 })
  const told = await inTransaction(database.pool, (tx) =>
    readAudit(tx, 'api', { after: 0, limit: 10 }),
  )
  expect(told.map(({ type }) => type)).toEqual(['delivery_failed'])
})

test('what GitHub refuses keeps the deployments behind it waiting for a few attempts only', async () => {
  github.trouble(/deployments/, { kind: 'status', status: 422 }, 99)
  await attempts(11)
  expect(await health()).toMatchObject({ gaveUp: 0 })
  await attempts(1)
  expect(await health()).toMatchObject({ gaveUp: 1 })
})
