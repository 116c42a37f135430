/** The town's clock, in a real database: who asks it for the time is told the town's. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate } from '../../src/db/migrate.ts'
import { createPool } from '../../src/db/pool.ts'
import { createTownClock } from '../../src/playground/town/clock.ts'
import { MIGRATIONS } from '../../src/serve.ts'
import { quiet, type TestDatabase, testDatabase } from '../world/database.ts'

const HOUR_MS = 3_600_000

let database: TestDatabase

beforeEach(async () => {
  database = await testDatabase({ empty: true })
})
afterEach(() => database.drop())

/** What each way to ask says, in milliseconds ahead of here. */
async function aheadIn(url: string): Promise<readonly number[]> {
  const pool = createPool(url, { log: quiet })
  try {
    const { rows } = await pool.query<{ a: Date; b: Date }>(
      'SELECT clock_timestamp() AS a, now() AS b',
    )
    return rows.flatMap(({ a, b }) => [a.getTime() - Date.now(), b.getTime() - Date.now()])
  } finally {
    await pool.end()
  }
}

const near = (ms: number) => expect.closeTo(ms, -4)

test('an hour that people skip has passed for the bot, and for nobody else', async () => {
  const clock = createTownClock()
  const url = await clock.installIn(database.url)
  expect(await aheadIn(url)).toEqual([near(0), near(0)])
  await clock.skip(HOUR_MS)
  expect(clock.now() - Date.now()).toEqual(near(HOUR_MS))
  expect(await aheadIn(url)).toEqual([near(HOUR_MS), near(HOUR_MS)])
  expect(await aheadIn(database.url)).toEqual([near(0), near(0)])
})

test('it stays ahead after a restart, and the bot’s tables stand where they always do', async () => {
  const first = createTownClock()
  const url = await first.installIn(database.url)
  const pool = createPool(url, { log: quiet })
  await migrate(pool, MIGRATIONS)
  const { rows } = await pool.query(
    `SELECT DISTINCT schemaname FROM pg_tables WHERE tablename IN ('pipelines', 'events')`,
  )
  await pool.end()
  expect(rows).toEqual([{ schemaname: 'public' }])
  await first.skip(HOUR_MS)
  const second = createTownClock()
  expect(await aheadIn(await second.installIn(database.url))).toEqual([
    near(HOUR_MS),
    near(HOUR_MS),
  ])
  expect(second.aheadMs()).toBe(HOUR_MS)
})
