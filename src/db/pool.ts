/**
 * The connection pool.
 *
 * Invariant: nothing waits for ever, and a server that goes away never takes the process along: a
 * checked-out client without an 'error' listener would (node-postgres#3202).
 */
import { Pool } from 'pg'
import type { Logger } from 'pino'

export interface PoolOptions {
  readonly log: Logger
  readonly max?: number
}

/** Opens no connection yet; a wrong address shows at the first query. */
export function createPool(url: string, { log, max = 10 }: PoolOptions): Pool {
  const pool = new Pool({
    connectionString: url,
    max,
    application_name: 'signalbox',
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 15_000,
    lock_timeout: 10_000,
    idle_in_transaction_session_timeout: 20_000,
    query_timeout: 20_000,
  })
  // One that goes while the pool ends is no news: its end is under way already.
  const told = (what: string) => (fault: Error) => {
    // The pool hangs its whole client onto the fault, with the key that cancels its queries.
    if (!pool.ending) log.warn({ err: fault.message }, what)
  }
  pool.on('error', told('an idle database connection was lost'))
  pool.on('connect', (client) => client.on('error', told('a database connection was lost')))
  return pool
}

/** Says what to look at when the database cannot be had; the address itself may hold a password. */
export async function reach(pool: Pool): Promise<void> {
  try {
    await pool.query('SELECT 1')
  } catch (cause) {
    await pool.end()
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Error(
      `the database of DATABASE_URL cannot be reached (${why}): start it, or mend the address`,
      { cause },
    )
  }
}
