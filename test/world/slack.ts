/**
 * A stateful Slack at the wire: it keeps channels, members and dialogs, misbehaves when told to, and
 * signs what it delivers to the bot.
 *
 * Invariant: it knows the methods Signalbox calls and no other. A fault is planted per method and
 * used up by the calls it spoils; `lost` does the work and then drops the answer.
 */
import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'

export const TEAM = 'T0HOME'
export const SIGNING_SECRET = 'a-signing-secret-of-the-tests'
export const CHANNEL = 'C0DEPLOYS'

type Json = Readonly<Record<string, unknown>>

export type Fault =
  | { readonly kind: 'limited'; readonly seconds: number }
  | { readonly kind: 'down' }
  /** It takes the request and never answers. */
  | { readonly kind: 'hang' }
  | { readonly kind: 'lost' }
  | { readonly kind: 'error'; readonly error: string }

export interface Posted {
  readonly channel: string
  readonly ts: string
  readonly thread: string | null
  readonly broadcast: boolean
  text: string
  blocks: readonly Json[]
  metadata: Json | null
}

export interface Ephemeral {
  readonly user: string
  readonly channel: string
  readonly text: string
  readonly blocks: readonly Json[]
}

export interface Delivered {
  readonly status: number
  readonly body: Json | null
}

interface Request {
  readonly raw: string
  readonly headers: Readonly<Record<string, string>>
}

/** How a delivery may be wrong. */
export interface Wrong {
  readonly secret?: string
  readonly at?: number
  readonly team?: string
}

const CAST: readonly Json[] = [
  { id: 'U0ANA', team_id: TEAM, name: 'ana', profile: { email: 'ana@example.com' } },
  { id: 'U0BOB', team_id: TEAM, name: 'bob', profile: { email: 'Bob@Example.com' } },
  { id: 'U0CEM', team_id: TEAM, name: 'cem', profile: {} },
  { id: 'U0GUEST', team_id: TEAM, name: 'gil', is_ultra_restricted: true, profile: {} },
  { id: 'U0GONE', team_id: TEAM, name: 'gus', deleted: true, profile: {} },
  { id: 'U0ROBOT', team_id: TEAM, name: 'rob', is_bot: true, profile: {} },
]

export class FakeSlack {
  readonly messages: Posted[] = []
  /** How many messages were taken away by an answer. */
  removed = 0
  readonly ephemerals: Ephemeral[] = []
  private pressedEphemeral: Ephemeral | null = null
  readonly views: Json[] = []
  /** The App Home of each person, as last published. */
  readonly homes = new Map<string, readonly Json[]>()
  /** Every call that arrived, also spoiled ones. */
  readonly calls: string[] = []
  /** Calls of a method that came while it was to be left alone. */
  readonly early: string[] = []
  /** Until when each limited method is to be left alone. */
  private readonly limited = new Map<string, number>()
  /** Members that `users.list` leaves out: only `users.info` knows them. */
  readonly unlisted: Json[] = []
  botUrl = ''
  url = ''
  private readonly faults = new Map<string, Fault[]>()
  private readonly held: ServerResponse[] = []
  private open: Json | null = null
  private clock = 0
  private last: Request | null = null
  private readonly server = createServer((request, response) => {
    void this.serve(request, response)
  })

  private readonly sockets = new WebSocketServer({ server: this.server })

  async start(): Promise<void> {
    this.sockets.on('connection', (socket) => socket.send(JSON.stringify({ type: 'hello' })))
    await new Promise<void>((ready) => this.server.listen(0, '127.0.0.1', ready))
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    for (const response of this.held) response.destroy()
    for (const socket of this.sockets.clients) socket.terminate()
    this.sockets.close()
    this.server.closeAllConnections()
    await new Promise((done) => this.server.close(done))
  }

  /** Spoils the next `times` calls of a method, or of every method (`*`). */
  fail(method: string, fault: Fault, times = 1): void {
    const planted = Array.from({ length: times }, () => fault)
    this.faults.set(method, [...(this.faults.get(method) ?? []), ...planted])
  }

  heal(): void {
    this.faults.clear()
  }

  count(method: string): number {
    return this.calls.filter((call) => call === method).length
  }

  /** Root messages of a channel. */
  roots(channel = CHANNEL): readonly Posted[] {
    return this.messages.filter((one) => one.channel === channel && one.thread === null)
  }

  thread(ts: string): readonly Posted[] {
    return this.messages.filter(({ thread }) => thread === ts)
  }

  /** The newest ephemeral word to somebody. */
  said(user: string): string {
    return this.ephemerals.filter((one) => one.user === user).at(-1)?.text ?? ''
  }

