/**
 * Many histories, one after another, and what they did.
 *
 * Invariant: memory does not grow with their number; the fault rate goes through 0 to 50 %.
 */
import { drawHistory, type History } from './history.ts'
import { type Failure, play } from './play.ts'

export interface Failed {
  readonly history: History
  readonly failure: Failure
}

export interface Ran {
  readonly histories: number
  readonly counts: Map<string, number>
  readonly failed: readonly Failed[]
}

/** How often things go wrong in a history: 0 to 50 %. */
export const rateOf = (seed: number): number => (seed % 51) / 100

/** After so many failures the rest would say the same. */
const FAILURES_MAX = 3

/** Plays every `step`th history from `from` on, until `count` were played or time is up. */
export function runHistories(of: {
  readonly from: number
  readonly step: number
  readonly count: number
  /** When to stop, by `performance.now()`. */
  readonly until: number
  /** Told now and then how many were played. */
  readonly progress: (histories: number) => void
}): Ran {
  const counts = new Map<string, number>()
  const failed: Failed[] = []
  let histories = 0
  while (histories < of.count && performance.now() < of.until) {
    const seed = of.from + histories * of.step
    const history = drawHistory(seed, rateOf(seed))
    const played = play(history)
    for (const [what, count] of played.counts) counts.set(what, (counts.get(what) ?? 0) + count)
    histories += 1
    if (histories % 100 === 0) of.progress(histories)
    if (played.failure === null) continue
    failed.push({ history, failure: played.failure })
    if (failed.length >= FAILURES_MAX) break
  }
  return { histories, counts, failed }
}
