/**
 * What an increment says last, heard out of all of its output.
 *
 * Invariant: bounded. What it returns begins with the mark, so a server of any version reads it as a
 * word; where the word may have been lost, or stood inside a line, it is one that nobody can read.
 */
import { isWord, MARK } from '../core/migration-progress.ts'
import { lastLines } from './plain.ts'

export interface Listener {
  /** Takes a piece of the redacted output. */
  readonly hear: (piece: string) => void
  /** Output was lost here, and perhaps a word with it. */
  readonly gap: () => void
  /** The last marked line; null: none. */
  readonly lastWord: () => string | null
}

/** Of a line longer than twice this the middle is not kept. */
const KEPT_CHARACTERS = 1_024

const LOST = `${MARK} so much was written at once that its last word may be missing`

export function createListener(): Listener {
  let line = ''
  let word: string | null = null
  const add = (text: string): void => {
    line += text
    if (line.length > 4 * KEPT_CHARACTERS) {
      line = line.slice(0, KEPT_CHARACTERS) + line.slice(-KEPT_CHARACTERS)
    }
  }
  const over = (): void => {
    word = wordIn(line) ?? word
    line = ''
  }
  return {
    hear: (piece) => {
      const [first = '', ...more] = piece.split(/[\r\n]/)
      add(first)
      for (const next of more) {
        over()
        add(next)
      }
    },
    gap: () => {
      line = ''
      word = LOST
    },
    lastWord: () => wordIn(line) ?? word,
  }
}

function wordIn(line: string): string | null {
  const [plain] = lastLines(line, 1, 5 * KEPT_CHARACTERS)
  if (plain === undefined || !isWord(plain)) return null
  const [shown = ''] = lastLines(line, 1)
  return plain.startsWith(MARK)
    ? shown
    : `${MARK} not at the beginning of its line: ${plain.slice(-200)}`
}

/** The last lines, ended by the word unless it is the last one in them already. */
export const withWord = (
  tail: readonly string[],
  word: string | null,
  count: number,
): readonly string[] =>
  word === null || tail.findLast(isWord) === word ? tail : [...tail.slice(1 - count), word]
