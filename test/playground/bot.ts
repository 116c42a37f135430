/**
 * A playground with a tiny bot behind it, on one port, as `npm start` has them.
 *
 * Invariant: the bot is reached over real HTTP, and checks the signature of all that it hears.
 */
import { createHmac } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Logger, LogLevel, WebClient } from '@slack/web-api'
import { type Context, Hono } from 'hono'
import pino from 'pino'
import { listen } from '../../src/http/server.ts'
import { type Playground, startPlayground } from '../../src/playground/playground.ts'

export interface Heard {
  readonly headers: Readonly<Record<string, string>>
  readonly isSigned: boolean
  /** A form's fields, with `payload` parsed; or the JSON body. */
  readonly body: Readonly<Record<string, never>> & Record<string, unknown>
}

export interface Bench {
  readonly home: string
  readonly url: string
  readonly playground: Playground
  readonly slack: WebClient
  readonly heard: Heard[]
  /** What the bot answers next, until it is set anew. */
  answer: (c: Context, body: Heard['body']) => Response | Promise<Response>
  readonly act: (name: string, body: Readonly<Record<string, unknown>>) => Promise<unknown>
  readonly stop: () => Promise<void>
}

export const MANIFEST = {
  commands: [
    { command: '/deploy', description: 'Deploy trains', usage: '[pipeline]', escapes: true },
    { command: '/lock', description: 'Keep closed', usage: 'pipeline reason', escapes: true },
  ],
  events: ['app_home_opened'],
}

const nothing = (): void => undefined
const SILENT: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  setLevel: nothing,
  setName: nothing,
  getLevel: () => LogLevel.ERROR,
}

export async function startBench(given?: string): Promise<Bench> {
  const home = given ?? mkdtempSync(join(tmpdir(), 'signalbox-playground-'))
  let url = ''
  const playground = startPlayground({
    home,
    url: () => url,
    log: pino({ level: 'silent' }),
    sample: null,
    manifest: MANIFEST,
  })
  const heard: Heard[] = []
  const app = new Hono()
  app.route('/', playground.routes)
  app.post('/slack/events', async (c) => {
    const raw = await c.req.text()
    const headers = c.req.header()
    const base = `v0:${headers['x-slack-request-timestamp']}:${raw}`
    const { signingSecret } = playground.slack
    const signature = `v0=${createHmac('sha256', signingSecret).update(base).digest('hex')}`
    const isForm = (headers['content-type'] ?? '').includes('urlencoded')
    const form = isForm ? Object.fromEntries(new URLSearchParams(raw)) : JSON.parse(raw)
    const body = 'payload' in form ? JSON.parse(form['payload']) : form
    heard.push({ headers, isSigned: headers['x-slack-signature'] === signature, body })
    return bench.answer(c, body)
  })
  const server = await listen(app, { port: 0, host: '127.0.0.1' })
  const address = server.address()
  url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  const slack = new WebClient(playground.slack.botToken, {
    slackApiUrl: playground.slack.apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger: SILENT,
  })
  const bench: Bench = {
    home,
    url,
    playground,
    slack,
    heard,
    answer: (c) => c.body(null, 200),
    act: async (name, body) => {
      const answer = await fetch(`${url}/playground/do/${name}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ as: 'U0ANA', ...body }),
      })
      return answer.json()
    },
    stop: async () => {
      await playground.stop()
      if ('closeAllConnections' in server) server.closeAllConnections()
      await new Promise<void>((done) => server.close(() => done()))
      if (given === undefined) await rm(home, { recursive: true, force: true })
    },
  }
  return bench
}

/** Looks often, for a bounded time, until it holds. */
export async function settle(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const limit = Date.now() + 10_000
  while (!(await holds())) {
    if (Date.now() > limit) throw new Error(`never: ${what}`)
    await new Promise((look) => setTimeout(look, 20))
  }
}
