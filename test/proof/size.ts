/**
 * How much of a proof is run, and where its figures go.
 *
 * Invariant: a figure is written by the test that counted it, after its expectations held; CI's
 * share and the full size differ in number only, never in what is asked.
 */
import { appendFileSync } from 'node:fs'

/** CI's share, or the full size in `npm run proof`; `SIGNALBOX_ROUNDS` asks for another. */
export function size({ ci, full }: { readonly ci: number; readonly full: number }): number {
  const asked = Number(process.env['SIGNALBOX_ROUNDS'] ?? Number.NaN)
  if (Number.isSafeInteger(asked) && asked > 0) return asked
  return process.env['SIGNALBOX_PROOF'] === 'full' ? full : ci
}

/** The same inputs at every push; `SIGNALBOX_SEED` rolls others. */
export const SEED = Number(process.env['SIGNALBOX_SEED'] ?? 1)

/** Hands a figure to whoever collects them, if anybody does. */
export function measured(what: string, figure: string): void {
  const path = process.env['SIGNALBOX_FIGURES']
  if (path !== undefined) appendFileSync(path, `${JSON.stringify({ what, figure })}\n`)
}

export type Random = () => number

/** Mulberry32: a seed gives one sequence, on every machine. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A whole number below `end`. */
export const below = (random: Random, end: number): number => Math.floor(random() * end)

export function pick<T>(random: Random, from: readonly [T, ...T[]]): T {
  return from[below(random, from.length)] ?? from[0]
}

export function shuffled<T>(random: Random, from: readonly T[]): readonly T[] {
  const order = from.map((one) => [random(), one] as const)
  return order.sort(([a], [b]) => a - b).map(([, one]) => one)
}