  /** Waits until somebody has read these words: they follow the acknowledgement. */
  async heard(user: string, words: string): Promise<void> {
    const reads = ({ text, blocks }: Ephemeral) =>
      text.includes(words) || JSON.stringify(blocks).includes(words)
    const has = () => this.ephemerals.some((one) => one.user === user && reads(one))
    await soon(has, () => `${user} never read "${words}", but: ${this.said(user)}`)
  }

  async slash(user: string, typed: string, wrong: Wrong = {}): Promise<Delivered> {
    const [command = '', ...words] = typed.split(' ')
    const answer = await this.deliver(
      {
        form: {
          command,
          text: words.join(' '),
          channel_id: CHANNEL,
          user_id: user,
          team_id: wrong.team ?? TEAM,
          trigger_id: this.fresh(),
          response_url: `${this.url}/respond/${user}/${CHANNEL}`,
        },
      },
      wrong,
    )
    this.hear(user, answer.body)
    return answer
  }

  /** Presses a button of a message that everyone sees, found by its action id. */
  press(user: string, action: string, on: Posted, wrong: Wrong = {}): Promise<Delivered> {
    const container = {
      type: 'message',
      message_ts: on.ts,
      channel_id: on.channel,
      is_ephemeral: false,
      ...(on.thread === null ? {} : { thread_ts: on.thread }),
    }
    return this.click(user, { action, value: valueIn(on.blocks, action), container }, wrong)
  }

  /** Presses a button of the newest ephemeral message to this person that has it. */
  async pressEphemeral(user: string, action: string): Promise<Delivered> {
    const find = () =>
      this.ephemerals.findLast(
        (one) => one.user === user && buttons(one.blocks).some((b) => b['action_id'] === action),
      )
    await soon(
      () => find() !== undefined,
      () => `no ephemeral message to ${user} has ${action}`,
    )
    const on = find()
    if (on === undefined) throw new Error('it was there a moment ago')
    const container = { type: 'message', message_ts: this.fresh(), is_ephemeral: true }
    this.pressedEphemeral = on
    return this.click(user, { action, value: valueIn(on.blocks, action), container }, {})
  }

  /** Whether somebody still sees this button in a message that is shown to nobody else. */
  showsEphemeral(user: string, action: string): boolean {
    return this.ephemerals.some(
      (one) => one.user === user && buttons(one.blocks).some((b) => b['action_id'] === action),
    )
  }

  /** A press with whatever value, as a forged one would have. */
  click(
    user: string,
    { action, value, container }: { action: string; value: string; container: Json },
    wrong: Wrong,
  ): Promise<Delivered> {
    const team = wrong.team ?? TEAM
    const payload = {
      type: 'block_actions',
      user: { id: user, team_id: team },
      team: { id: TEAM },
      trigger_id: this.fresh(),
      response_url: `${this.url}/respond/${user}/${CHANNEL}`,
      channel: { id: CHANNEL },
      container,
      actions: [{ type: 'button', action_id: action, action_ts: this.fresh(), value }],
    }
    return this.deliver({ form: { payload: JSON.stringify(payload) } }, wrong)
  }

  /** Opens the App Home; answers what is drawn there. */
  async openHome(user: string): Promise<string> {
    this.homes.delete(user)
    await this.event({ type: 'app_home_opened', tab: 'home', user, channel: `D${user.slice(1)}` })
    return this.home(user, '')
  }

  /** What somebody's App Home shows, once these words stand there. */
  async home(user: string, words: string): Promise<string> {
    const shown = () => JSON.stringify(this.homes.get(user) ?? null)
    await soon(
      () => this.homes.has(user) && shown().includes(words),
      () => `${user}'s Home never showed "${words}" but ${shown()}`,
    )
    return shown()
  }

  /** Presses a button of the App Home, which stands in no channel and has no response address. */
  pressHome(user: string, action: string): Promise<Delivered> {
    const payload = {
      type: 'block_actions',
      user: { id: user, team_id: TEAM },
      team: { id: TEAM },
      trigger_id: this.fresh(),
      container: { type: 'view', view_id: 'VHOME' },
      view: { id: 'VHOME', type: 'home' },
      actions: [
        {
          type: 'button',
          action_id: action,
          action_ts: this.fresh(),
          value: valueIn(this.homes.get(user) ?? [], action),
        },
      ],
    }
    return this.deliver({ form: { payload: JSON.stringify(payload) } }, {})
  }

  /** Answers the dialog that opens, or stays open because its first answer was refused. */
  async submit(user: string, reason: string): Promise<Delivered> {
    await soon(
      () => this.open !== null,
      () => `no dialog opened; ${user} read: ${this.said(user)}`,
    )
    const view = this.open
    const payload = {
      type: 'view_submission',
      user: { id: user, team_id: TEAM },
      team: { id: TEAM },
      view: { ...view, state: { values: { reason: { text: { value: reason } } } } },
    }
    const answer = await this.deliver({ form: { payload: JSON.stringify(payload) } }, {})
    if (answer.body?.['response_action'] !== 'errors') this.open = null
    return answer
  }

