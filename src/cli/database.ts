/**
 * The database for a command: the configured one, or the embedded one, running or not.
 *
 * Invariant: an embedded database that is served at this moment is looked into where it listens;
 * only one that is not is started, under the lock of its home.
 */
import pino from 'pino'
import { holderOf, lockHome } from '../config/home-lock.ts'
import { attachEmbedded, startEmbedded } from '../db/embedded.ts'
import { createPool } from '../db/pool.ts'
import type { Pool } from '../db/transaction.ts'
import { configOrExit } from './configuration.ts'

/** Does `work`; starts the embedded database for it if nobody serves it. */
export async function withDatabase(work: (pool: Pool) => Promise<void>): Promise<void> {
  const { databaseUrl, home } = configOrExit()
  const log = pino({ level: 'warn' }, pino.destination({ dest: 2, sync: true }))
  if (databaseUrl !== null) return using(databaseUrl.reveal(), work, log)
  if ((await holderOf(home, 'serve')) !== null) {
    const url = await attachEmbedded({ home, log })
    if (url === null) throw new Error('the server of this home is starting or stopping: try again')
    return using(url, work, log)
  }
  const unlock = await lockHome(home, 'serve')
  try {
    const embedded = await startEmbedded({ home, log })
    try {
      await using(embedded.url, work, log)
    } finally {
      await embedded.stop()
    }
  } finally {
    await unlock()
  }
}

async function using(
  url: string,
  work: (pool: Pool) => Promise<void>,
  log: pino.Logger,
): Promise<void> {
  const pool = createPool(url, { log })
  try {
    await work(pool)
  } finally {
    await pool.end()
  }
}
