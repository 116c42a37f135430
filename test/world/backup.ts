/**
 * A database taken away, given back, or given back as it was: what a bad day does to PostgreSQL.
 *
 * Invariant: really done by the server; whoever was connected has lost the connection.
 */
import { inject } from 'vitest'
import { createPool } from '../../src/db/pool.ts'
import type { Pool } from '../../src/db/transaction.ts'
import { quiet } from './database.ts'

const nameOf = (url: string): string => new URL(url).pathname.slice(1)

async function asAdmin(work: (pool: Pool) => Promise<void>): Promise<void> {
  const pool = createPool(inject('databaseUrl'), { log: quiet, max: 1 })
  await work(pool)
  await pool.end()
}

async function disconnect(pool: Pool, name: string): Promise<void> {
  await pool.query(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false`)
  await pool.query(
    'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1',
    [name],
  )
}

/** Nobody can connect from now on. */
export const takeAway = (url: string): Promise<void> =>
  asAdmin((pool) => disconnect(pool, nameOf(url)))

export const giveBack = (url: string): Promise<void> =>
  asAdmin(async (pool) => {
    await pool.query(`ALTER DATABASE ${nameOf(url)} WITH ALLOW_CONNECTIONS true`)
  })

/** Copies the database as it is now; answers how to put that copy in its place. */
export async function backUp(url: string): Promise<() => Promise<void>> {
  const name = nameOf(url)
  const copy = `${name}_backup`
  await asAdmin(async (pool) => {
    await disconnect(pool, name)
    await pool.query(`CREATE DATABASE ${copy} TEMPLATE ${name}`)
    await pool.query(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS true`)
  })
  return () =>
    asAdmin(async (pool) => {
      await disconnect(pool, name)
      await pool.query(`DROP DATABASE ${name}`)
      await pool.query(`ALTER DATABASE ${copy} RENAME TO ${name}`)
    })
}
