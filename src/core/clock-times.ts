/**
 * Times of day in a time zone: when a clock on the wall shows one of them next.
 *
 * Invariant: pure; the moment is given. A time that the change to summer time skips comes later by
 * the hour that is skipped; one that comes twice counts the first time.
 */

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

const clocks = new Map<string, Intl.DateTimeFormat>()

function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone)
  if (known !== undefined) return known
  const fields = { year: 'numeric', month: 'numeric', day: 'numeric' } as const
  const time = { hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23' } as const
  const made = new Intl.DateTimeFormat('en-US', { timeZone, ...fields, ...time })
  clocks.set(timeZone, made)
  return made
}

/** How far the zone's clock is ahead of UTC at a moment, to the second; in milliseconds. */
export function offsetAt(moment: number, timeZone: string): number {
  if (timeZone === 'UTC') return 0
  const parts = clockOf(timeZone).formatToParts(moment)
  const read = (type: Intl.DateTimeFormatPartTypes): number =>
    Number(parts.find((part) => part.type === type)?.value)
  const shown = Date.UTC(
    read('year'),
    read('month') - 1,
    read('day'),
    read('hour'),
    read('minute'),
    read('second'),
  )
  return shown - Math.floor(moment / 1_000) * 1_000
}

/** The moment at which the zone's clock shows `wall`, which is written as if it were UTC. */
function momentOf(wall: number, timeZone: string): number {
  const before = wall - offsetAt(wall - DAY_MS, timeZone)
  const after = wall - offsetAt(wall + DAY_MS, timeZone)
  const shows = (moment: number): boolean => moment + offsetAt(moment, timeZone) === wall
  const [first] = [before, after].filter(shows).sort((a, b) => a - b)
  return first ?? before
}

interface Readings {
  readonly first: number
  readonly last: number
}

/** A clock is asked slowly, and the same days are asked for by every gate. */
const read = new Map<string, Readings>()
const READ_MAX = 20_000

/**
 * Between which moments the zone's clock shows `wall`, which is written as if it were UTC: nearly
 * always one; two in autumn, when it comes twice; in spring the moment of the jump over it.
 */
export function readingsOf(wall: number, timeZone: string): Readings {
  const key = `${timeZone} ${wall}`
  const known = read.get(key)
  if (known !== undefined) return known
  const found = findReadings(wall, timeZone)
  if (read.size >= READ_MAX) read.clear()
  read.set(key, found)
  return found
}

function findReadings(wall: number, timeZone: string): Readings {
  const before = wall - offsetAt(wall - DAY_MS, timeZone)
  const after = wall - offsetAt(wall + DAY_MS, timeZone)
  if (before === after) return { first: before, last: before }
  const shows = (moment: number): boolean => moment + offsetAt(moment, timeZone) === wall
  const shown = [before, after].filter(shows)
  if (shown.length > 0) return { first: Math.min(...shown), last: Math.max(...shown) }
  const jump = jumpBetween(Math.min(before, after), Math.max(before, after), timeZone)
  return { first: jump, last: jump }
}

/** The first moment after `from` whose clock is set as it is at `to`. */
function jumpBetween(from: number, to: number, timeZone: string): number {
  const set = offsetAt(to, timeZone)
  let [earlier, later] = [from, to]
  while (later - earlier > 1) {
    const middle = Math.floor((earlier + later) / 2)
    if (offsetAt(middle, timeZone) === set) later = middle
    else earlier = middle
  }
  return later
}

/** The first moment after `from` at which the clock shows one of `minutes` since midnight. */
export function nextClockTime(
  from: number,
  minutes: readonly number[],
  timeZone: string,
): number | null {
  const wall = from + offsetAt(from, timeZone)
  const midnight = Math.floor(wall / DAY_MS) * DAY_MS
  // Yesterday's skipped time and tomorrow's first one may be the next.
  const moments = [-1, 0, 1, 2].flatMap((day) =>
    minutes.map((minute) => momentOf(midnight + day * DAY_MS + minute * MINUTE_MS, timeZone)),
  )
  const later = moments.filter((moment) => moment > from)
  return later.length === 0 ? null : Math.min(...later)
}
