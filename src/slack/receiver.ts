/**
 * Slack's requests over HTTP: verified, taken once, answered when their work is committed.
 *
 * Invariant: nothing is parsed before the signature holds. An exact repeat is answered as done and
 * not acted on; a request whose work failed may come again.
 */
import { createHash } from 'node:crypto'
import type { App, Receiver } from '@slack/bolt'
import type { Logger } from 'pino'
import { LATE, patiently } from './patience.ts'
import { isSigned } from './signature.ts'

export interface ReceiverParts {
  readonly signingSecret: string
  readonly log: Logger
  /** Takes a key once; false: it was taken before. */
  readonly take: (key: string) => Promise<boolean>
  readonly untake: (key: string) => Promise<void>
}

export interface RawRequest {
  readonly body: Uint8Array
  readonly header: (name: string) => string | undefined
}

export interface Answer {
  readonly status: number
  /** Sent as JSON; null: no body. */
  readonly body: unknown
}

export interface HttpReceiver extends Receiver {
  readonly handle: (request: RawRequest) => Promise<Answer>
}

const answer = (status: number, body: unknown = null): Answer => ({ status, body })

const SORRY = 'Signalbox cannot do this now, and nothing was done. Try again in a moment.'

/** Slack shows a command's status to nobody, only its words; at a button it marks a failure. */
const down = (read: Body): Answer =>
  'command' in read
    ? answer(200, { response_type: 'ephemeral', text: SORRY })
    : answer(503, { error: SORRY })

export function createReceiver(parts: ReceiverParts): HttpReceiver {
  let app: App | null = null
  return {
    init: (its) => {
      app = its
    },
    start: async () => undefined,
    stop: async () => undefined,
    handle: (request) => {
      if (app === null) throw new Error('a request came before the app was made')
      return handle(parts, app, request)
    },
  }
}

async function handle(parts: ReceiverParts, app: App, request: RawRequest): Promise<Answer> {
  const { body, header } = request
  const signature = header('x-slack-signature')
  const signed = { body, signature, timestamp: header('x-slack-request-timestamp') }
  if (!isSigned(signed, parts.signingSecret, Date.now())) {
    return answer(401, { error: 'the signature does not hold' })
  }
  const read = readBody(body, header('content-type') ?? '')
  if (read === undefined) return answer(400, { error: 'the body cannot be read' })
  if (read['type'] === 'url_verification') return answer(200, { challenge: read['challenge'] })
  if ('ssl_check' in read && !('command' in read)) return answer(200)
  const since = performance.now()
  const key = `request ${createHash('sha256').update(`${signature}`).digest('hex')}`
  const taking = parts.take(key)
  const taken = await patiently(taking, since).catch((fault: unknown) => {
    parts.log.error({ err: fault }, 'a request from Slack could not be taken')
    return LATE
  })
  if (taken === LATE) {
    // Taken after all, it would be refused when it comes again.
    taking.then((its) => (its ? giveBack(parts, key) : undefined)).catch(() => undefined)
    return down(read)
  }
  if (!taken) return answer(200)
  //! failpoint slack.taken
  const done = await process(parts, app, { read, header, since })
  //! failpoint slack.done
  if (done === null) {
    void giveBack(parts, key)
    return down(read)
  }
  return done
}

const giveBack = ({ untake, log }: ReceiverParts, key: string): Promise<void> =>
  untake(key).catch((fault: unknown) => log.warn({ err: fault }, 'a failed request stays taken'))

type Body = Readonly<Record<string, unknown>>

interface Taken {
  readonly read: Body
  readonly header: RawRequest['header']
  readonly since: number
}

/** Answers at the first acknowledgement, or when the work ended without one; null: it failed. */
function process(
  { log }: ReceiverParts,
  app: App,
  { read, header, since }: Taken,
): Promise<Answer | null> {
  return new Promise((resolve) => {
    const ack = async (response?: unknown): Promise<void> => resolve(answer(200, response ?? null))
    const retryNum = Number(header('x-slack-retry-num'))
    const retryReason = header('x-slack-retry-reason')
    const retry = {
      ...(Number.isSafeInteger(retryNum) ? { retryNum } : {}),
      ...(retryReason === undefined ? {} : { retryReason }),
    }
    const customProperties = { since }
    app.processEvent({ body: read, ack, customProperties, ...retry }).then(
      () => resolve(answer(404, { error: 'nothing here answers to this' })),
      (fault: unknown) => {
        log.error({ err: fault }, 'a request from Slack failed')
        resolve(null)
      },
    )
  })
}

/** JSON, a form, or a form that carries JSON; undefined: neither. */
function readBody(body: Uint8Array, type: string): Body | undefined {
  const text = Buffer.from(body).toString('utf8')
  if (!type.startsWith('application/x-www-form-urlencoded')) return objectIn(text)
  const form = new URLSearchParams(text)
  const payload = form.get('payload')
  return payload === null ? Object.fromEntries(form) : objectIn(payload)
}

function objectIn(text: string): Body | undefined {
  try {
    const read: unknown = JSON.parse(text)
    return read !== null && typeof read === 'object' && !Array.isArray(read)
      ? (read as Body)
      : undefined
  } catch {
    return undefined
  }
}
