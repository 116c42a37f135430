import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { brokenInvariants } from '../../src/db/audit.ts'
import { migrate } from '../../src/db/migrate.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { type TestDatabase, testDatabase } from '../world/database.ts'

let database: TestDatabase
let folder: string

beforeEach(async () => {
  database = await testDatabase({ empty: true })
  folder = await mkdtemp(join(tmpdir(), 'signalbox-migrations-'))
  await writeFile(join(folder, '0001_one.sql'), 'CREATE TABLE one (id int)')
})

afterEach(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

test('what is missing is applied, in order, once', async () => {
  expect(await migrate(database.pool, folder)).toEqual(['0001_one.sql'])
  await writeFile(join(folder, '0002_two.sql'), 'ALTER TABLE one ADD two int')
  expect(await migrate(database.pool, folder)).toEqual(['0002_two.sql'])
  expect(await migrate(database.pool, folder)).toEqual([])
})

test('processes that migrate at the same time apply each migration once', async () => {
  const all = await Promise.all(Array.from({ length: 6 }, () => migrate(database.pool, folder)))
  expect(all.flat()).toEqual(['0001_one.sql'])
})

test('a migration that fails leaves nothing behind', async () => {
  await writeFile(join(folder, '0002_two.sql'), 'CREATE TABLE two (id int); SELECT 1/0')
  await expect(migrate(database.pool, folder)).rejects.toThrow('division by zero')
  const { rows } = await database.pool.query(`SELECT to_regclass('two') AS two`)
  expect(rows).toEqual([{ two: null }])
})

test('a changed migration, and a database from a newer version, are refused by name', async () => {
  await migrate(database.pool, folder)
  await writeFile(join(folder, '0001_one.sql'), 'CREATE TABLE one (id bigint)')
  await expect(migrate(database.pool, folder)).rejects.toThrow(
    '0001_one.sql was applied with other',
  )
  await rm(join(folder, '0001_one.sql'))
  await expect(migrate(database.pool, folder)).rejects.toThrow('newer Signalbox')
})

test('the schema of this version applies to an empty database', async () => {
  const files = (await readdir('migrations')).sort()
  expect(files.length).toBeGreaterThan(1)
  expect(await migrate(database.pool, 'migrations')).toEqual(files)
})

test('releases that were live before rollbacks existed can be rolled back to', async () => {
  const { pool } = database
  await copyFile('migrations/0001_the_line.sql', join(folder, '0001_one.sql'))
  await migrate(pool, folder)
  await pool.query(`
    INSERT INTO pipelines (name, repository, branch) VALUES ('api', 'acme/api', 'main');
    INSERT INTO environments (pipeline, name, epoch, live_sha, live_train, live_since)
         VALUES ('api', 'production', 2, 'b', 2, now());
    INSERT INTO trains (pipeline, number, status, opened_at, sha, carried)
         VALUES ('api', 1, 'arrived', now(), 'a', '[]'), ('api', 2, 'arrived', now(), 'b', '[]');
    INSERT INTO deployments (key, run, pipeline, train, environment, kind, attempt, sha, epoch, plan,
                             deploy, agent, status, requested_at, ended_at)
         SELECT 'k' || n, 'r' || n, 'api', n, 'production', 'forward', 1, chr(96 + n), n, '', '{}',
                'embedded', 'verified', now(), now() FROM generate_series(1, 2) n;
    INSERT INTO shipped (pipeline, sha, train) VALUES ('api', 'a', 1), ('api', 'b', 2)`)
  await copyFile('migrations/0002_the_way_back.sql', join(folder, '0002_two.sql'))
  await migrate(pool, folder)
  const { rows } = await pool.query(`SELECT live_epoch, chain FROM environments`)
  expect(rows).toMatchObject([
    {
      live_epoch: 2,
      chain: [
        { sha: 'a', train: 1, epoch: 1 },
        { sha: 'b', train: 2, epoch: 2 },
      ],
    },
  ])
  const shipped = await pool.query(`SELECT sha, epoch FROM shipped ORDER BY sha`)
  expect(shipped.rows).toEqual([
    { sha: 'a', epoch: 1 },
    { sha: 'b', epoch: 2 },
  ])
  expect(await inTransaction(pool, brokenInvariants)).toEqual([])
})

test('what special trains brought before there were signals is watched by none', async () => {
  const { pool } = database
  await rm(join(folder, '0001_one.sql'))
  const files = (await readdir('migrations')).sort()
  const before = files.filter((file) => file < '0015')
  for (const file of before) await copyFile(`migrations/${file}`, join(folder, file))
  await migrate(pool, folder)
  await pool.query(`
    INSERT INTO pipelines (name, repository, branch) VALUES ('api', 'acme/api', 'main');
    INSERT INTO trains (pipeline, number, status, opened_at, sha, special)
         VALUES ('api', 1, 'departed', now(), 'b', '{"changes": [{"sha": "a"}, {"sha": "b"}]}'),
                ('api', 2, 'departed', now(), 'c', '{"changes": []}'),
                ('api', 3, 'boarding', now(), NULL, NULL)`)
  await copyFile('migrations/0015_suspects.sql', join(folder, '0015_suspects.sql'))
  await migrate(pool, folder)
  const { rows } = await pool.query(`SELECT special FROM trains ORDER BY number`)
  const [a, b] = ['a', 'b'].map((sha) => ({ sha, watched: [] }))
  expect(rows).toEqual([
    { special: { changes: [a, b] } },
    { special: { changes: [] } },
    { special: null },
  ])
})
