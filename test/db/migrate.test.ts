import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate } from '../../src/db/migrate.ts'
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
  expect(await migrate(database.pool, 'migrations')).toEqual(['0001_the_line.sql'])
})
