/**
 * What the parts of the wire share: the store, the tickets of interactions, and where all is.
 *
 * Invariant: a trigger opens one view within 3 seconds, and a response address answers 5 times
 * within 30 minutes, as in Slack.
 */
import { randomBytes } from 'node:crypto'
import type { Store } from '../store.ts'

export interface Respondable {
  readonly channel: string
  readonly user: string
  /** The message the interaction came from; null: a slash command. */
  readonly ts: string | null
  readonly thread: string | null
}

export interface Wire {
  readonly store: Store
  /** Base address of this server, once it listens. */
  readonly url: () => string
  readonly now: () => number
  readonly newTrigger: (user: string) => string
  /** Whose trigger it was; or Slack's error. */
  readonly useTrigger: (trigger: string) => { readonly user: string } | { readonly error: string }
  readonly newResponseUrl: (of: Respondable) => string
  readonly useResponse: (token: string) => { readonly of: Respondable } | { readonly error: string }
}

const TRIGGER_MS = 3_000
const RESPONSE_MS = 30 * 60_000
const RESPONSE_USES = 5
/** Forgotten beyond this: they are over long before. */
const TICKETS_MAX = 1_000

export function createWire(store: Store, url: () => string, now = Date.now): Wire {
  const triggers = new Map<string, { user: string; until: number; used: boolean }>()
  const responses = new Map<string, { of: Respondable; until: number; left: number }>()
  const trim = (map: Map<string, unknown>): void => {
    for (const key of map.keys()) {
      if (map.size <= TICKETS_MAX) return
      map.delete(key)
    }
  }
  return {
    store,
    url,
    now,
    newTrigger: (user) => {
      const trigger = `${now()}.${randomBytes(8).toString('hex')}`
      triggers.set(trigger, { user, until: now() + TRIGGER_MS, used: false })
      trim(triggers)
      return trigger
    },
    useTrigger: (trigger) => {
      const found = triggers.get(trigger)
      if (found === undefined) return { error: 'invalid_trigger_id' }
      if (found.used) return { error: 'exchanged_trigger_id' }
      if (found.until < now()) return { error: 'expired_trigger_id' }
      found.used = true
      return { user: found.user }
    },
    newResponseUrl: (of) => {
      const token = randomBytes(16).toString('hex')
      responses.set(token, { of, until: now() + RESPONSE_MS, left: RESPONSE_USES })
      trim(responses)
      return `${url()}/playground/slack/response/${token}`
    },
    useResponse: (token) => {
      const found = responses.get(token)
      if (found === undefined || found.until < now()) return { error: 'expired_url' }
      if (found.left === 0) return { error: 'used_url' }
      found.left -= 1
      return { of: found.of }
    },
  }
}
