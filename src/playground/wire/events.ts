/**
 * Events of the Events API, told and told again.
 *
 * Invariant: an event keeps its id however often it is told, so that the app can know it again.
 */
import { randomBytes } from 'node:crypto'
import { deliver } from './deliver.ts'
import type { Json } from './json.ts'
import { envelope, eventDelivery } from './payloads.ts'
import type { Wire } from './wire.ts'

/** Slack repeats an event that was not answered: at once, after a minute, after five. */
const RETRY_AFTER_MS = [0, 60_000, 300_000]

/** An event, with Slack's three retries when it is not answered. */
export async function tellEvent(wire: Wire, event: Json, stopping: AbortSignal): Promise<void> {
  const id = `Ev${randomBytes(6).toString('hex').toUpperCase()}`
  const delivery = eventDelivery(envelope(event, { id, ms: wire.now() }))
  let answer = await deliver(wire, delivery)
  for (const [index, ms] of RETRY_AFTER_MS.entries()) {
    if (answer.ok || answer.noRetry || stopping.aborted) return
    await rest(ms, stopping)
    const reason = answer.error === 'operation_timeout' ? 'http_timeout' : 'http_error'
    const headers = { 'x-slack-retry-num': String(index + 1), 'x-slack-retry-reason': reason }
    answer = await deliver(wire, { ...delivery, headers })
  }
}

function rest(ms: number, stopping: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    stopping.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
