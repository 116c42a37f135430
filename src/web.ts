/**
 * The part of a process that answers: the HTTP server, and the embedded agent beside it.
 *
 * Invariant: stopping it never ends a run. It listens only when everything it needs is there.
 */
import type { Hono } from 'hono'
import { standingLockAll } from './app/lock-all.ts'
import type { Role } from './config/role.ts'
import type { Actor } from './core/model.ts'
import type { Policy } from './core/policy.ts'
import type { Edges } from './edges.ts'
import {
  type AgentKeeper,
  createAgentKeeper,
  EMBEDDED,
  embeddedToken,
  publishServer,
} from './embedded-agent.ts'
import { type Identify, identifying, type Token, tokenNames } from './http/identity.ts'
import { createApp, listen } from './http/server.ts'
import { createUnderway } from './http/underway.ts'
import type { LineUp, Serving } from './line-up.ts'

export interface Web {
  readonly url: string
  readonly stop: () => Promise<void>
}

export interface Answering extends Serving {
  /** Besides those of the configuration: the sample's. */
  readonly tokens: readonly Token[]
  /** What else answers at this address: the playground; null: nothing. */
  readonly beside: Beside | null
}

export interface Beside {
  readonly routes: Hono
  /** Once the server listens. */
  readonly resume: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** Listens; answers once it does. */
export async function startWeb(
  answering: Answering,
  { line, edges }: { readonly line: LineUp; readonly edges: Edges },
): Promise<Web> {
  const { config, log, beside } = answering
  const { pool, pipelines, dispatch, lockAll, tokens, agents, logs, signal } = line
  const embeddedAgent = embeddedToken(config.home)
  const identify = identifying({
    configured: [
      ...config.apiTokens.map(({ name, secret }) => ({ name, secret: secret.reveal() })),
      ...answering.tokens,
    ],
    people: answering.people,
    given: tokens.personBehind,
  })
  const everything = { lockAll, standing: () => standingLockAll(pool) }
  const underway = createUnderway()
  const app = createApp({
    underway,
    mount: (routes) => {
      edges.mount(routes)
      if (beside !== null) routes.route('/', beside.routes)
    },
    api: { pool, pipelines, dispatch, logs, tokens, everything, identify },
    agents: {
      pool,
      agents,
      logs,
      identify: agentBehind(identify, embeddedAgent),
      waitForChange: signal.wait,
    },
    pool,
    log,
  })
  const server = await listen(app, config)
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : config.port
  const stopping = new AbortController()
  for (const edge of edges.answering) edge.start()
  beside?.resume().catch((fault) => log.warn({ err: fault }, 'the playground did not wake up'))
  const keeper = keepsAgent(answering) ? createAgentKeeper(config.home, log) : null
  if (keeper !== null) {
    publishServer(config.home, { url: `http://127.0.0.1:${port}`, token: embeddedAgent })
  }
  const keeping = keeper && keepAgent(keeper, { line, stopping: stopping.signal })
  return {
    url: config.port === 0 ? `http://localhost:${port}` : config.url,
    stop: async () => {
      stopping.abort()
      await beside?.stop()
      await Promise.all([keeping, ...edges.answering.map((edge) => edge.stop())])
      await keeper?.askToStop()
      signal.changed()
      if ('closeAllConnections' in server) server.closeAllConnections()
      await new Promise<void>((done) => server.close(() => done()))
      if (!(await underway.over(UNDERWAY_MS_MAX))) log.warn('a request outlived the server')
    },
  }
}

/** A token speaks for the agent of its own name, and a person's for none. */
function agentBehind(identify: Identify<Actor>, embeddedAgent: string): Identify<string> {
  const embedded = tokenNames([{ name: EMBEDDED, secret: embeddedAgent }])
  return async (header) => {
    const name = embedded(header)
    if (name !== undefined) return name
    const actor = await identify(header)
    return actor?.kind === 'machine' ? actor.name : undefined
  }
}

const keepsAgent = ({ role, policies }: { role: Role; policies: readonly Policy[] }): boolean =>
  role === 'all' &&
  policies.some(({ environments }) => environments.some(({ agent }) => agent === EMBEDDED))

/** What a request may still need of the database once its caller is gone. */
const UNDERWAY_MS_MAX = 5_000

const AGENT_LOOK_MS = 2_000

async function keepAgent(
  keeper: AgentKeeper,
  { line, stopping }: { readonly line: LineUp; readonly stopping: AbortSignal },
): Promise<void> {
  while (!stopping.aborted) {
    await keeper.ensure()
    await line.signal.wait(AGENT_LOOK_MS, stopping)
  }
}
