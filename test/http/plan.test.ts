/**
 * What would happen, asked over the API: answered in full, and not one row is changed by asking.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDispatch } from '../../src/app/dispatch.ts'
import { createLockAll, standingLockAll } from '../../src/app/lock-all.ts'
import { createLogLinks } from '../../src/app/log-links.ts'
import { createTokens } from '../../src/app/tokens.ts'
import { ensurePipeline } from '../../src/db/load.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { createApi } from '../../src/http/api.ts'
import { createLogs } from '../../src/http/logs.ts'
import { actor } from '../core/line-story.ts'
import { type TestDatabase, testDatabase } from '../world/database.ts'
import { change, environment, people, policy, readWindows, sha } from '../world/policy.ts'

let database: TestDatabase
let api: ReturnType<typeof createApi>

beforeEach(async () => {
  database = await testDatabase()
  const { pool } = database
  const windows = readWindows({ allow: ['2020-01-01'] })
  const its = policy({ environments: [environment('production', { windows })] })
  const configured = { policy: its, people, carries: () => true, ridesAlone: () => false }
  const pipelines = new Map([['api', configured]])
  await inTransaction(pool, (tx) => ensurePipeline(tx, configured))
  const dispatch = createDispatch({ pool, pipelines, changed: () => {}, clock: null })
  const lockAll = createLockAll({ pool, pipelines, changed: () => {}, clock: null })
  api = createApi({
    pool,
    pipelines,
    dispatch,
    preview: () => Promise.reject(new Error('nothing was looked at')),
    send: () => Promise.reject(new Error('nothing was sent')),
    logs: createLogs('/nonexistent'),
    everything: { lockAll, standing: () => standingLockAll(pool) },
    tokens: createTokens(pool),
    logLinks: createLogLinks('a key', 'http://box'),
    identify: async (header) =>
      header === undefined ? undefined : actor(header.replace('Bearer ', '')),
  })
  const merged = { ...change('a', { number: 12 }), mergedAt: Date.now() - 60_000 }
  await dispatch('api', { type: 'record_change', change: merged }, actor('ci'))
})

afterEach(() => database.drop())

async function plan(body: string): Promise<readonly [number, unknown]> {
  const headers = { authorization: 'Bearer ana', 'content-type': 'application/json' }
  const answer = await api.request('/pipelines/api/plan', { method: 'POST', headers, body })
  return [answer.status, await answer.json()]
}

/** Every row of every table, as text. */
async function rows(): Promise<string> {
  const tables = await database.pool.query<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`,
  )
  const all: string[] = []
  for (const { name } of tables.rows) {
    const { rows: found } = await database.pool.query<{ row: string }>(
      `SELECT t.xmin::text || t::text AS row FROM "${name}" t ORDER BY 1`,
    )
    all.push(name, ...found.map(({ row }) => row))
  }
  return all.join('\n')
}

test('a plan names what would go where and every gate, and changes nothing', async () => {
  const before = await rows()
  const [status, body] = await plan('')
  expect([status, body]).toMatchObject([
    200,
    {
      pipeline: 'api',
      trains: [
        {
          number: 1,
          status: 'boarding',
          left: [],
          stages: [
            {
              environment: 'production',
              sha: sha('a'),
              base_sha: null,
              changes: [{ number: 12, author: 'ana' }],
              gates: [
                { gate: 'window', opens_at: null, clear_by: expect.stringContaining('never') },
              ],
            },
          ],
        },
      ],
    },
  ])
  expect(await rows()).toBe(before)
})

test('a plan of a train that is not on the line is empty, and a wrong body is refused', async () => {
  expect(await plan('{"train": 7}')).toMatchObject([200, { trains: [] }])
  for (const wrong of ['{"train": "x"}', '{"trian": 1}', '[', 'null']) {
    expect(await plan(wrong)).toMatchObject([422, { field: 'train' }])
  }
})
