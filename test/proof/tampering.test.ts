/**
 * Every edit of every row of an audit, as whoever owns the database could make it.
 *
 * Invariant: `verifyAudit` and `doctor` look at a database in which the edit is committed, and name
 * the first row that is no longer as it was written.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDispatch } from '../../src/app/dispatch.ts'
import { examine } from '../../src/app/doctor.ts'
import { digest } from '../../src/core/digest.ts'
import { verifyAudit } from '../../src/db/audit.ts'
import { auditHeads, compareHeads, headText, parseHead } from '../../src/db/audit-heads.ts'
import { type Configured, ensurePipeline } from '../../src/db/load.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { actor } from '../core/line-story.ts'
import { type TestDatabase, testDatabase } from '../world/database.ts'
import { change, environment, people, policy, sha } from '../world/policy.ts'
import { measured } from './size.ts'

const ITS = policy({ environments: [environment('production')] })

let database: TestDatabase
let rows = 0

const sql = (text: string): Promise<unknown> => database.pool.query(text)

/** A line that really moved: changes, trains, deployments, locks, a hold, refusals. */
beforeAll(async () => {
  database = await testDatabase()
  const { pool } = database
  const configured: Configured = {
    policy: ITS,
    people,
    carries: () => true,
    ridesAlone: () => false,
  }
  await inTransaction(pool, (tx) => ensurePipeline(tx, configured))
  const pipelines = new Map([['api', configured]])
  const dispatch = createDispatch({ pool, pipelines, changed: () => undefined, clock: null })
  for (let round = 1; round <= 4; round += 1) {
    const parent = round === 1 ? null : sha(`t${round - 1}`)
    const one = change(`t${round}`, { parent, mergedAt: round })
    await dispatch('api', { type: 'record_change', change: one }, actor('ci'))
    await dispatch('api', { type: 'hold', train: round, reason: 'wait' }, actor('bob'))
    await dispatch('api', { type: 'consent', train: 99 }, actor('bob'))
    const hold = { train: round, what: 'hold', of: null, reason: null } as const
    await dispatch('api', { type: 'withdraw', ...hold }, actor('bob'))
    const ref = { ref: null, environment: null, plan: null }
    await dispatch('api', { type: 'depart', train: null, ...ref }, actor('ana'))
    const run = `api-${round}-production-forward-1`
    await dispatch('api', { type: 'claim_run', run }, actor('signalbox'))
    const report = { run, epoch: round, reason: 'exit status 0', tail: [] } as const
    await dispatch(
      'api',
      { type: 'record_run', ...report, status: 'succeeded' },
      actor('signalbox'),
    )
  }
  const found = await pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM events`)
  rows = found.rows[0]?.n ?? 0
  await sql(`CREATE TABLE kept_events AS SELECT * FROM events`)
  await sql(`CREATE TABLE kept_chains AS SELECT * FROM chains`)
  await sql(`ALTER TABLE events DISABLE TRIGGER events_append_only`)
})
afterAll(() => database.drop())

const patient = {
  file: { path: 'signalbox.yml', people, policies: [ITS], lines: {} },
  tokenNames: people.map(({ name }) => name),
  resting: ['embedded'],
}

let edits = 0

/** Commits the edit, looks twice, puts everything back. */
async function tamper(statement: string, first: number | RegExp): Promise<void> {
  await sql(statement)
  const found = await inTransaction(database.pool, verifyAudit)
  const wrong = (await examine(database.pool, patient)).filter(({ level }) => level === 'wrong')
  await sql(`TRUNCATE events; INSERT INTO events SELECT * FROM kept_events;
             TRUNCATE chains; INSERT INTO chains SELECT * FROM kept_chains`)
  edits += 1
  const where = found.map(({ chain, seq }) => `audit chain ${chain}, row ${seq}:`)
  if (typeof first === 'number') {
    expect(where, statement).toEqual([`audit chain api, row ${first}:`])
  } else expect(where.join('\n'), statement).toMatch(first)
  for (const place of where) {
    expect(wrong.filter(({ what }) => what.startsWith(place)).length, statement).toBe(1)
  }
}

/** Another value for each column, of the right type. */
const COLUMNS: readonly (readonly [string, string])[] = [
  ['seq', `seq + 1000`],
  ['at', `at + interval '1 ms'`],
  ['type', `type || '_'`],
  ['actor', `CASE actor WHEN 'bob' THEN 'ana' ELSE 'bob' END`],
  ['body', `body || '{"by": "nobody"}'`],
  ['body', `jsonb_build_object('body', body)`],
  ['prev_hash', `reverse(prev_hash || 'f')`],
  ['hash', `reverse(hash || 'f')`],
]

const each = (): readonly number[] => Array.from({ length: rows }, (_, index) => index + 1)

test('the audit is one of about forty rows, and verifies as it is', async () => {
  expect(rows).toBeGreaterThan(35)
  expect(await inTransaction(database.pool, verifyAudit)).toEqual([])
  const found = await examine(database.pool, patient)
  expect(found.filter(({ level }) => level === 'wrong')).toEqual([])
})

test('every column of every row changed is found, and the row is named', async () => {
  for (const seq of each()) {
    for (const [column, value] of COLUMNS) {
      await tamper(`UPDATE events SET ${column} = ${value} WHERE seq = ${seq}`, seq)
    }
    // In another chain it is missed here and out of place there.
    await tamper(
      `UPDATE events SET chain = 'web' WHERE seq = ${seq}`,
      new RegExp(`chain api, row ${seq}:\\naudit chain web, row 1:`),
    )
  }
}, 600_000)

test('every row deleted, put in, swapped with its neighbour and cut off is found', async () => {
  const move = (from: number, to: number): string =>
    `UPDATE events SET seq = ${to} WHERE seq = ${from};`
  const copy = (seq: number, to: number): string =>
    `INSERT INTO events SELECT chain, ${to}, at, type, actor, body, prev_hash, hash
       FROM kept_events WHERE seq = ${seq};`
  for (const seq of each()) {
    await tamper(`DELETE FROM events WHERE seq = ${seq}`, seq)
    await tamper(`DELETE FROM events WHERE seq >= ${seq}`, seq)
    const shifted = `UPDATE events SET seq = seq + 1000 WHERE seq > ${seq};
                     UPDATE events SET seq = seq - 999 WHERE seq > 1000;`
    await tamper(`${shifted} ${copy(seq, seq + 1)}`, seq + 1)
    const closed = `UPDATE events SET seq = seq + 1000 WHERE seq > ${seq};
                    UPDATE events SET seq = seq - 1001 WHERE seq > 1000;`
    await tamper(`DELETE FROM events WHERE seq = ${seq}; ${closed}`, seq)
    if (seq < rows) {
      await tamper(`${move(seq, 999)} ${move(seq + 1, seq)} ${move(999, seq + 1)}`, seq)
    }
  }
}, 600_000)

/** As somebody would who knows how hashes are made, and mends the row and the next one's link. */
test('a row rewritten with a fitting hash is found at the next one, the newest at the head', async () => {
  const { rows: all } = await database.pool.query(`SELECT * FROM events ORDER BY seq`)
  for (const { chain, seq: text, prev_hash: previous, type, at: moment, body } of all) {
    const seq = Number(text)
    const at = moment.getTime()
    const hash = digest({ chain, seq, previous, type, actor: 'mallory', at, body })
    await tamper(
      `UPDATE events SET actor = 'mallory', hash = '${hash}' WHERE seq = ${seq};
       UPDATE events SET prev_hash = '${hash}' WHERE seq = ${seq + 1}`,
      seq + 1,
    )
  }
}, 120_000)

test('an edited head is found: its number, its hash, its name, its row', async () => {
  const past = rows + 1
  for (const statement of [
    `UPDATE chains SET seq = seq - 1`,
    `UPDATE chains SET seq = seq + 1`,
    `UPDATE chains SET seq = 0`,
    `UPDATE chains SET hash = reverse(hash || 'f')`,
    `UPDATE chains SET hash = repeat('0', 64)`,
    `DELETE FROM chains`,
  ]) {
    await tamper(statement, past)
  }
  await tamper(
    `UPDATE chains SET chain = 'web'`,
    new RegExp(`chain api, row ${past}:\\naudit chain web, row 1:`),
  )
  await tamper(`INSERT INTO chains VALUES ('web', 3, repeat('1', 64))`, /^audit chain web, row 1:$/)
  await tamper(`DELETE FROM events`, 1)
  await tamper(
    `UPDATE events SET hash = repeat('1', 64) WHERE seq = ${rows};
     UPDATE chains SET hash = repeat('1', 64)`,
    rows,
  )
  measured(
    `edits of an audit of ${rows} rows: found, with the row named by verify and doctor`,
    `${edits}: all`,
  )
}, 120_000)

/** Everything after a row written anew or cut off, so that it all fits together again. */
async function rewriteFrom(first: number, isCut: boolean): Promise<void> {
  const { rows: all } = await database.pool.query(`SELECT * FROM events ORDER BY seq`)
  let previous = String(all[first - 2]?.hash ?? '0'.repeat(64))
  let last = first - 1
  await sql(`DELETE FROM events WHERE seq >= ${first}`)
  for (const { chain, seq: text, type, at, body } of isCut ? [] : all.slice(first - 1)) {
    const seq = Number(text)
    const its = { chain, seq, previous, type, actor: 'mallory', at: at.getTime(), body }
    const hash = digest(its)
    const row = [chain, seq, at, type, 'mallory', JSON.stringify(body), previous, hash]
    await database.pool.query(
      `INSERT INTO events (chain, seq, at, type, actor, body, prev_hash, hash)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      row,
    )
    previous = hash
    last = seq
  }
  await sql(`UPDATE chains SET seq = ${last}, hash = '${previous}'`)
}

