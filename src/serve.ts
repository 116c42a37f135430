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
import { keepWorkerOf, workerEnvironment } from './kept-worker.ts'
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

const keeping = (
  { config, file, tokens, log }: Answering,
  databaseUrl: string,
): Parameters<typeof keepWorkerOf>[0] => {
  const all = [
    ...config.apiTokens.map(({ name, secret }) => ({ name, secret: secret.reveal() })),
    ...tokens,
  ]
  const env = workerEnvironment(config, { databaseUrl, file: file.path, tokens: all })
  return { home: config.home, env, log }
}

/** A worker has no public address: it is asked on its own machine, by whoever watches it. */
async function answerHealth(health: Hono, config: Config): Promise<Web> {
  const server = await listen(health, config)
  return {
    url: `http://localhost:${portOf(server, config)}`,
    stop: () => closeServer(server),
  }
}

export interface Starting extends Answering {
  readonly reread: Reread
  /** Has the worker of role `all` be a process of its own, kept by this one. */
  readonly isWorkerApart: boolean
}

/** Starts everything of its role. Throws with the way out. */
export async function serve(serving: Starting): Promise<Running> {
  const { config, log, role, reread } = serving
  const isApart = role === 'all' && serving.isWorkerApart
  const own = isApart ? 'web' : role
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
    const line = await lineUp(
      { ...serving, role: own },
      { pool, url, delivers: deliversOf(serving) },
    )
    const edges = createEdges(serving, line)
    const metrics = createMetrics(pool)
    const web =
      role === 'worker'
        ? await answerHealth(createHealth({ pool, metrics, lookAtQueue: line.hints.look }), config)
        : await startWeb(serving, { line, edges, metrics })
    const worker = own === 'web' ? null : startWorker(line, { edges: edges.working, log })
    const kept = isApart ? keepWorkerOf(keeping(serving, its)) : null
    const upkeep = startUpkeep({ pool, role: own, home: config.home, metrics, log })
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
        await kept?.stop()
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
