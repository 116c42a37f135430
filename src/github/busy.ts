/**
 * GitHub asks to be left alone for a while.
 *
 * Invariant: no fault of the request: it is repeated later, and does not count as an attempt.
 */
export class GithubBusy extends Error {
  override readonly name = 'GithubBusy'
  /** Milliseconds since the epoch. */
  readonly until: number

  constructor(until: number) {
    super(`GitHub asks to wait until ${new Date(until).toISOString()}`)
    this.until = until
  }

  /** How long from now, at least a second. */
  forMs(): number {
    return Math.max(1_000, this.until - Date.now())
  }
}
