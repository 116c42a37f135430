/**
 * The HTTP server: health, the API, the agents' routes.
 *
 * Invariant: an unexpected fault is logged with an incident number and shown as that number only.
 */
import { randomUUID } from 'node:crypto'
import { type ServerType, serve } from '@hono/node-server'
import { Hono } from 'hono'
import type { Logger } from 'pino'
import { Counter, collectDefaultMetrics, Registry } from 'prom-client'
import { inTransaction, type Pool } from '../db/transaction.ts'
import { type AgentRouteParts, createAgentRoutes } from './agent-routes.ts'
import { type ApiParts, createApi } from './api.ts'
import type { Underway } from './underway.ts'

export interface ServerParts {
  readonly api: ApiParts
  readonly agents: AgentRouteParts
  /** Adds the routes of others: Slack's, GitHub's, the playground's. */
  readonly mount: (app: Hono) => void
  readonly underway: Underway
  readonly pool: Pool
  readonly log: Logger
}

/** The whole application, without a socket. */
export function createApp({ api, agents, mount, underway, pool, log }: ServerParts): Hono {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const requests = new Counter({
    name: 'signalbox_http_requests_total',
    help: 'Requests answered, by method and status.',
    labelNames: ['method', 'status'],
    registers: [registry],
  })
  const app = new Hono()
  app.use(underway.count)
  app.use(async (c, next) => {
    await next()
    requests.inc({ method: c.req.method, status: c.res.status })
  })
  app.get('/healthz', (c) => c.json({ ok: true }))
  app.get('/readyz', async (c) => {
    const database = await inTransaction(pool, (tx) => tx.query('SELECT 1')).then(
      () => 'ok',
      () => 'unreachable',
    )
    return c.json({ ok: database === 'ok', database }, database === 'ok' ? 200 : 503)
  })
  app.get('/metrics', async (c) => c.text(await registry.metrics()))
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

/** Listens; answers the server once it does. Throws when the port is taken. */
export function listen(
  app: Hono,
  { port, host }: { readonly port: number; readonly host: string | null },
): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, port, hostname: host ?? '0.0.0.0' }, () =>
      resolve(server),
    )
    server.once('error', reject)
  })
}
