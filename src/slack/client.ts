/**
 * The Web API calls that Signalbox makes, and no other.
 *
 * Invariant: one call is one request. Nothing here retries or waits: after an ambiguous failure
 * that would post twice (https://github.com/slackapi/node-slack-sdk/issues/2141). Callers probe.
 */
import { LogLevel, type Logger as SlackLogger } from '@slack/logger'
import type { KnownBlock, ModalView } from '@slack/types'
import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebClient,
} from '@slack/web-api'
import { kindOf, SlackFault } from './fault.ts'
import type { UserObject } from './member.ts'
import type { Message } from './scene.ts'

const OUR_EVENTS = [
  'signalbox_train',
  'signalbox_event',
  'signalbox_link',
  'signalbox_migration',
] as const

/** What finds a message of ours again after a lost reply. */
export interface Metadata {
  readonly event_type: (typeof OUR_EVENTS)[number]
  readonly event_payload: { readonly [key: string]: string | number }
}

export interface Found {
  readonly ts: string
  readonly metadata: Metadata
}

export interface SlackApi {
  readonly post: (
    to: { readonly channel: string; readonly thread: string | null; readonly broadcast: boolean },
    message: Message,
    metadata: Metadata | null,
  ) => Promise<string>
  readonly update: (
    at: { readonly channel: string; readonly ts: string },
    message: Message,
    metadata: Metadata,
  ) => Promise<void>
  readonly ephemeral: (
    to: { readonly channel: string; readonly user: string; readonly thread: string | null },
    message: Message,
  ) => Promise<void>
  /** Our own messages with metadata, in a channel or a thread, since a moment. */
  readonly ours: (
    where: { readonly channel: string; readonly thread: string | null },
    sinceMs: number,
  ) => Promise<readonly Found[]>
  readonly openDirect: (user: string) => Promise<string>
  readonly openView: (trigger: string, view: ModalView) => Promise<void>
  /** Shows these blocks as somebody's App Home, in place of what stood there. */
  readonly publishHome: (user: string, blocks: readonly KnownBlock[]) => Promise<void>
  /** Answers by a request's own address, which Slack lets us use a few times. */
  readonly respond: (
    url: string,
    answer: Message | 'delete',
    how?: { readonly instead: boolean },
  ) => Promise<void>
  /** Who somebody is, within two seconds. */
  readonly user: (id: string) => Promise<UserObject>
  readonly users: (cursor: string | null) => Promise<{
    readonly users: readonly UserObject[]
    readonly next: string | null
  }>
  readonly workspace: () => Promise<{ readonly team: string; readonly url: string }>
}

export interface ClientOptions {
  readonly token: string
  readonly apiUrl: string
  readonly log: SlackLogger
}

const TIMEOUT_MS = 10_000
const USER_TIMEOUT_MS = 2_000
const PAGE = 200
const PAGES_MAX = 5

/** Speaks to Slack with the bot token. */
export function createSlackApi({ token, apiUrl, log }: ClientOptions): SlackApi {
  const options = {
    slackApiUrl: apiUrl,
    logger: log,
    logLevel: LogLevel.ERROR,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
  }
  const client = new WebClient(token, { ...options, timeout: TIMEOUT_MS })
  const hasty = new WebClient(token, { ...options, timeout: USER_TIMEOUT_MS })
  const call = createCalls()
  return {
    ...messages(client, call),
    ours: (where, sinceMs) =>
      call(`conversations.history ${where.channel}`, () => ours(client, where, sinceMs)),
    openDirect: (user) =>
      call('conversations.open', async () => {
        const opened = await client.conversations.open({ users: user })
        return opened.channel?.id ?? ''
      }),
    openView: (trigger, view) =>
      call('views.open', async () => {
        await client.views.open({ trigger_id: trigger, view })
      }),
    publishHome: (user, blocks) =>
      call('views.publish', async () => {
        await client.views.publish({ user_id: user, view: { type: 'home', blocks: [...blocks] } })
      }),
    respond: (url, answer, { instead } = { instead: false }) =>
      call('response', () => respond({ apiUrl, url, instead }, answer)),
    user: (id) => call('users.info', async () => (await hasty.users.info({ user: id })).user ?? {}),
    users: (cursor) =>
      call('users.list', async () => {
        const page = await client.users.list({
          limit: PAGE,
          ...(cursor === null ? {} : { cursor }),
        })
        return { users: page.members ?? [], next: page.response_metadata?.next_cursor || null }
      }),
    workspace: () =>
      call('auth.test', async () => {
        const me = await client.auth.test()
        return { team: me.team_id ?? '', url: me.url ?? 'https://slack.com/' }
      }),
  }
}

type Calls = <T>(key: string, work: () => Promise<T>) => Promise<T>

