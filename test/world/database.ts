/**
 * A database of its own for one test file, copied from the migrated template.
 *
 * Invariant: nothing is shared between files but the server.
 */
import { randomBytes } from 'node:crypto'
import pino from 'pino'
import { inject } from 'vitest'
import { createPool } from '../../src/db/pool.ts'
import type { Pool } from '../../src/db/transaction.ts'
import { withDatabase } from './global-setup.ts'

export interface TestDatabase {
  readonly url: string
  readonly pool: Pool
  readonly drop: () => Promise<void>
}

export const quiet = pino({ level: 'silent' })

/** `empty`: without the schema, for tests of the migrations themselves. */
export async function testDatabase({ empty = false } = {}): Promise<TestDatabase> {
  const base = inject('databaseUrl')
  const name = `signalbox_${randomBytes(6).toString('hex')}`
  const admin = createPool(base, { log: quiet, max: 1 })
  await admin.query(`CREATE DATABASE ${name} TEMPLATE ${empty ? 'template0' : inject('template')}`)
  const url = withDatabase(base, name)
  const pool = createPool(url, { log: quiet })
  return {
    url,
    pool,
    drop: async () => {
      await pool.end()
      await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
      await admin.end()
    },
  }
}
