import { afterAll, beforeAll, expect, test } from 'vitest'
import { appendAudit, verifyAudit } from '../../src/db/audit.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { type TestDatabase, testDatabase } from '../world/database.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
  await inTransaction(database.pool, (tx) =>
    appendAudit(
      tx,
      'api',
      Array.from({ length: 20 }, (_, index) => ({
        type: 'noted',
        actor: 'ana',
        at: 1_000 + index,
        body: { index, text: 'ä\u2028 "quoted"', nested: { b: [1, null], a: 0.5 } },
      })),
    ),
  )
})

afterAll(() => database.drop())

const verify = () => inTransaction(database.pool, verifyAudit)

/** Tampers as an owner of the database could, looks, and puts everything back. */
async function after(
  ...statements: readonly string[]
): Promise<Awaited<ReturnType<typeof verify>>> {
  const client = await database.pool.connect()
  try {
    await client.query('BEGIN')
    await client.query('ALTER TABLE events DISABLE TRIGGER events_append_only')
    for (const statement of statements) await client.query(statement)
    return await verifyAudit({ query: (text, values) => client.query(text, [...(values ?? [])]) })
  } finally {
    await client.query('ROLLBACK')
    client.release()
  }
}

test('a chain that nobody touched verifies', async () => {
  expect(await verify()).toEqual([])
})

test('rows cannot be changed, deleted or truncated through the application', async () => {
  for (const statement of [
    `UPDATE events SET actor = 'bob' WHERE seq = 3`,
    `DELETE FROM events WHERE seq = 3`,
    `TRUNCATE events`,
  ]) {
    await expect(database.pool.query(statement)).rejects.toThrow('append-only')
  }
})

test.each([
  ['an edited actor', `UPDATE events SET actor = 'bob' WHERE seq = 7`, 7],
  ['an edited body', `UPDATE events SET body = body || '{"index": 99}' WHERE seq = 7`, 7],
  ['an edited time', `UPDATE events SET at = at + interval '1 s' WHERE seq = 7`, 7],
  ['an edited hash', `UPDATE events SET hash = repeat('0', 64) WHERE seq = 7`, 7],
  ['a deleted row', `DELETE FROM events WHERE seq = 7`, 7],
  ['a cut tail', `DELETE FROM events WHERE seq > 15`, 16],
  ['a deleted chain', `DELETE FROM events`, 1],
])('%s is found, and its row is named', async (_, statement, seq) => {
  expect(await after(statement)).toEqual([{ chain: 'api', seq, why: expect.any(String) }])
})

test('two rows that changed places are found', async () => {
  const found = await after(
    `UPDATE events SET seq = 100 WHERE seq = 4`,
    `UPDATE events SET seq = 4 WHERE seq = 5`,
    `UPDATE events SET seq = 5 WHERE seq = 100`,
  )
  expect(found).toEqual([{ chain: 'api', seq: 4, why: expect.any(String) }])
})

test('a row put in at the end is found', async () => {
  const forged = `INSERT INTO events SELECT chain, 21, at, type, actor, body, hash, repeat('1', 64)
                    FROM events WHERE seq = 20`
  expect(await after(forged)).toEqual([{ chain: 'api', seq: 21, why: expect.any(String) }])
})
