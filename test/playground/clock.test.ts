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

/** Whether a moment that was asked for meanwhile is so much later. */
const isAhead = (ms: number, at: number, [from, to]: readonly [number, number]): boolean =>
  from + ms <= at && at <= to + ms

/** Whether the database says, whichever way it is asked, that it is so much later than here. */
async function saysAhead(url: string, ms: number): Promise<readonly boolean[]> {
  const pool = createPool(url, { log: quiet })
  try {
    const from = Date.now()
    const { rows } = await pool.query<{ a: Date; b: Date }>(
      'SELECT clock_timestamp() AS a, now() AS b',
    )
    const to = Date.now()
    return rows.flatMap(({ a, b }) => [a, b].map((at) => isAhead(ms, at.getTime(), [from, to])))
  } finally {
    await pool.end()
  }
}

test('an hour that people skip has passed for the bot, and for nobody else', async () => {
  const clock = createTownClock()
  const url = await clock.installIn(database.url)
  expect(await saysAhead(url, 0)).toEqual([true, true])
  await clock.skip(HOUR_MS)
  const from = Date.now()
  const shown = clock.now()
  expect(isAhead(HOUR_MS, shown, [from, Date.now()])).toBe(true)
  expect(await saysAhead(url, HOUR_MS)).toEqual([true, true])
  expect(await saysAhead(database.url, 0)).toEqual([true, true])
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
  expect(await saysAhead(await second.installIn(database.url), HOUR_MS)).toEqual([true, true])
  expect(second.aheadMs()).toBe(HOUR_MS)
})
