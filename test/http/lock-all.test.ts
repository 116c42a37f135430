/**
 * The routes of the lock on everything, over the API with a real database.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createLockAll, standingLockAll } from '../../src/app/lock-all.ts'
import { createLogLinks } from '../../src/app/log-links.ts'
import { createTokens } from '../../src/app/tokens.ts'
import { createApi } from '../../src/http/api.ts'
import { createLogs } from '../../src/http/logs.ts'
import { actor } from '../core/line-story.ts'
import { type TestDatabase, testDatabase } from '../world/database.ts'
import { people, policy } from '../world/policy.ts'

let database: TestDatabase
let api: ReturnType<typeof createApi>

beforeEach(async () => {
  database = await testDatabase()
  const { pool } = database
  const its = policy()
  const permissions = { ...its.permissions, lock: ['ana', 'bob'] }
  const one = { policy: { ...its, permissions }, people }
  const pipelines = new Map([['api', { ...one, carries: () => true, ridesAlone: () => false }]])
  const lockAll = createLockAll({ pool, pipelines, changed: () => {}, clock: null })
  api = createApi({
    pool,
    pipelines,
    dispatch: () => Promise.reject(new Error('no command was sent')),
    preview: () => Promise.reject(new Error('nothing was looked at')),
    send: () => Promise.reject(new Error('nothing was sent')),
    logs: createLogs('/nonexistent'),
    everything: { lockAll, standing: () => standingLockAll(pool) },
    tokens: createTokens(pool),
    logLinks: createLogLinks('a key', 'http://box'),
    identify: async (header) =>
      header === undefined ? undefined : actor(header.replace('Bearer ', '')),
  })
})

afterEach(() => database.drop())

async function post(path: string, who: string, body: unknown): Promise<readonly [number, unknown]> {
  const headers = { authorization: `Bearer ${who}`, 'content-type': 'application/json' }
  const answer = await api.request(path, { method: 'POST', headers, body: JSON.stringify(body) })
  return [answer.status, await answer.json()]
}

test('locks everything with a reason, tells who holds it, and opens it again', async () => {
  expect(await post('/lock', 'ana', { reason: 'fire', for: 3600 })).toMatchObject([
    200,
    { events: [{ type: 'locked', actor: 'ana', scope: 'all', lock: { reason: 'fire' } }] },
  ])
  const seen = await api.request('/lock', { headers: { authorization: 'Bearer bob' } })
  expect(await seen.json()).toMatchObject({ lock: { by: 'ana', reason: 'fire' } })
  const [status, refused] = await post('/lock', 'bob', { reason: 'mine' })
  expect(status).toBe(409)
  expect(refused).toMatchObject({
    refusal: {
      code: 'locked',
      message: 'everything is locked by ana: fire. Ask them, or take it over with `take_over`.',
    },
  })
  expect(await post('/unlock', 'bob', {})).toMatchObject([200, { events: [{ type: 'unlocked' }] }])
  expect(await post('/unlock', 'bob', {})).toMatchObject([409, { refusal: { code: 'not_locked' } }])
})

test('refuses who may not lock, and bodies that are not to the letter', async () => {
  expect((await post('/lock', 'cem', { reason: 'mine' }))[0]).toBe(403)
  expect((await api.request('/lock', { method: 'POST', body: '{}' })).status).toBe(401)
  expect(await post('/lock', 'ana', {})).toMatchObject([422, { field: 'reason' }])
  expect(await post('/lock', 'ana', { reason: 'x', four: 3 })).toMatchObject([
    422,
    { field: 'four' },
  ])
})
