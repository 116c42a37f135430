/**
 * Slack, composed: requests in, messages out, members kept known.
 *
 * Invariant: nothing is asked of Slack before the server listens, so Slack being down keeps
 * nothing from starting.
 */
import type { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { Logger } from 'pino'
import type { Announcing } from './app/announce.ts'
import { attend } from './app/desk.ts'
import type { Dispatch } from './app/dispatch.ts'
import type { LockAll } from './app/lock-all.ts'
import { createMembers } from './app/members.ts'
import type { Delivers } from './app/outgoing.ts'
import type { Staging } from './app/scene.ts'
import type { Sends } from './app/send.ts'
import type { Tokens } from './app/tokens.ts'
import type { SlackConfig } from './config/slack.ts'
import type { Person } from './core/policy.ts'
import { takeOnce, untake } from './db/slack-requests.ts'
import { inTransaction } from './db/transaction.ts'
import { createSlackApi } from './slack/client.ts'
import type { Inbound } from './slack/inbound.ts'
import { createSlackApp } from './slack/listeners.ts'
import { slackLogger } from './slack/log.ts'
import { createReceiver, type HttpReceiver } from './slack/receiver.ts'
import { createSocket } from './slack/socket.ts'

export interface SlackParts {
  readonly config: SlackConfig
  readonly staging: Staging
  /** Whom the configuration names now: a reload may change them. */
  readonly people: () => readonly Person[]
  readonly dispatch: Dispatch
  readonly lockAll: LockAll
  readonly tokens: Tokens
  readonly logTail: (run: string) => Promise<readonly string[]>
  /** What a REF is. */
  readonly find: Sends['find']
  readonly log: Logger
  readonly rest: (ms: number, signal: AbortSignal) => Promise<void>
}

export interface SlackEdge {
  /** Adds `POST /slack/events`, where requests come over HTTP. */
  readonly routes: (app: Hono) => void
  /** What the relay delivers with. */
  readonly announcing: Announcing
  /** Once the server listens: opens the socket, learns the members. */
  readonly start: () => void
  readonly stop: () => Promise<void>
}

const BODY_BYTES_MAX = 4 * 1024 * 1024

/** What Slack is told: what concerns a pipeline with a channel. Deployments are mirrored elsewhere. */
export const toldInSlack: Delivers = ({ channel }, { type }) =>
  channel !== null &&
  type !== 'mirror' &&
  type !== 'flag_off' &&
  type !== 'retire' &&
  type !== 'issue'

export function createSlackEdge(parts: SlackParts): SlackEdge {
  const { config, staging, people, dispatch, lockAll, tokens, logTail, find, log, rest } = parts
  const slackLog = slackLogger(log)
  const botToken = config.botToken.reveal()
  const slack = createSlackApi({ token: botToken, apiUrl: config.apiUrl, log: slackLog })
  const members = createMembers({ pool: staging.pool, slack, people, log, rest })
  const once = {
    take: (key: string) => inTransaction(staging.pool, (tx) => takeOnce(tx, [key])),
    untake: (key: string) => inTransaction(staging.pool, (tx) => untake(tx, [key])),
  }
  const listening = {
    slack,
    slackLog,
    log,
    botToken,
    apiUrl: config.apiUrl,
    ...once,
    attend: (inbound: Inbound) =>
      attend({ staging, dispatch, members, lockAll, tokens, logTail, find, people }, inbound),
  }
  const http =
    config.signingSecret === null
      ? null
      : createReceiver({ signingSecret: config.signingSecret.reveal(), log, ...once })
  if (http !== null) createSlackApp({ ...listening, receiver: http })
  const socket =
    config.appToken === null
      ? null
      : createSlackApp({
          ...listening,
          receiver: createSocket({
            appToken: config.appToken.reveal(),
            apiUrl: config.apiUrl,
            log: slackLog,
          }),
        })
  const stopping = new AbortController()
  const running: Promise<unknown>[] = []
  return {
    routes: (app) => {
      if (http !== null) addRoute(app, http)
    },
    announcing: { staging, slack },
    start: () => {
      running.push(members.learn(stopping.signal))
      // Not awaited by `stop`: it may hang in an attempt to reach Slack.
      if (socket !== null) void keepOpen(socket, { log, rest, signal: stopping.signal })
    },
    stop: async () => {
      stopping.abort()
      await socket?.stop()
      await Promise.all(running)
    },
  }
}

const SOCKET_AGAIN_MS = 10_000

/** Opens the socket, however long Slack is away; once open, it reopens itself. */
async function keepOpen(
  socket: { readonly start: () => Promise<unknown> },
  { log, rest, signal }: Pick<SlackParts, 'log' | 'rest'> & { readonly signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    try {
      await socket.start()
      return
    } catch (fault) {
      if (signal.aborted) return
      log.error({ err: fault }, 'the socket to Slack did not open; trying again')
      await rest(SOCKET_AGAIN_MS, signal)
    }
  }
}

function addRoute(app: Hono, receiver: HttpReceiver): void {
  const tooLarge = { maxSize: BODY_BYTES_MAX, onError: () => new Response(null, { status: 413 }) }
  app.post('/slack/events', bodyLimit(tooLarge), async (c) => {
    const body = new Uint8Array(await c.req.arrayBuffer())
    const header = (name: string): string | undefined => c.req.header(name)
    const answer = await receiver.handle({ body, header })
    if (answer.body === null) return new Response(null, { status: answer.status })
    // Bolt's acknowledgement with a text alone is that text.
    const json = typeof answer.body === 'string' ? { text: answer.body } : answer.body
    return Response.json(json, { status: answer.status })
  })
}
