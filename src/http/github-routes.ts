/**
 * `POST /github/webhooks`: verify the raw bytes, store what is used, then answer.
 *
 * Invariant: nothing reads a body before its signature is checked, and 202 is said only after the
 * commit: GitHub never sends again by itself.
 */
import { Hono } from 'hono'
import type { Logger } from 'pino'
import type { Delivery } from '../db/inbox.ts'
import type { Heard } from '../github/heard.ts'
import { readDelivery } from '../github/inbound.ts'
import { bodyDigest, isFromGithub } from '../github/verify.ts'
import { inTime } from './in-time.ts'
import { createRawBodyReader } from './raw-body.ts'

export interface GithubRouteParts {
  /** null: none is configured, and no delivery can be believed. */
  readonly secret: string | null
  /** Resolves once the delivery is committed. */
  readonly store: (delivery: Delivery) => Promise<void>
  /** Whether a pipeline follows this repository, and this branch where one is named. */
  readonly follows: (repository: string, branch: string | null) => boolean
  readonly log: Logger
}

/** GitHub's own cap: it does not deliver what is larger. */
const BODY_BYTES_MAX = 25 * 1024 * 1024
const ALL_BODIES_BYTES_MAX = 4 * BODY_BYTES_MAX
/** GitHub waits 10 s; a store that hangs is told as a failure while it still listens. */
const STORE_MS_MAX = 8_000

/** The route, to be mounted at `/github`. */
export function createGithubRoutes(parts: GithubRouteParts): Hono {
  const routes = new Hono()
  const read = createRawBodyReader({ cap: BODY_BYTES_MAX, budget: ALL_BODIES_BYTES_MAX })
  routes.post('/webhooks', async (c) => {
    const { secret } = parts
    if (secret === null) {
      return c.json({ error: 'set GITHUB_WEBHOOK_SECRET: without it no webhook is believed' }, 503)
    }
    const body = await read(c.req.raw)
    if (!body.ok) {
      return body.why === 'too_large'
        ? c.json({ error: 'the body has more than 25 MB' }, 413)
        : c.json({ error: 'too many deliveries at once; redeliver this one' }, 503)
    }
    try {
      if (!isFromGithub(secret, body.bytes, c.req.header('x-hub-signature-256'))) {
        return c.json({ error: 'the signature does not match GITHUB_WEBHOOK_SECRET' }, 401)
      }
      const answer = await accept(parts, body.bytes, {
        delivery: c.req.header('x-github-delivery'),
        event: c.req.header('x-github-event'),
      })
      return c.json(answer.body, answer.status)
    } finally {
      body.release()
    }
  })
  return routes
}

interface Headers {
  readonly delivery: string | undefined
  readonly event: string | undefined
}

interface Answer {
  readonly status: 202 | 400 | 503
  readonly body: Readonly<Record<string, string>>
}

async function accept(
  { store, follows, log }: GithubRouteParts,
  bytes: Uint8Array,
  { delivery, event }: Headers,
): Promise<Answer> {
  if (delivery === undefined || !/^[\w-]{1,100}$/.test(delivery) || !event) {
    return { status: 400, body: { error: 'X-GitHub-Delivery and X-GitHub-Event are needed' } }
  }
  const payload = objectIn(bytes)
  if (payload === undefined) {
    const error = 'the body is no JSON object: set the content type to application/json'
    return { status: 400, body: { error } }
  }
  const reading = readDelivery(event, payload, Date.now())
  if (reading.outcome === 'malformed') return { status: 400, body: { error: reading.reason } }
  if (reading.outcome === 'ignored') {
    return { status: 202, body: { delivery, ignored: reading.reason } }
  }
  const { heard } = reading
  const branch = 'branch' in heard ? heard.branch : null
  if (!follows(heard.repository, branch)) {
    const where = branch === null ? heard.repository : `${branch} of ${heard.repository}`
    return { status: 202, body: { delivery, ignored: `no pipeline follows ${where}` } }
  }
  try {
    //! failpoint webhook.verified
    const stored = store(deliveryOf(heard, { delivery, event, sha256: bodyDigest(bytes) }))
    await inTime(stored, STORE_MS_MAX, 'the database did not answer')
    //! failpoint webhook.committed
    return { status: 202, body: { delivery } }
  } catch (fault) {
    log.error({ err: fault, delivery, event }, 'a delivery could not be stored')
    return { status: 503, body: { error: 'it could not be stored; redeliver it later' } }
  }
}

const deliveryOf = (
  heard: Heard,
  rest: Pick<Delivery, 'delivery' | 'event' | 'sha256'>,
): Delivery => ({
  ...rest,
  repository: heard.repository,
  checkedSha: heard.kind === 'check' ? heard.check.sha : null,
  body: heard,
})

function objectIn(bytes: Uint8Array): object | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}
