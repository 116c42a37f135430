/**
 * How long the newest succeeded runs of an environment took.
 *
 * Invariant: newest first, at most `RUNS_MAX` in each direction; milliseconds.
 */
export interface Took {
  readonly forward: readonly number[]
  readonly rollback: readonly number[]
}

export const NOTHING_RAN: Took = { forward: [], rollback: [] }

/** So many of the newest runs count for what is usual. */
export const RUNS_MAX = 10
