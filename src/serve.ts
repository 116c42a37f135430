/**
 * `signalbox serve`: config → database → dispatch → agents → http, and back in reverse.
 *
 * Invariant: it listens only when everything it needs is there. Stopping it never ends a run.
 */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { createAgents } from './app/agents.ts'
import { createChangeSignal } from './app/change-signal.ts'
import { createDispatch, type Dispatch } from './app/dispatch.ts'
import { createLockAll, standingLockAll } from './app/lock-all.ts'
import { hearInAll } from './app/siblings.ts'
import { sweepForever } from './app/sweep.ts'
import type { Config } from './config/environment.ts'
import { lockHome } from './config/home-lock.ts'
import { carriesPaths } from './config/paths.ts'
import { ridesAlone } from './config/solo.ts'
import { SYSTEM } from './core/decide.ts'
import type { Person, Policy } from './core/policy.ts'
import { type Embedded, startEmbedded } from './db/embedded.ts'
import { type Configured, ensurePipeline } from './db/load.ts'
import { migrate } from './db/migrate.ts'
import { createPool } from './db/pool.ts'
import { inTransaction, type Pool } from './db/transaction.ts'
import {
  askAgentToStop,
  EMBEDDED,
  embeddedToken,
  ensureAgent,
  publishServer,
} from './embedded-agent.ts'
import { actorNamed, type Token, tokenNames } from './http/identity.ts'
import { createLogs } from './http/logs.ts'
import { createApp, listen } from './http/server.ts'

export interface Serving {
  readonly config: Config
  readonly people: readonly Person[]
  readonly policies: readonly Policy[]
  /** Besides those of the configuration: the sample's. */
  readonly tokens: readonly Token[]
  readonly log: Logger
}

export interface Running {
  readonly url: string
  readonly stop: () => Promise<void>
}

export const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url))

/** Starts everything; answers once the server listens. Throws with the way out. */
export async function serve(serving: Serving): Promise<Running> {
  const { config, log } = serving
  const unlock = await lockHome(config.home, 'serve')
  let embedded: Embedded | null = null
  try {
    embedded = config.databaseUrl === null ? await startEmbedded({ home: config.home, log }) : null
    const pool = createPool(config.databaseUrl?.reveal() ?? embedded?.url ?? '', { log })
    const applied = await migrate(pool, MIGRATIONS)
    if (applied.length > 0) log.info({ applied }, 'migrated the database')
    const started = await startServing(serving, pool)
    return {
      url: started.url,
      stop: async () => {
        await started.stop()
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

async function startServing(serving: Serving, pool: Pool): Promise<Running> {
  const { config, log, people } = serving
  const pipelines = configuredFrom(serving)
  for (const one of pipelines.values()) await inTransaction(pool, (tx) => ensurePipeline(tx, one))
  const signal = createChangeSignal()
  const parts = { pool, pipelines, changed: signal.changed, clock: null }
  const plain = createDispatch(parts)
  const lockAll = createLockAll(parts)
  const agents = createAgents(pool, plain)
  const dispatch = hearInAll({ pipelines, dispatch: plain, heard: agents.heard })
  await lookAtAll(pipelines, plain)
  const names = tokenNames([
    ...config.apiTokens.map(({ name, secret }) => ({ name, secret: secret.reveal() })),
    ...serving.tokens,
  ])
  const embeddedAgent = embeddedToken(config.home)
  const agentNames = tokenNames([{ name: EMBEDDED, secret: embeddedAgent }])
  const logs = createLogs(join(config.home, 'logs'))
  const identify = (header: string | undefined): ReturnType<typeof actorNamed> | undefined => {
    const name = names(header)
    return name === undefined ? undefined : actorNamed(people, name)
  }
  const agentBehind = (header: string | undefined): string | undefined => {
    const actor = identify(header)
    return agentNames(header) ?? (actor?.kind === 'machine' ? actor.name : undefined)
  }
  const app = createApp({
    api: {
      pool,
      pipelines,
      dispatch,
      logs,
      everything: { lockAll, standing: () => standingLockAll(pool) },
      identify,
    },
    agents: { pool, agents, logs, identify: agentBehind, waitForChange: signal.wait },
    pool,
    log,
  })
  const server = await listen(app, config)
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : config.port
  publishServer(config.home, { url: `http://127.0.0.1:${port}`, token: embeddedAgent })
  const stopping = new AbortController()
  const known = (name: string): boolean => pipelines.has(name)
  const sweeping = sweepForever(
    { pool, dispatch: plain, agents, lockAll, log, known, rest: signal.wait },
    stopping.signal,
  )
  const keeping = usesEmbedded(serving)
    ? keepAgent({ home: config.home, log, rest: signal.wait }, stopping.signal)
    : null
  return {
    url: config.port === 0 ? `http://localhost:${port}` : config.url,
    stop: async () => {
      stopping.abort()
      await Promise.all([sweeping, keeping])
      await askAgentToStop(config.home)
      signal.changed()
      if ('closeAllConnections' in server) server.closeAllConnections()
      await new Promise<void>((done) => server.close(() => done()))
    },
  }
}

function configuredFrom({ policies, people }: Serving): ReadonlyMap<string, Configured> {
  return new Map(
    policies.map((policy) => [
      policy.pipeline,
      {
        policy,
        people,
        carries: carriesPaths(policy.paths),
        ridesAlone: ridesAlone(policy.doors.solo),
      },
    ]),
  )
}

const usesEmbedded = ({ policies }: Serving): boolean =>
  policies.some(({ environments }) => environments.some(({ agent }) => agent === EMBEDDED))

/** What became due, or was heard, while no server ran. */
async function lookAtAll(
  pipelines: ReadonlyMap<string, Configured>,
  dispatch: Dispatch,
): Promise<void> {
  for (const name of pipelines.keys()) {
    await dispatch(name, { type: 'tick' }, { name: SYSTEM, kind: 'system', groups: [] })
  }
}

const AGENT_LOOK_MS = 2_000

interface Keeping {
  readonly home: string
  readonly log: Logger
  readonly rest: (ms: number, signal: AbortSignal) => Promise<void>
}

async function keepAgent({ home, log, rest }: Keeping, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    await ensureAgent(home, log)
    await rest(AGENT_LOOK_MS, stopping)
  }
}
