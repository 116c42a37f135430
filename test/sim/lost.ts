/**
 * The world's silence, as whoever called it sees it.
 *
 * Invariant: it says nothing about whether the call took effect.
 */
/** No `Error`: thousands are thrown in a history, and nobody reads where. */
export class Lost {
  readonly why: string
  /** Of a limit: how long to wait; null: nobody said. */
  readonly afterMs: number | null

  constructor(why: string, afterMs: number | null = null) {
    this.why = why
    this.afterMs = afterMs
  }
}
