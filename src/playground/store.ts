/**
 * What the stand-ins for Slack and GitHub know, kept in one file.
 *
 * Invariant: the file is replaced whole, so it is never half-written; who listens is told after
 * every change.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Book, freshBook } from './github/book.ts'
import type { Merged, Message, View } from './page/shape.ts'

export interface State {
  readonly botToken: string
  readonly signingSecret: string
  lastTs: number
  messages: readonly Message[]
  /** The stack of open modals of each person, the topmost last. */
  modals: Readonly<Record<string, readonly View[]>>
  homes: Readonly<Record<string, View>>
  /** The newest message each person has seen, by `user channel`. */
  read: Readonly<Record<string, string>>
  isSlackDown: boolean
  isGithubDown: boolean
  /** Whether GitHub's webhooks get lost while the rest of it is up. */
  areWebhooksLost: boolean
  readonly github: Book
  merged: readonly Merged[]
}

export interface Store {
  readonly state: State
  /** A name for a new message: later than every one before. */
  readonly nextTs: () => string
  /** To be called after every change. */
  readonly changed: () => void
  readonly onChange: (listener: () => void) => () => void
  readonly flush: () => void
}

/** Older messages are forgotten. */
const MESSAGES_MAX = 2_000
const SAVE_AFTER_MS = 200

const secret = (bytes: number): string => randomBytes(bytes).toString('hex')

const fresh = (): State => ({
  botToken: `xoxb-${secret(24)}`,
  signingSecret: secret(16),
  lastTs: 0,
  messages: [],
  modals: {},
  homes: {},
  read: {},
  isSlackDown: false,
  isGithubDown: false,
  areWebhooksLost: false,
  github: freshBook(),
  merged: [],
})

/** What an earlier version did not know begins empty. */
function kept(text: string): State {
  const found: State = JSON.parse(text)
  const begun = fresh()
  return { ...begun, ...found, github: { ...begun.github, ...found.github } }
}

/** Opens the file at `path`, or begins anew. */
export function openStore(path: string, now: () => number = Date.now): Store {
  const state: State = existsSync(path) ? kept(readFileSync(path, 'utf8')) : fresh()
  const listeners = new Set<() => void>()
  let saving: NodeJS.Timeout | null = null
  const flush = (): void => {
    if (saving !== null) clearTimeout(saving)
    saving = null
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(`${path}.new`, JSON.stringify(state), { mode: 0o600 })
    renameSync(`${path}.new`, path)
  }
  flush()
  return {
    state,
    nextTs: () => {
      state.lastTs = Math.max(now() * 1_000, state.lastTs + 1)
      const micros = String(state.lastTs)
      return `${micros.slice(0, -6)}.${micros.slice(-6)}`
    },
    changed: () => {
      state.messages = state.messages.slice(-MESSAGES_MAX)
      saving ??= setTimeout(flush, SAVE_AFTER_MS)
      for (const listener of listeners) listener()
    },
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    flush,
  }
}
