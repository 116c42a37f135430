/**
 * The simulator's histories against real PostgreSQL: what people, agents and GitHub asked there is
 * asked of two dispatchers at once, and each decision is compared with the pure core's.
 *
 * Invariant: the core decides on the whole state, PostgreSQL on what it loads; in the order in which
 * they got the pipeline's row, both must say the same, to the last event.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { brokenInvariants, verifyAudit } from '../../src/db/audit.ts'
import { createPool } from '../../src/db/pool.ts'
import { inTransaction, type Pool } from '../../src/db/transaction.ts'
import { drawHistory } from '../sim/history.ts'
import { askedIn } from '../sim/play.ts'
import { rateOf } from '../sim/run.ts'
import { quiet, type TestDatabase, testDatabase } from '../world/database.ts'
import { askTogether, begin, type Town } from './postgres-town.ts'
import { measured, SEED, size } from './size.ts'

const HISTORIES = size({ ci: 200, full: 1_000 })
/** Of each history the first part: the way to the end is long, and much alike. */
const ASKED_MAX = 90

let database: TestDatabase
/** One for each process. */
let pools: readonly Pool[]

beforeAll(async () => {
  database = await testDatabase()
  pools = [1, 2].map(() => createPool(database.url, { log: quiet, max: 4 }))
})

afterAll(async () => {
  for (const pool of pools) await pool.end()
  await database.drop()
})

test('whatever is asked of two processes at once, PostgreSQL decides as the core does', async () => {
  let commands = 0
  let together = 0
  for (let index = 0; index < HISTORIES; index += 1) {
    const seed = SEED * 1_000_000 + index
    const history = drawHistory(seed, rateOf(seed))
    const town: Town = await begin(database, pools, history)
    const part = askedIn(history, ASKED_MAX)
    together += await askTogether(town, part)
    commands += part.length
    expect(await inTransaction(database.pool, brokenInvariants), `seed ${seed}`).toEqual([])
    expect(await inTransaction(database.pool, verifyAudit), `seed ${seed}`).toEqual([])
  }
  expect(together).toBeGreaterThan(0)
  measured(
    'histories on PostgreSQL, two processes interleaved at every query: another decision than the core’s, a broken invariant, an audit that does not verify',
    `${HISTORIES} histories of ${commands} commands, ${together} of them at once: 0, 0, 0`,
  )
}, 3_600_000)
