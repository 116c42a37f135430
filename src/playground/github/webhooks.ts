/**
 * Deliveries to the bot: signed as GitHub signs them, told once
 * (docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries).
 *
 * Invariant: one after another, through the bot's public door. What is lost is not told again:
 * GitHub redelivers nothing by itself either.
 */
import { createHmac, randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { Json } from '../wire/json.ts'

const ANSWER_WITHIN_MS = 10_000

export interface Hook {
  /** The bot's address. */
  readonly url: () => string
  readonly secret: string
  /** Whether what is sent now is lost on its way. */
  readonly isLost: () => boolean
  readonly log: Logger
}

export type EventName = 'pull_request' | 'push' | 'check_run'

/** Makes the sender; it answers once the delivery has arrived, or is lost. */
export function createHook({ url, secret, isLost, log }: Hook) {
  let last: Promise<void> = Promise.resolve()
  const send = async (event: EventName, payload: Json): Promise<void> => {
    if (isLost()) return
    const body = JSON.stringify(payload)
    try {
      const answer = await fetch(`${url()}/github/webhooks`, {
        method: 'POST',
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
        headers: {
          'content-type': 'application/json',
          'user-agent': 'GitHub-Hookshot/town',
          'x-github-delivery': randomUUID(),
          'x-github-event': event,
          'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
        },
      })
      if (!answer.ok) log.warn({ event, status: answer.status }, 'a delivery of GitHub was refused')
    } catch (fault) {
      log.warn({ err: fault, event }, 'a delivery of GitHub did not arrive')
    }
  }
  return (event: EventName, payload: Json): Promise<void> => {
    last = last.then(() => send(event, payload))
    return last
  }
}
