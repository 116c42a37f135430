/**
 * The part of a process that answers: the HTTP server, and the embedded agent beside it.
 *
 * Invariant: stopping it never ends a run. It listens only when everything it needs is there.
 */
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Role } from './config/role.ts'
import type { Policy } from './core/policy.ts'
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
import type { LineUp, Serving } from './line-up.ts'

export interface Web {
  readonly url: string
  readonly stop: () => Promise<void>
}

export interface Answering extends Serving {
  /** Besides those of the configuration: the sample's. */
  readonly tokens: readonly Token[]
}

/** Listens; answers once it does. */
export async function startWeb(answering: Answering, line: LineUp): Promise<Web> {
  const { config, log } = answering
  const { pool, pipelines, dispatch, agents, signal } = line
  const embeddedAgent = embeddedToken(config.home)
  const logs = createLogs(join(config.home, 'logs'))
  const app = createApp({
    api: { pool, pipelines, dispatch, logs, identify: personBehind(answering) },
    agents: {
      pool,
      agents,
      logs,
      identify: agentBehind(answering, embeddedAgent),
      waitForChange: signal.wait,
    },
    pool,
    log,
  })
  const server = await listen(app, config)
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : config.port
  const stopping = new AbortController()
  const keeping = keepsAgent(answering)
    ? keepAgent({ home: config.home, port, token: embeddedAgent, log, line }, stopping.signal)
    : null
  return {
    url: config.port === 0 ? `http://localhost:${port}` : config.url,
    stop: async () => {
      stopping.abort()
      await keeping
      if (keeping !== null) await askAgentToStop(config.home)
      signal.changed()
      if ('closeAllConnections' in server) server.closeAllConnections()
      await new Promise<void>((done) => server.close(() => done()))
    },
  }
}

type Identify<T> = (header: string | undefined) => T | undefined

function personBehind({
  config,
  tokens,
  people,
}: Answering): Identify<ReturnType<typeof actorNamed>> {
  const names = tokenNames([
    ...config.apiTokens.map(({ name, secret }) => ({ name, secret: secret.reveal() })),
    ...tokens,
  ])
  return (header) => {
    const name = names(header)
    return name === undefined ? undefined : actorNamed(people, name)
  }
}

/** A token speaks for the agent of its own name, and a person's for none. */
function agentBehind(answering: Answering, embeddedAgent: string): Identify<string> {
  const identify = personBehind(answering)
  const embedded = tokenNames([{ name: EMBEDDED, secret: embeddedAgent }])
  return (header) => {
    const actor = identify(header)
    return embedded(header) ?? (actor?.kind === 'machine' ? actor.name : undefined)
  }
}

const keepsAgent = ({ role, policies }: { role: Role; policies: readonly Policy[] }): boolean =>
  role === 'all' &&
  policies.some(({ environments }) => environments.some(({ agent }) => agent === EMBEDDED))

const AGENT_LOOK_MS = 2_000

interface Keeping {
  readonly home: string
  readonly port: number
  readonly token: string
  readonly log: Logger
  readonly line: LineUp
}

async function keepAgent(keeping: Keeping, stopping: AbortSignal): Promise<void> {
  const { home, port, token, log, line } = keeping
  publishServer(home, { url: `http://127.0.0.1:${port}`, token })
  while (!stopping.aborted) {
    await ensureAgent(home, log)
    await line.signal.wait(AGENT_LOOK_MS, stopping)
  }
}
