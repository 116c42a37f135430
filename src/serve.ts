/**
 * `signalbox serve`: home → database → line-up → worker → web, and back in reverse.
 *
 * Invariant: it listens only when everything it needs is there. Stopping it never ends a run.
 */
import { fileURLToPath } from 'node:url'
import { lockHome } from './config/home-lock.ts'
import { type Embedded, startEmbedded } from './db/embedded.ts'
import { migrate } from './db/migrate.ts'
import { createPool } from './db/pool.ts'
import { lineUp } from './line-up.ts'
import { type Reread, watchPolicies } from './policy-watch.ts'
import { type Answering, startWeb } from './web.ts'
import { startWorker } from './worker.ts'

export interface Running {
  /** Where it answers; null: this role does not. */
  readonly url: string | null
  /** Reads the configuration file again. */
  readonly reload: () => Promise<void>
  readonly stop: () => Promise<void>
}

export const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url))

/** Starts everything of its role. Throws with the way out. */
export async function serve(serving: Answering & { readonly reread: Reread }): Promise<Running> {
  const { config, log, role, reread } = serving
  const unlock = await lockHome(config.home, role === 'all' ? 'serve' : role)
  let embedded: Embedded | null = null
  try {
    embedded = config.databaseUrl === null ? await startEmbedded({ home: config.home, log }) : null
    const url = config.databaseUrl?.reveal() ?? embedded?.url ?? ''
    const pool = createPool(url, { log })
    const applied = await migrate(pool, MIGRATIONS)
    if (applied.length > 0) log.info({ applied }, 'migrated the database')
    const line = await lineUp(serving, { pool, url })
    const worker = role === 'web' ? null : startWorker(line, log)
    const web = role === 'worker' ? null : await startWeb(serving, line)
    const watch = watchPolicies(line, { reread, log })
    return {
      url: web?.url ?? null,
      reload: watch.reload,
      stop: async () => {
        await watch.stop()
        await web?.stop()
        await worker?.stop()
        await line.hints.stop()
        await pool.end()
        await embedded?.stop()
        await unlock()
      },
    }
  } catch (fault) {
    await embedded?.stop().catch(() => log.warn('the embedded database could not be stopped'))
    await unlock()
    throw fault
  }
}
