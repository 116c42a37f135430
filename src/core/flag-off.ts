/**
 * A flag as the line knows it.
 *
 * Invariant: what somebody asked for and what came of it; whether it is really off, only its own
 * system knows.
 */

/** A flag that somebody turned off in an environment, or tried to. */
export interface FlagOff {
  readonly flag: string
  readonly by: string
  /** When it was asked for. */
  readonly since: number
  readonly status: 'requested' | 'done' | 'failed'
  /** What came of it, in a few words; null: nobody knows yet. */
  readonly says: string | null
}