  /** Types a command to a bot that opened a socket; answers its acknowledgement. */
  async slashOverSocket(user: string, typed: string, envelope = this.fresh()): Promise<Json> {
    await soon(
      () => this.sockets.clients.size > 0,
      () => 'no socket was opened',
    )
    const [socket] = this.sockets.clients as Set<WebSocket>
    const [command = '', ...words] = typed.split(' ')
    const payload = {
      command,
      text: words.join(' '),
      channel_id: CHANNEL,
      user_id: user,
      team_id: TEAM,
      trigger_id: envelope,
    }
    const sent = { envelope_id: envelope, type: 'slash_commands', payload }
    const acknowledged = new Promise<Json>((resolve) => {
      socket?.once('message', (bytes) => resolve(JSON.parse(String(bytes)) as Json))
    })
    socket?.send(JSON.stringify({ ...sent, accepts_response_payload: true }))
    return acknowledged
  }

  event(event: Json): Promise<Delivered> {
    const body = { type: 'event_callback', team_id: TEAM, event_id: this.fresh(), event }
    return this.deliver({ json: body }, {})
  }

  /** The last delivery once more, byte for byte. */
  replay(): Promise<Delivered> {
    if (this.last === null) throw new Error('nothing was delivered yet')
    return this.send(this.last)
  }

  /** As Slack repeats a delivery: the same content, signed anew. */
  retry(): Promise<Delivered> {
    if (this.last === null) throw new Error('nothing was delivered yet')
    const { raw, headers } = this.last
    const again = { 'x-slack-retry-num': '1', 'x-slack-retry-reason': 'http_timeout' }
    const at = Math.floor(Date.now() / 1_000) - 1
    return this.send({ raw, headers: { ...headers, ...again, ...signed(raw, at, SIGNING_SECRET) } })
  }

  deliver(
    body: { readonly form: Readonly<Record<string, string>> } | { readonly json: Json },
    { secret = SIGNING_SECRET, at = Date.now() }: Wrong,
  ): Promise<Delivered> {
    const isForm = 'form' in body
    const raw = isForm ? new URLSearchParams(body.form).toString() : JSON.stringify(body.json)
    const type = isForm ? 'application/x-www-form-urlencoded' : 'application/json'
    const headers = { 'content-type': type, ...signed(raw, Math.floor(at / 1_000), secret) }
    this.last = { raw, headers }
    return this.send(this.last)
  }

  private async send({ raw, headers }: Request): Promise<Delivered> {
    const answer = await fetch(`${this.botUrl}/slack/events`, {
      method: 'POST',
      body: raw,
      headers,
    })
    const text = await answer.text()
    const isJson = text.startsWith('{')
    return { status: answer.status, body: isJson ? (JSON.parse(text) as Json) : null }
  }

  /** A time stamp nobody had before. */
  private fresh(): string {
    this.clock += 1
    return `${Math.floor(Date.now() / 1_000)}.${String(this.clock).padStart(6, '0')}`
  }

