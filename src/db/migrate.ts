/**
 * Migrations: `NNNN_name.sql`, forward only, one transaction each.
 *
 * Invariant: what was applied is never applied again nor changed; processes that migrate at the
 * same time wait for each other and then find nothing to do.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inTransaction, type Pool, type Tx } from './transaction.ts'

/** Any number, the same in every version: the advisory lock of migrations. */
const LOCK = 7_301_144

interface Migration {
  readonly name: string
  readonly sql: string
  readonly sha256: string
}

/** Applies what is missing; answers the names applied. Throws when the database is from elsewhere. */
export async function migrate(pool: Pool, directory: string): Promise<readonly string[]> {
  const migrations = await readMigrations(directory)
  await inTransaction(pool, async (tx) => {
    await takeLock(tx)
    await tx.query(
      `CREATE TABLE IF NOT EXISTS schema_migrations (
         name text PRIMARY KEY, sha256 text NOT NULL,
         at timestamptz NOT NULL DEFAULT clock_timestamp())`,
    )
    await refuseForeign(tx, migrations)
  })
  const applied: string[] = []
  for (const migration of migrations) {
    const fresh = await inTransaction(pool, async (tx) => {
      await takeLock(tx)
      await refuseForeign(tx, migrations)
      const { rows } = await tx.query(`SELECT 1 FROM schema_migrations WHERE name = $1`, [
        migration.name,
      ])
      if (rows.length > 0) return false
      //! failpoint migrate.locked (migration.name)
      await tx.query(migration.sql)
      //! failpoint migrate.applied (migration.name)
      await tx.query(`INSERT INTO schema_migrations (name, sha256) VALUES ($1, $2)`, [
        migration.name,
        migration.sha256,
      ])
      return true
    })
    //! failpoint migrate.committed (migration.name)
    if (fresh) applied.push(migration.name)
  }
  return applied
}

/** Names of migrations the database lacks. */
export async function pendingMigrations(pool: Pool, directory: string): Promise<readonly string[]> {
  const names = (await readMigrations(directory)).map(({ name }) => name)
  return inTransaction(pool, async (tx) => {
    const { rows: tables } = await tx.query<{ made: boolean }>(
      `SELECT to_regclass('schema_migrations') IS NOT NULL AS made`,
    )
    if (tables[0]?.made !== true) return names
    const { rows } = await tx.query<{ name: string }>('SELECT name FROM schema_migrations')
    return names.filter((name) => rows.every((row) => row.name !== name))
  })
}

async function readMigrations(directory: string): Promise<readonly Migration[]> {
  const names = (await readdir(directory)).filter((name) => /^\d{4}_\w+\.sql$/.test(name)).sort()
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(directory, name), 'utf8')
      return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}

/** A long migration may take its time, and wait for another process that migrates. */
async function takeLock(tx: Tx): Promise<void> {
  await tx.query(`SET LOCAL statement_timeout = 0`)
  await tx.query(`SET LOCAL lock_timeout = 0`)
  await tx.query(`SELECT pg_advisory_xact_lock($1)`, [LOCK])
}

async function refuseForeign(tx: Tx, migrations: readonly Migration[]): Promise<void> {
  const { rows } = await tx.query<{ name: string; sha256: string }>(
    `SELECT name, sha256 FROM schema_migrations ORDER BY name`,
  )
  for (const { name, sha256 } of rows) {
    const known = migrations.find((one) => one.name === name)
    if (known === undefined) {
      throw new Error(
        `the database was migrated by a newer Signalbox (${name} is not known here): update Signalbox`,
      )
    }
    if (known.sha256 !== sha256) {
      throw new Error(`migration ${name} was applied with other content: restore the original file`)
    }
  }
}
