/**
 * What went wrong at Slack, and what that means for trying again.
 *
 * Invariant: only `lost` leaves in doubt whether the call took effect.
 */

export type FaultKind =
  /** Slack asks us to wait; nothing was done. */
  | 'limited'
  /** Slack says no to this call, and will say so again. */
  | 'refused'
  /** Slack says no to us; a person can mend the app or its place in the channel. */
  | 'shut'
  /** The message is no longer there, or may no longer be changed. */
  | 'gone'
  /** Slack does not take these blocks. */
  | 'blocks'
  /** No answer, or an answer that says nothing. */
  | 'lost'

export class SlackFault extends Error {
  readonly kind: FaultKind
  /** Slack's word for it. */
  readonly code: string
  /** Of `limited`: how long to wait. */
  readonly retryAfterMs: number

  constructor(
    kind: FaultKind,
    code: string,
    { retryAfterMs = 0, cause }: { readonly retryAfterMs?: number; readonly cause?: unknown } = {},
  ) {
    super(`Slack: ${code}`, { cause })
    this.name = 'SlackFault'
    this.kind = kind
    this.code = code
    this.retryAfterMs = retryAfterMs
  }
}

const KINDS: Readonly<Record<string, FaultKind>> = {
  ratelimited: 'limited',
  rate_limited: 'limited',
  message_not_found: 'gone',
  cant_update_message: 'gone',
  edit_window_closed: 'gone',
  thread_not_found: 'gone',
  invalid_blocks: 'blocks',
  invalid_blocks_format: 'blocks',
  msg_blocks_too_long: 'blocks',
  invalid_auth: 'shut',
  not_authed: 'shut',
  account_inactive: 'shut',
  token_revoked: 'shut',
  token_expired: 'shut',
  missing_scope: 'shut',
  not_in_channel: 'shut',
  team_access_not_granted: 'shut',
  internal_error: 'lost',
  fatal_error: 'lost',
  service_unavailable: 'lost',
  request_timeout: 'lost',
}

/** The kind behind an `error` of Slack's answer; what is not listed is a no. */
export const kindOf = (code: string): FaultKind => KINDS[code] ?? 'refused'