  private hear(user: string, body: Json | null, channel = CHANNEL): void {
    if (body === null || typeof body['text'] !== 'string') return
    const blocks = (body['blocks'] ?? []) as readonly Json[]
    const gone = body['replace_original'] === true ? this.pressedEphemeral : null
    if (gone !== null) this.ephemerals.splice(this.ephemerals.indexOf(gone), 1)
    this.ephemerals.push({ user, channel, text: body['text'], blocks })
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let raw = ''
    for await (const bytes of request) raw += bytes
    const path = request.url ?? ''
    const method = path.replace(/^\/api\//, '').split('?')[0] ?? ''
    const isAnswer = path.startsWith('/respond/')
    this.calls.push(isAnswer ? 'respond' : method)
    if (performance.now() < (this.limited.get(method) ?? 0)) this.early.push(method)
    const fault = this.faults.get(method)?.shift() ?? this.faults.get('*')?.shift()
    if (fault?.kind === 'limited') {
      this.limited.set(method, performance.now() + fault.seconds * 1_000)
      response.writeHead(429, { 'retry-after': String(fault.seconds) }).end()
      return
    }
    if (fault?.kind === 'down') {
      response.writeHead(503).end()
      return
    }
    if (fault?.kind === 'hang') {
      this.held.push(response)
      return
    }
    if (fault?.kind === 'error') return reply(response, { ok: false, error: fault.error })
    if (isAnswer) {
      const [, , user = '', channel = ''] = path.split('/')
      const body = JSON.parse(raw) as Json
      if (body['delete_original'] === true) this.removed += 1
      this.hear(user, body, channel)
      return reply(response, { ok: true })
    }
    const answer = this.answer(method, argumentsIn(raw))
    if (fault?.kind === 'lost') {
      response.destroy()
      return
    }
    reply(response, answer)
  }

  private answer(method: string, given: Json): Json {
    const channel = String(given['channel'] ?? '')
    const blocks = (given['blocks'] ?? []) as readonly Json[]
    const text = String(given['text'] ?? '')
    switch (method) {
      case 'auth.test':
        return { ok: true, team_id: TEAM, user_id: 'U0BOX', url: 'https://acme.slack.com/' }
      case 'apps.connections.open':
        return { ok: true, url: this.url.replace('http:', 'ws:') }
      case 'chat.postMessage': {
        if (blocks.length > 50) return { ok: false, error: 'invalid_blocks' }
        const thread = (given['thread_ts'] as string | undefined) ?? null
        const broadcast = given['reply_broadcast'] === true || given['reply_broadcast'] === 'true'
        const metadata = (given['metadata'] as Json | undefined) ?? null
        const ts = this.fresh()
        this.messages.push({ channel, ts, thread, broadcast, text, blocks, metadata })
        return { ok: true, channel, ts }
      }
      case 'chat.update': {
        const found = this.messages.find((one) => one.channel === channel && one.ts === given['ts'])
        if (found === undefined) return { ok: false, error: 'message_not_found' }
        found.text = text
        found.blocks = blocks
        return { ok: true, channel, ts: found.ts }
      }
      case 'chat.postEphemeral':
        this.hear(String(given['user']), { text, blocks }, channel)
        return { ok: true, message_ts: this.fresh() }
      case 'conversations.history':
      case 'conversations.replies': {
        const thread = (given['ts'] as string | undefined) ?? null
        const found = this.messages.filter(
          (one) =>
            one.channel === channel &&
            (method === 'conversations.history'
              ? one.thread === null || one.broadcast
              : one.thread === thread || one.ts === thread),
        )
        const messages = found.map(({ ts, metadata, text: its }) =>
          metadata === null ? { ts, text: its } : { ts, text: its, metadata },
        )
        return { ok: true, messages: messages.reverse(), has_more: false }
      }
      case 'conversations.open':
        return { ok: true, channel: { id: `D${String(given['users']).slice(1)}` } }
      case 'users.info': {
        const user = [...CAST, ...this.unlisted].find(({ id }) => id === given['user'])
        return user === undefined ? { ok: false, error: 'user_not_found' } : { ok: true, user }
      }
      case 'users.list':
        return { ok: true, members: CAST, response_metadata: { next_cursor: '' } }
      case 'views.open': {
        const id = `V${this.views.length + 1}`
        this.open = { ...(given['view'] as Json), id, hash: this.fresh() }
        this.views.push(this.open)
        return { ok: true, view: { id } }
      }
      case 'views.publish': {
        const view = given['view'] as Json
        this.homes.set(String(given['user_id']), (view['blocks'] ?? []) as readonly Json[])
        return { ok: true, view: { id: 'VHOME' } }
      }
      default:
        return { ok: false, error: 'unknown_method' }
    }
  }
}

/** Looks often, for a bounded time. */
async function soon(holds: () => boolean, complaint: () => string): Promise<void> {
  const limit = Date.now() + 5_000
  while (!holds()) {
    if (Date.now() > limit) throw new Error(complaint())
    await new Promise((look) => setTimeout(look, 10))
  }
}

function reply(response: ServerResponse, body: Json): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function signed(raw: string, at: number, secret: string): Readonly<Record<string, string>> {
  const hash = createHmac('sha256', secret).update(`v0:${at}:${raw}`).digest('hex')
  return { 'x-slack-request-timestamp': String(at), 'x-slack-signature': `v0=${hash}` }
}

/** The client sends forms whose structured fields are JSON. */
function argumentsIn(raw: string): Json {
  const fields = [...new URLSearchParams(raw)].map(([key, text]): [string, unknown] => {
    const isJson = /^[[{]/.test(text) && ['blocks', 'metadata', 'view'].includes(key)
    return [key, isJson ? JSON.parse(text) : text]
  })
  return Object.fromEntries(fields)
}

const buttons = (blocks: readonly Json[]): readonly Json[] =>
  blocks.flatMap((block) => [
    ...((block['elements'] as readonly Json[] | undefined) ?? []),
    ...(block['accessory'] === undefined ? [] : [block['accessory'] as Json]),
  ])

function valueIn(blocks: readonly Json[], action: string): string {
  const found = buttons(blocks).find((button) => button['action_id'] === action)
  if (found === undefined) throw new Error(`there is no button ${action}`)
  return String(found['value'] ?? '')
}
