/**
 * Log text as people may safely see it.
 *
 * Invariant: no control sequence survives: a log cannot move a cursor, hide text or make a link.
 */
import { stripVTControlCharacters } from 'node:util'

const LINE_CHARACTERS_MAX = 500

/** Of a character cut in two: no database stores it. */
const HALF = /\p{Surrogate}/gu

/** The last `count` lines that say something, without escape, control and format characters. */
export function lastLines(
  text: string,
  count: number,
  charactersMax = LINE_CHARACTERS_MAX,
): readonly string[] {
  return stripVTControlCharacters(text)
    .split(/\r?\n|\r/)
    .map((line) => line.replaceAll('\t', '  ').replace(/\p{Cc}|\p{Cf}/gu, ''))
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .map((line) => line.slice(0, charactersMax).replace(HALF, ''))
}