test('what was written anew with every hash and the head is found by a head kept outside', async () => {
  const kept = await inTransaction(database.pool, auditHeads)
  expect(kept.map(({ chain, seq }) => [chain, seq])).toEqual([['api', rows]])
  const read = kept.flatMap((one) => parseHead(headText(one)) ?? [])
  expect(read).toEqual(kept)
  expect(await inTransaction(database.pool, (tx) => compareHeads(tx, read))).toEqual([])
  for (const first of [1, 2, Math.floor(rows / 2), rows]) {
    for (const isCut of [false, true]) {
      await rewriteFrom(first, isCut)
      expect(await inTransaction(database.pool, verifyAudit)).toEqual([])
      const found = await inTransaction(database.pool, (tx) => compareHeads(tx, read))
      await sql(`TRUNCATE events; INSERT INTO events SELECT * FROM kept_events;
                 TRUNCATE chains; INSERT INTO chains SELECT * FROM kept_chains`)
      const why = isCut
        ? 'the row of a kept head is missing'
        : 'up to here it is not what it was when its head was kept'
      expect(found, `${first} ${isCut}`).toEqual([{ chain: 'api', seq: rows, why }])
    }
  }
})

test.each([
  'api',
  'api:12',
  `api:0:${'a'.repeat(64)}`,
  `api:12:${'a'.repeat(63)}`,
  `api:12:${'A'.repeat(64)}`,
  `a b:12:${'a'.repeat(64)}`,
])('%s is no head', (text) => {
  expect(parseHead(text)).toBeUndefined()
})
