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
  | { readonly is: 'silent' }
  /** `why`: a sentence. */
  | { readonly is: 'unreadable'; readonly why: string }

/** A line that begins with it is a word. */
export const MARK = 'signalbox:'

const MORE = /^(\d{1,15})(?:\/(\d{1,15}))?(?: ([\x21-\x7e]{1,200}))?$/

/** What ends like a word and is none: other text came before it, or its mark was masked. */
const LIKE = /(?:signalbox|^\*\*\*): *(?:done|\d+(?:\/\d+)?(?: +\S+)?)\s*$/

/** What stands in a log where a secret was. */
const MASK = '***'

const SHOWN_MAX = 120

/** Whether a line says how far it is, or would if it were well written. */
export const isWord = (line: string): boolean => line.startsWith(MARK) || LIKE.test(line)

/** The last word of an increment: `signalbox: 1200/50000 CURSOR`, `signalbox: done`, or none. */
export function saidIn(tail: readonly string[]): Said {
  const line = tail.findLast(isWord)
  if (line === undefined) return { is: 'silent' }
  const shown = line.length > SHOWN_MAX ? `${line.slice(0, SHOWN_MAX)}…` : line
  if (line.includes(MASK)) {
    const why = `something in its last word was masked, for it holds a secret of the agent: ${shown}`
    return { is: 'unreadable', why }
  }
  if (!line.startsWith(MARK)) {
    const why = `its last word is not at the beginning of its line: ${line.slice(-SHOWN_MAX)}`
    return { is: 'unreadable', why }
  }
  const said = line.slice(MARK.length).trim()
  if (said === 'done') return { is: 'done' }
  const [, done, of, cursor] = MORE.exec(said) ?? []
  if (done === undefined) return { is: 'unreadable', why: `its last word cannot be read: ${shown}` }
  const all = of === undefined ? null : Number(of)
  return { is: 'more', progress: { done: Number(done), of: all, cursor: cursor ?? '' } }
}
