/** The relay beside a database that goes away in the middle of a delivery. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createRelay } from '../../src/app/relay.ts'
import { putEffect } from '../../src/db/outbox.ts'
import { createPool } from '../../src/db/pool.ts'
import { inTransaction, type Pool } from '../../src/db/transaction.ts'
import { quiet, type TestDatabase, testDatabase } from '../world/database.ts'
import { FaultProxy } from './proxy.ts'

let database: TestDatabase
let proxy: FaultProxy
let pool: Pool

beforeEach(async () => {
  database = await testDatabase()
  const url = new URL(database.url)
  proxy = new FaultProxy({ host: url.hostname, port: Number(url.port) })
  await proxy.open()
  url.port = String(proxy.port)
  pool = createPool(url.href, { log: quiet })
  await database.pool.query(
    `INSERT INTO pipelines (name, repository, branch) VALUES ('api', 'acme/api', 'main')`,
  )
})

afterEach(async () => {
  await pool.end()
  await proxy.close()
  await database.drop()
})

test('a lane that it could not leave waits for no lease once the database is back', async () => {
  await inTransaction(database.pool, (tx) =>
    putEffect(tx, {
      pipeline: 'api',
      train: null,
      lane: 'api mirror',
      effect: { type: 'mirror', key: 'run 1' },
      seq: 1,
      delayMs: 0,
    }),
  )
  let mirrored = 0
  const relay = createRelay({
    slack: null,
    mirror: async () => {
      mirrored += 1
      if (mirrored === 1) await proxy.plant({ kind: 'refuse' })
    },
    flagOff: null,
    retire: null,
    issue: null,
    pool,
    pipelines: () => ['api'],
    log: quiet,
    rest: async () => {},
  })
  await relay.drain()
  await proxy.heal()
  await relay.drain()
  expect(mirrored).toBe(2)
  const { rows } = await database.pool.query('SELECT delivered_at IS NULL AS waits FROM outbox')
  expect(rows).toEqual([{ waits: false }])
})
