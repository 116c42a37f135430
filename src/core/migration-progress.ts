/**
 * What the command of a migration says of itself, read from the last lines of its log.
 *
 * Invariant: bounded, and nothing that cannot be read counts as done. A cursor holds nothing but
 * visible ASCII, so it is one word wherever it is shown or handed on.
 */
import type { Progress } from './migration.ts'

export type Said =
  | { readonly is: 'more'; readonly progress: Progress }
  | { readonly is: 'done' }
  | { readonly is: 'unreadable'; readonly line: string }

const MARK = 'signalbox:'

const MORE = /^(\d{1,15})(?:\/(\d{1,15}))?(?: ([\x21-\x7e]{1,200}))?$/

const SHOWN_MAX = 120

/** The last word of an increment: `signalbox: 1200/50000 CURSOR`, `signalbox: done`, or none. */
export function saidIn(tail: readonly string[]): Said {
  const line = tail.findLast((one) => one.startsWith(MARK))
  if (line === undefined) return { is: 'done' }
  const said = line.slice(MARK.length).trim()
  if (said === 'done') return { is: 'done' }
  const [, done, of, cursor] = MORE.exec(said) ?? []
  if (done === undefined) return { is: 'unreadable', line: line.slice(0, SHOWN_MAX) }
  const all = of === undefined ? null : Number(of)
  return { is: 'more', progress: { done: Number(done), of: all, cursor: cursor ?? '' } }
}