/** Messages of ours: posted, changed, or shown to one person. */
function messages(client: WebClient, call: Calls): Pick<SlackApi, 'post' | 'update' | 'ephemeral'> {
  return {
    post: ({ channel, thread, broadcast }, { text, blocks }, metadata) =>
      call(`chat.postMessage ${channel}`, async () => {
        const content = {
          channel,
          text,
          blocks: [...blocks] as KnownBlock[],
          unfurl_links: false,
          unfurl_media: false,
          ...(metadata === null ? {} : { metadata }),
        }
        const sent = await client.chat.postMessage(
          thread === null ? content : { ...content, ...inThread(thread, broadcast) },
        )
        return sent.ts ?? ''
      }),
    update: ({ channel, ts }, { text, blocks }, metadata) =>
      call(`chat.update ${channel}`, async () => {
        await client.chat.update({
          channel,
          ts,
          text,
          blocks: [...blocks] as KnownBlock[],
          metadata,
        })
      }),
    ephemeral: ({ channel, user, thread }, { text, blocks }) =>
      call(`chat.postEphemeral ${channel}`, async () => {
        const place = thread === null ? {} : { thread_ts: thread }
        await client.chat.postEphemeral({
          channel,
          user,
          text,
          blocks: [...blocks] as KnownBlock[],
          ...place,
        })
      }),
  }
}

/** Slack's types tell replies that are shown in the channel from those that are not. */
const inThread = (thread: string, broadcast: boolean) =>
  broadcast
    ? ({ thread_ts: thread, reply_broadcast: true } as const)
    : ({ thread_ts: thread, reply_broadcast: false } as const)

/**
 * Calls that keep off a method and channel for as long as Slack asked: asking again earlier only
 * prolongs it. Every failure leaves as a SlackFault.
 */
function createCalls(): Calls {
  const paused = new Map<string, number>()
  return async (key, work) => {
    const left = (paused.get(key) ?? 0) - performance.now()
    if (left > 0) throw new SlackFault('limited', 'ratelimited', { retryAfterMs: left })
    paused.delete(key)
    try {
      return await work()
    } catch (cause) {
      const fault = faultOf(cause)
      if (fault.kind === 'limited') paused.set(key, performance.now() + fault.retryAfterMs)
      throw fault
    }
  }
}

function faultOf(cause: unknown): SlackFault {
  if (cause instanceof WebAPIRateLimitedError) {
    return new SlackFault('limited', 'ratelimited', {
      retryAfterMs: cause.retryAfter * 1_000,
      cause,
    })
  }
  if (cause instanceof WebAPIPlatformError) {
    const code = cause.data.error
    return new SlackFault(kindOf(code), code, { retryAfterMs: 1_000, cause })
  }
  if (cause instanceof WebAPIHTTPError) {
    return new SlackFault('lost', `http_${cause.statusCode}`, { cause })
  }
  return new SlackFault('lost', 'no_answer', { cause })
}

async function ours(
  client: WebClient,
  { channel, thread }: { readonly channel: string; readonly thread: string | null },
  sinceMs: number,
): Promise<readonly Found[]> {
  const found: Found[] = []
  let cursor: string | undefined
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const asked = {
      channel,
      limit: PAGE,
      oldest: (sinceMs / 1_000).toFixed(6),
      include_all_metadata: true,
      ...(cursor === undefined ? {} : { cursor }),
    }
    const answer =
      thread === null
        ? await client.conversations.history(asked)
        : await client.conversations.replies({ ...asked, ts: thread })
    for (const { ts, metadata } of answer.messages ?? []) {
      const read = readMetadata(metadata)
      if (ts !== undefined && read !== undefined) found.push({ ts, metadata: read })
    }
    cursor = answer.response_metadata?.next_cursor || undefined
    if (cursor === undefined) break
  }
  return found
}

/** Other apps' metadata is none of ours; Slack's types do not know the shape of the payload. */
function readMetadata(given: unknown): Metadata | undefined {
  if (given === null || typeof given !== 'object' || !('event_type' in given)) return undefined
  const event_type = OUR_EVENTS.find((one) => one === given.event_type)
  if (event_type === undefined) return undefined
  const payload = 'event_payload' in given ? given.event_payload : null
  if (payload === null || typeof payload !== 'object') return undefined
  const plain = Object.entries(payload).filter(
    ([, value]) => typeof value === 'string' || typeof value === 'number',
  )
  return { event_type, event_payload: Object.fromEntries(plain) }
}

const HOOKS = ['https://hooks.slack.com', 'https://hooks.slack-gov.com']

/** Only to Slack's own addresses, whatever a request says. */
async function respond(
  {
    apiUrl,
    url,
    instead,
  }: { readonly apiUrl: string; readonly url: string; readonly instead: boolean },
  answer: Message | 'delete',
): Promise<void> {
  const origin = URL.canParse(url) ? new URL(url).origin : ''
  if (!HOOKS.includes(origin) && origin !== new URL(apiUrl).origin) {
    throw new SlackFault('refused', 'foreign_response_url')
  }
  const body =
    answer === 'delete'
      ? { delete_original: true }
      : { response_type: 'ephemeral', replace_original: instead, ...answer }
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  await response.body?.cancel()
  if (!response.ok) throw new SlackFault('refused', `response_url_${response.status}`)
}
