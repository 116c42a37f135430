/**
 * An invariant that does not hold, by the number it has in the design.
 *
 * Invariant: thrown where it is seen, and caught by whoever runs the history alone.
 */
export class Broken extends Error {
  /** Of architecture.md section 6 (`6.n`) or reliability.md section 4 (`I-n`). */
  readonly invariant: string

  constructor(invariant: string, what: string) {
    super(what)
    this.invariant = invariant
  }
}

/** Throws unless it holds; the words are made only then. */
export function must(holds: boolean, invariant: string, what: () => string): void {
  if (!holds) throw new Broken(invariant, what())
}
