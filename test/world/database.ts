/**
 * A database of its own for one test file, copied from the migrated template.
 *
 * Invariant: nothing is shared between files but the server.
 */
import { randomBytes } from 'node:crypto'
import pino from 'pino'
import { expect, inject } from 'vitest'
import { brokenInvariants, verifyAudit } from '../../src/db/audit.ts'
import { createPool } from '../../src/db/pool.ts'
import { inTransaction, type Pool } from '../../src/db/transaction.ts'
import { withDatabase } from './global-setup.ts'

export interface TestDatabase {
  readonly url: string
  readonly pool: Pool
  readonly drop: () => Promise<void>
  /** At the end of a ride: no invariant may be broken, and the audit chain verifies. */
  readonly dropWhole: () => Promise<void>
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
  const drop = async (): Promise<void> => {
    await pool.end()
    await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    await admin.end()
  }
  const dropWhole = async (): Promise<void> => {
    expect(await inTransaction(pool, brokenInvariants)).toEqual([])
    expect(await inTransaction(pool, verifyAudit)).toEqual([])
    await drop()
  }
  return { url, pool, drop, dropWhole }
}
