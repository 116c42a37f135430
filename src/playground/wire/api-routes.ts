/**
 * The doors for the bot: Slack's Web API and the response addresses, over real HTTP.
 *
 * Invariant: a call without the token, too fast, or while Slack is down is answered as Slack
 * would, and does nothing.
 */
import { type Context, Hono } from 'hono'
import { BOT, isChannel } from '../members.ts'
import { isRecord, isTrue, type Json, textOf } from './json.ts'
import {
  addMessage,
  changeMessage,
  dropMessage,
  findMessage,
  readContent,
  TEXT_MAX,
} from './messages.ts'
import { callMethod, channelOf } from './methods.ts'
import type { Pace } from './pace.ts'
import type { Respondable, Wire } from './wire.ts'

/** The routes below `/playground/slack`. */
export function apiRoutes(wire: Wire, pace: Pace): Hono {
  const routes = new Hono()
  routes.use(async (c, next) =>
    wire.store.state.isSlackDown ? c.text('Service Unavailable', 503) : next(),
  )
  routes.on(['GET', 'POST'], '/api/:method', async (c) => {
    const args = await argumentsOf(c)
    if (args === undefined) return c.json({ ok: false, error: 'invalid_json' })
    const given =
      /^Bearer (\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? textOf(args['token'])
    if (given === undefined) return c.json({ ok: false, error: 'not_authed' })
    if (given !== wire.store.state.botToken) return c.json({ ok: false, error: 'invalid_auth' })
    const method = c.req.param('method')
    const wait = pace.take(method, channelOf(args) ?? null)
    if (wait > 0) {
      return c.json({ ok: false, error: 'ratelimited' }, 429, { 'retry-after': String(wait) })
    }
    return c.json(callMethod(wire, method, args))
  })
  routes.post('/response/:token', async (c) => {
    const body: unknown = await c.req.json().catch(() => undefined)
    if (!isRecord(body)) return c.text('invalid_payload', 400)
    const ticket = wire.useResponse(c.req.param('token'))
    if ('error' in ticket) return c.json({ ok: false, error: ticket.error }, 404)
    const error = respond(wire, ticket.of, body)
    return error === null ? c.text('ok') : c.json({ ok: false, error }, 400)
  })
  return routes
}

async function argumentsOf(c: Context): Promise<Json | undefined> {
  if (c.req.method === 'GET') return c.req.query()
  if ((c.req.header('content-type') ?? '').includes('application/json')) {
    const body: unknown = await c.req.json().catch(() => undefined)
    return isRecord(body) ? body : undefined
  }
  return { ...c.req.query(), ...(await c.req.parseBody()) }
}

/** What an app says to a response address, or in the answer to a command; Slack's error or null. */
export function respond({ store }: Wire, of: Respondable, body: Json): string | null {
  if (!isChannel(of.channel)) return 'channel_not_found'
  const original = of.ts === null ? undefined : findMessage(store, of.channel, of.ts)
  if (isTrue(body['delete_original'])) {
    if (original !== undefined) dropMessage(store, original)
    return null
  }
  const read = readContent(body, TEXT_MAX.post)
  if ('refusal' in read) return String(read.refusal['error'])
  if (isTrue(body['replace_original']) && original !== undefined) {
    changeMessage(store, original, read.content)
    return null
  }
  if (read.content.text === undefined && !read.content.blocks?.length) return 'no_text'
  const asked = textOf(body['thread_ts'])
  addMessage(store, {
    ...read.content,
    channel: of.channel,
    user: BOT.user,
    thread: asked ?? of.thread,
    to: body['response_type'] === 'in_channel' ? null : of.user,
  })
  return null
}
