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
    if (!pool.ending) log.warn({ err: fault }, what)
  }
  pool.on('error', told('an idle database connection was lost'))
  pool.on('connect', (client) => client.on('error', told('a database connection was lost')))
  return pool
}
