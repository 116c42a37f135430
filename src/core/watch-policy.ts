/**
 * When the watchdogs of a pipeline bark.
 *
 * Invariant: plain data, whole: every default is already filled in.
 */

/** After how long, in milliseconds, people are told that something has been forgotten; null: never. */
export interface WatchPolicy {
  /** A run that has not begun. */
  readonly notStartedMs: number | null
  /** A run that writes nothing. */
  readonly silentMs: number | null
  /** A run that takes so many times as long as it usually does. */
  readonly slowerTimes: number | null
  /** A check that nobody has reported the end of. */
  readonly checksMs: number | null
  /** A train that nothing but people keeps. */
  readonly waitingMs: number | null
  /** A lock without an end. */
  readonly lockMs: number | null
  /** Changes that wait while nothing is deployed. */
  readonly noDeployMs: number | null
  /** So many failures in a row. */
  readonly failures: number | null
}
