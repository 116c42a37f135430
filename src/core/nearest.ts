/**
 * What somebody probably meant: the known word nearest to a mistyped one.
 *
 * Invariant: only ever suggested, never acted upon.
 */

/** How many letters to insert, delete or replace to make one word of the other. */
export function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, column) => column)
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1]
    for (let column = 1; column <= other.length; column++) {
      const replaced = (row[column - 1] ?? 0) + (other[column - 1] === letter ? 0 : 1)
      const removed = (row[column] ?? 0) + 1
      const inserted = (next[column - 1] ?? 0) + 1
      next.push(Math.min(replaced, removed, inserted))
    }
    row = next
  }
  return row[other.length] ?? 0
}

/** The nearest known word; undefined where none is near enough to be meant. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  const within = Math.max(1, Math.floor(word.length / 2.5))
  const ranked = [...known]
    .map((candidate) => ({
      candidate,
      away: distance(word.toLowerCase(), candidate.toLowerCase()),
    }))
    .filter(({ away }) => away <= within)
    .sort((a, b) => a.away - b.away)
  return ranked[0]?.candidate
}

/** `; did you mean …?` to end a message with, or nothing. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const suggestion = nearest(word, known)
  return suggestion === undefined ? '' : `; did you mean \`${suggestion}\`?`
}
