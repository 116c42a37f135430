/**
 * A failing history made small: acts left out, faults left out, pauses shortened, while the same
 * invariant breaks.
 *
 * Invariant: what it answers fails in the same way as what it was given; at most `tries` plays.
 */
import { FAULTS } from './faults.ts'
import type { Act, History } from './history.ts'
import { play } from './play.ts'

export function shrink(history: History, invariant: string, tries = 600): History {
  let left = tries
  const fails = (one: History): boolean => {
    left -= 1
    return left >= 0 && play(one).failure?.invariant === invariant
  }
  let best = history
  const keep = (one: History): boolean => {
    if (!fails(one)) return false
    best = one
    return true
  }
  keep({ ...best, rate: 0 })
  for (const kind of FAULTS) keep({ ...best, without: [...best.without, kind] })
  for (let size = Math.ceil(best.acts.length / 2); size >= 1 && left > 0; ) {
    let removed = false
    for (let from = 0; from < best.acts.length && left > 0; ) {
      const acts = [...best.acts.slice(0, from), ...best.acts.slice(from + size)]
      if (keep({ ...best, acts })) removed = true
      else from += size
    }
    if (size === 1 && !removed) break
    size = size === 1 ? 1 : Math.ceil(size / 2)
  }
  return best
}

/** An act as a person reads it. */
export const told = ({ act, after, n, m }: Act): string => `+${after} ms ${act} n=${n} m=${m}`
