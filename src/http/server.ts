/**
 * The HTTP server: health, the API, the agents' routes.
 *
 * Invariant: an unexpected fault is logged with an incident number and shown as that number only.
 */
import { randomUUID } from 'node:crypto'
import { type ServerType, serve } from '@hono/node-server'
import { Hono } from 'hono'
import type { Logger } from 'pino'
import { type AgentRouteParts, createAgentRoutes } from './agent-routes.ts'
import { type ApiParts, createApi } from './api.ts'
import { createHealth, type HealthParts } from './health.ts'

export interface ServerParts extends HealthParts {
  readonly api: ApiParts
  readonly agents: AgentRouteParts
  /** Adds the routes of others: Slack's, GitHub's, the playground's. */
  readonly mount: (app: Hono) => void
  readonly log: Logger
}

/** The whole application, without a socket. */
export function createApp({ api, agents, mount, log, ...health }: ServerParts): Hono {
  const app = new Hono()
  app.use(async (c, next) => {
    await next()
    health.metrics.requested(c.req.method, c.res.status)
  })
  app.route('/', createHealth(health))
  app.route('/api/v1/agent', createAgentRoutes(agents))
  app.route('/api/v1', createApi(api))
  mount(app)
  app.notFound((c) => c.json({ error: 'there is nothing here' }, 404))
  app.onError((fault, c) => {
    const incident = randomUUID()
    log.error({ err: fault, incident, path: c.req.path }, 'a request failed')
    return c.json({ error: `something went wrong here; the log has it as ${incident}` }, 503)
  })
  return app
}

/** An application that knows when its last answer is finished: a stop must not take the database away before. */
export function countAnswers(app: Hono): Pick<Hono, 'fetch'> & {
  /** Resolves when no answer is open any more, or after `limitMs`. */
  readonly finished: (limitMs: number) => Promise<void>
} {
  const open = new Set<Promise<unknown>>()
  return {
    fetch: (request, env, context) => {
      const answer = Promise.resolve(app.fetch(request, env, context))
      open.add(answer)
      const close = (): void => void open.delete(answer)
      answer.then(close, close)
      return answer
    },
    finished: async (limitMs) => {
      const limit = new Promise((late) => setTimeout(late, limitMs).unref())
      await Promise.race([Promise.allSettled(open), limit])
    },
  }
}

/** Listens; answers the server once it does. Throws when the port is taken. */
export function listen(
  app: Pick<Hono, 'fetch'>,
  { port, host }: { readonly port: number; readonly host: string | null },
): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, port, hostname: host ?? '0.0.0.0' }, () =>
      resolve(server),
    )
    server.once('error', reject)
  })
}

/** Where it really listens: with port 0 the system has chosen. */
export function portOf(server: ServerType, { port }: { readonly port: number }): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}

/** Ends open connections too: a long poll would hold it up. */
export async function closeServer(server: ServerType): Promise<void> {
  if ('closeAllConnections' in server) server.closeAllConnections()
  await new Promise<void>((done) => server.close(() => done()))
}
