/** Who may not is told 403, whatever else stood in the way; who may, but not now, 409. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDispatch } from '../../src/app/dispatch.ts'
import { createLockAll, standingLockAll } from '../../src/app/lock-all.ts'
import { createLogLinks } from '../../src/app/log-links.ts'
import { createTokens } from '../../src/app/tokens.ts'
import type { Actor } from '../../src/core/model.ts'
import { ensurePipeline } from '../../src/db/load.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { createApi } from '../../src/http/api.ts'
import { createLogs } from '../../src/http/logs.ts'
import { actor } from '../core/line-story.ts'
import { type TestDatabase, testDatabase } from '../world/database.ts'
import { askAuthors, change, environment, people, policy } from '../world/policy.ts'

const STRANGER: Actor = { name: 'U0STRANGER', kind: 'person', groups: [] }

let database: TestDatabase
let api: ReturnType<typeof createApi>

beforeEach(async () => {
  database = await testDatabase()
  const { pool } = database
  const approvals = { ...askAuthors, others: 1, from: ['bob'] }
  const its = policy({ environments: [environment('production', { approvals })] })
  const configured = { policy: its, people, carries: () => true, ridesAlone: () => false }
  const pipelines = new Map([['api', configured]])
  await inTransaction(pool, (tx) => ensurePipeline(tx, configured))
  const acting = { pool, pipelines, changed: () => {}, clock: null }
  const dispatch = createDispatch(acting)
  api = createApi({
    pool,
    pipelines,
    dispatch,
    preview: () => Promise.reject(new Error('nothing was looked at')),
    send: () => Promise.reject(new Error('nothing was sent')),
    logs: createLogs('/nonexistent'),
    everything: { lockAll: createLockAll(acting), standing: () => standingLockAll(pool) },
    tokens: createTokens(pool),
    logLinks: createLogLinks('a key', 'http://box'),
    identify: async (header) => {
      const name = header?.replace('Bearer ', '') ?? ''
      return name === 'stranger' ? STRANGER : actor(name)
    },
  })
  const merged = { ...change('a', { author: 'ana' }), mergedAt: Date.now() - 60_000 }
  await dispatch('api', { type: 'record_change', change: merged }, actor('ci'))
  const words = { train: null, ref: null, environment: null, plan: null }
  await dispatch('api', { type: 'depart', ...words }, actor('ana'))
})

afterEach(() => database.drop())

test.each([
  ['ci', { type: 'consent', train: 1 }, 403, 'people_only'],
  ['ci', { type: 'approve', train: 1 }, 403, 'people_only'],
  ['ci', { type: 'consent', train: 99 }, 403, 'people_only'],
  ['stranger', { type: 'consent', train: 1 }, 403, 'not_linked'],
  ['dee', { type: 'approve', train: 1 }, 403, 'not_entitled'],
  ['dee', { type: 'consent', train: 1 }, 409, 'nothing_of_yours'],
  ['ana', { type: 'consent', train: 99 }, 409, 'no_such_train'],
])('%s who says %j is told %i, %s', async (who, body, status, code) => {
  const answer = await api.request('/pipelines/api/commands', {
    method: 'POST',
    headers: { authorization: `Bearer ${who}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect([answer.status, await answer.json()]).toMatchObject([status, { refusal: { code } }])
})
