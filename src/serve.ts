/**
 * `signalbox serve`: home → database → line-up → worker → web, and back in reverse.
 *
 * Invariant: it listens only when everything it needs is there. Stopping it never ends a run.
 */
import { fileURLToPath } from 'node:url'
import type { Hono } from 'hono'
import type { Config } from './config/environment.ts'
import { lockHome } from './config/home-lock.ts'
import { type Embedded, startEmbedded } from './db/embedded.ts'
import { migrate } from './db/migrate.ts'
import { createPool, reach } from './db/pool.ts'
import { createEdges, deliversOf } from './edges.ts'
import { createHealth } from './http/health.ts'
import { createMetrics } from './http/metrics.ts'
import { closeServer, listen, portOf } from './http/server.ts'
import { lineUp } from './line-up.ts'
import { type Reread, watchPolicies } from './policy-watch.ts'
import { startUpkeep } from './upkeep.ts'
import { type Answering, startWeb, type Web } from './web.ts'
import { startWorker } from './worker.ts'

export interface Running {
  /** Where it answers; a worker answers about its health only. */
  readonly url: string
  /** Reads the configuration file again. */
  readonly reload: () => Promise<void>
  readonly stop: () => Promise<void>
}

export const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url))

/** A worker has no public address: it is asked on its own machine, by whoever watches it. */
async function answerHealth(health: Hono, config: Config): Promise<Web> {
  const server = await listen(health, config)
  return {
    url: `http://localhost:${portOf(server, config)}`,
    stop: () => closeServer(server),
  }
}

/** Starts everything of its role. Throws with the way out. */
export async function serve(serving: Answering & { readonly reread: Reread }): Promise<Running> {
  const { config, log, role, reread } = serving
  const unlock = await lockHome(config.home, role === 'all' ? 'serve' : role)
  let embedded: Embedded | null = null
  try {
    //! failpoint serve.home_locked
    embedded = config.databaseUrl === null ? await startEmbedded({ home: config.home, log }) : null
    const url = config.databaseUrl?.reveal() ?? embedded?.url ?? ''
    const its = embedded === null ? url : ((await serving.beside?.prepare(url)) ?? url)
    const pool = createPool(its, { log })
    if (embedded === null) await reach(pool)
    const applied = await migrate(pool, MIGRATIONS)
    if (applied.length > 0) log.info({ applied }, 'migrated the database')
    //! failpoint serve.migrated
    const line = await lineUp(serving, { pool, url, delivers: deliversOf(serving) })
    const edges = createEdges(serving, line)
    const metrics = createMetrics(pool)
    const web =
      role === 'worker'
        ? await answerHealth(createHealth({ pool, metrics, lookAtQueue: line.hints.look }), config)
        : await startWeb(serving, { line, edges, metrics })
    const worker = role === 'web' ? null : startWorker(line, { edges: edges.working, log })
    const upkeep = startUpkeep({ pool, role, home: config.home, metrics, log })
    const watch = watchPolicies(line, { reread, log })
    //! failpoint serve.started
    return {
      url: web.url,
      reload: watch.reload,
      stop: async () => {
        //! failpoint serve.stopping
        await watch.stop()
        await web.stop()
        await upkeep.stop()
        await worker?.stop()
        await line.hints.stop()
        //! failpoint serve.quiet
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
