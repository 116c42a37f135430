/**
 * What the tills have sold: their counters, as they stood at each look.
 *
 * Invariant: numbers that a till told itself, with the moment in the town's time. Older ones than
 * anybody compares are forgotten.
 */

/** Counters by name. */
export type Counters = ReadonlyMap<string, number>

interface Look {
  readonly at: number
  readonly counters: Counters
}

export interface Parted {
  /** The counter above the line, and the one below it. */
  readonly of: readonly [string, string]
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly windowMs: number
}

export interface Sales {
  readonly note: (release: string, look: Look) => void
  /**
   * By how much the one counter grew for each that the other did, within so long before a moment.
   * NaN: the other did not grow; null: there were not two looks.
   */
  readonly part: (release: string, asked: Parted) => number | null
}

const KEPT_MS = 15 * 60_000

export function createSales(): Sales {
  const looks = new Map<string, readonly Look[]>()
  return {
    note: (release, look) => {
      for (const [one, its] of looks) {
        const kept = its.filter(({ at }) => at > look.at - KEPT_MS)
        if (kept.length > 0) looks.set(one, kept)
        else looks.delete(one)
      }
      looks.set(release, [...(looks.get(release) ?? []), look])
    },
    part: (release, { of: [above, below], at, windowMs }) => {
      const its = (looks.get(release) ?? []).filter((one) => one.at > at - windowMs && one.at <= at)
      return its.length < 2 ? null : growth(its, above) / growth(its, below)
    },
  }
}

/** A counter that has fallen began again at nothing, with its process. */
function growth(looks: readonly Look[], name: string): number {
  const values = looks.map(({ counters }) => counters.get(name) ?? 0)
  return values.reduce((sum, value, index) => {
    const before = values[index - 1]
    return before === undefined ? 0 : sum + (value < before ? value : value - before)
  }, 0)
}
