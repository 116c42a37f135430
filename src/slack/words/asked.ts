/**
 * What a slash command asks for, or why it cannot be told.
 *
 * Invariant: a misread does nothing; its suggestion is only shown.
 */
import type { Command } from '../../core/command.ts'

/** What is known where the command was typed. */
export interface Known {
  readonly pipelines: ReadonlyMap<string, { readonly environments: readonly string[] }>
  /** The one pipeline of this channel; null: none, or several. */
  readonly here: string | null
}

export type Asked =
  | { readonly do: 'board' }
  | { readonly do: 'help' }
  | { readonly do: 'status' | 'why' | 'history' | 'log'; readonly pipeline: string | null }
  | {
      readonly do: 'preview_rollback'
      readonly pipeline: string
      readonly environment: string | null
      readonly to: string | null
      readonly reason: string | null
    }
  | { readonly do: 'migrations'; readonly pipeline: string; readonly change: string | null }
  | { readonly do: 'locks' }
  /** A lock's `id` is empty: whoever performs the command gives it one. */
  | { readonly do: 'command'; readonly pipeline: string; readonly command: Command }
  /** The same for every pipeline there is. */
  | { readonly do: 'lock_all'; readonly reason: string; readonly forMs: number | null }
  | { readonly do: 'unlock_all' }
  /** Null: says who somebody is. */
  | { readonly do: 'link'; readonly login: string | null }
  | { readonly do: 'token' }
  | {
      readonly do: 'special'
      readonly pipeline: string
      readonly ref: string
      readonly environment: string | null
    }

export interface Misread {
  readonly do: 'misread'
  /** Plain text, with what was typed in it as it was: to be escaped when shown. */
  readonly message: string
  readonly suggestion: string | null
}

export const misread = (message: string, suggestion: string | null = null): Misread => ({
  do: 'misread',
  message,
  suggestion,
})
