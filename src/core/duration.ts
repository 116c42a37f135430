/**
 * Durations as people write them: `90s`, `20m`, `1h30m`, `2d`.
 *
 * Invariant: what is written by `durationText` reads back as the same number of milliseconds.
 */

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const

const SHAPE = /^(?=\d)(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?$/

/** Longer is a slip of the pen, and would overflow what timers and the database can hold. */
const LONGEST_MS = 366 * 86_400_000

/** Milliseconds of a duration; undefined if it is none, or longer than a year. */
export function parseDuration(text: string): number | undefined {
  const match = SHAPE.exec(text)
  if (match === null) return undefined
  const ms = UNITS.reduce((sum, [, unit], index) => sum + Number(match[index + 1] ?? 0) * unit, 0)
  return ms <= LONGEST_MS ? ms : undefined
}

/** The shortest way to write a duration, to the second. */
export function durationText(ms: number): string {
  let rest = ms
  const parts = UNITS.map(([letter, unit]) => {
    const count = Math.floor(rest / unit)
    rest -= count * unit
    return count === 0 ? '' : `${count}${letter}`
  })
  return parts.join('') || '0s'
}
