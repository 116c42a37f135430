/**
 * What people wrote, on a terminal.
 *
 * Invariant: one line, and nothing in it moves the cursor, colours, links or hides what follows.
 */
import { stripVTControlCharacters } from 'node:util'

/** A line without control, direction and zero-width characters; a joiner stays, for emoji. */
export const visible = (line: string): string =>
  stripVTControlCharacters(line)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/(?!\u200d)\p{Cf}/gu, '')
