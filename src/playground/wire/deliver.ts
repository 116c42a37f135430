/**
 * Deliveries to the bot: signed as Slack signs them, and given 3 seconds.
 *
 * Invariant: the bot's public door is used, and nothing tells it that this is not Slack
 * (docs.slack.dev/authentication/verifying-requests-from-slack).
 */
import { createHmac } from 'node:crypto'
import type { Wire } from './wire.ts'

const ANSWER_WITHIN_MS = 3_000

export type Delivered =
  | { readonly ok: true; readonly body: string }
  /** `operation_timeout`, or `dispatch_failed` with the status if there was one. */
  | { readonly ok: false; readonly error: string; readonly noRetry: boolean }

export interface Delivery {
  readonly type: 'application/json' | 'application/x-www-form-urlencoded'
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Slack's signature over a body sent at `seconds`. */
export function signatureOf(secret: string, seconds: number, body: string): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${seconds}:${body}`).digest('hex')}`
}

export async function deliver(wire: Wire, delivery: Delivery): Promise<Delivered> {
  const { body, type, headers } = delivery
  const seconds = Math.floor(wire.now() / 1_000)
  try {
    const answer = await fetch(`${wire.url()}/slack/events`, {
      method: 'POST',
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      headers: {
        ...headers,
        'content-type': type,
        'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
        'x-slack-request-timestamp': String(seconds),
        'x-slack-signature': signatureOf(wire.store.state.signingSecret, seconds, body),
      },
    })
    const text = await answer.text()
    if (answer.ok) return { ok: true, body: text }
    const noRetry = answer.headers.get('x-slack-no-retry') === '1'
    return { ok: false, error: `dispatch_failed (status ${answer.status})`, noRetry }
  } catch (fault) {
    const isLate = fault instanceof Error && fault.name === 'TimeoutError'
    return { ok: false, error: isLate ? 'operation_timeout' : 'dispatch_failed', noRetry: false }
  }
}
