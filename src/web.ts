/**
 * The part of a process that answers: the HTTP server, and the embedded agent beside it.
 *
 * Invariant: stopping it never ends a run. It listens only when everything it needs is there.
 */
import type { Hono } from 'hono'
import { standingLockAll } from './app/lock-all.ts'
import { createSpecialPreview } from './app/special-preview.ts'
import type { Actor } from './core/model.ts'
import type { Edges } from './edges.ts'
import {
  type AgentKeeper,
  EMBEDDED,
  embeddedToken,
  keepAgentOf,
  publishServer,
} from './embedded-agent.ts'
import { type Identify, identifying, type Token, tokenNames } from './http/identity.ts'
import type { Metrics } from './http/metrics.ts'
import { closeServer, countAnswers, createApp, listen, portOf } from './http/server.ts'
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
  /** Makes the embedded database ready for it; answers the address to use from then on. */
  readonly prepare: (databaseUrl: string) => Promise<string>
  /** Once the server listens. */
  readonly resume: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** Listens; answers once it does. */
export async function startWeb(
  answering: Answering,
  {
    line,
    edges,
    metrics,
  }: { readonly line: LineUp; readonly edges: Edges; readonly metrics: Metrics },
): Promise<Web> {
  const { config, log, beside } = answering
  const { pool, pipelines, dispatch, lockAll, tokens, logLinks, agents, logs, signal } = line
  const embeddedAgent = embeddedToken(config.home)
  const identify = identifying({
    configured: [
      ...config.apiTokens.map(({ name, secret }) => ({ name, secret: secret.reveal() })),
      ...answering.tokens,
    ],
    // Read at each request: a reload may have changed who there is.
    get people() {
      return line.policies.people()
    },
    get listed() {
      return line.policies.listed()
    },
    given: tokens.personBehind,
  })
  const everything = { lockAll, standing: () => standingLockAll(pool) }
  const app = createApp({
    mount: (routes) => {
      edges.mount(routes)
      if (beside !== null) routes.route('/', beside.routes)
    },
    api: {
      pool,
      pipelines,
      dispatch,
      send: line.sends.send,
      preview: createSpecialPreview(line, line.sends.find),
      logs,
      tokens,
      logLinks,
      everything,
      identify,
    },
    agents: {
      pool,
      agents,
      logs,
      identify: agentBehind(identify, embeddedAgent),
      waitForChange: signal.wait,
    },
    pool,
    metrics,
    lookAtQueue: line.hints.look,
    log,
  })
  const answers = countAnswers(app)
  const server = await listen(answers, config)
  const port = portOf(server, config)
  const stopping = new AbortController()
  for (const edge of edges.answering) edge.start()
  beside?.resume().catch((fault) => log.warn({ err: fault }, 'the playground did not wake up'))
  const keeper = answering.role === 'all' ? keepAgentOf(config, log) : null
  publishServer(config.home, { url: `http://127.0.0.1:${port}`, token: embeddedAgent })
  const keeping = keeper && keepAgent(keeper, line, stopping.signal)
  return {
    url: config.port === 0 ? `http://localhost:${port}` : config.url,
    stop: async () => {
      stopping.abort()
      await beside?.stop()
      await Promise.all([keeping, ...edges.answering.map((edge) => edge.stop())])
      await keeper?.release()
      signal.changed()
      await closeServer(server)
      await answers.finished(FINISH_MS)
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

const wantsAgent = ({ pipelines }: LineUp): boolean =>
  [...pipelines.values()].some(({ policy }) =>
    policy.environments.some(({ agent }) => agent === EMBEDDED),
  )

const AGENT_LOOK_MS = 2_000

/** How long a stop waits for answers whose caller has gone. */
const FINISH_MS = 5_000

async function keepAgent(keeper: AgentKeeper, line: LineUp, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    if (wantsAgent(line)) await keeper.ensure()
    await line.signal.wait(AGENT_LOOK_MS, stopping)
  }
}
