/**
 * Public holidays of a country or one of its regions, as dates.
 *
 * Invariant: the same region gives the same dates whenever it is read. The library is large and is
 * loaded only where a file names a region.
 */
import { createRequire } from 'node:module'
import type Calendar from 'date-holidays'
import { didYouMean } from '../core/nearest.ts'

/** A later year is read by a later version; until then nobody's policy changes by itself. */
const YEARS = { first: 2025, last: 2045 } as const

const DAY_MS = 86_400_000

const load = createRequire(import.meta.url)

let loaded: typeof Calendar | undefined

function calendar(): typeof Calendar {
  // Its module is the class itself, and also carries it as `default`.
  loaded ??= load('date-holidays') as typeof Calendar
  return loaded
}

/** A region takes about a quarter of a second, and a file is read again and again. */
const read = new Map<string, Holidays>()

export type Holidays =
  | { readonly ok: true; readonly dates: readonly string[] }
  | { readonly ok: false; readonly message: string }

/**
 * Dates such as `2026-12-25`, of a region such as `DE`, `DE-BE` or `US-CA`, from 2025 to 2045:
 * https://github.com/commenthol/date-holidays. Those that only banks or schools keep do not count.
 */
export function holidaysOf(region: string): Holidays {
  const known = read.get(region)
  if (known !== undefined) return known
  const found = readRegion(region)
  read.set(region, found)
  return found
}

function readRegion(region: string): Holidays {
  const Known = calendar()
  const [country = '', state, part] = region.toUpperCase().split('-')
  const countries = new Known().getCountries()
  if (!(country in countries)) {
    const message = `\`${region}\` is no country with known holidays${didYouMean(country, Object.keys(countries))}`
    return { ok: false, message }
  }
  const states = Object.keys(new Known().getStates(country) ?? {})
  if (state !== undefined && !states.includes(state)) {
    const known = states.length === 0 ? `write \`${country}\`` : `known are ${states.join(', ')}`
    return { ok: false, message: `\`${state}\` is no region of ${country}; ${known}` }
  }
  const parts = state === undefined ? [] : Object.keys(new Known().getRegions(country, state) ?? {})
  if (part !== undefined && !parts.includes(part)) {
    const known =
      parts.length === 0 ? `write \`${country}-${state}\`` : `known are ${parts.join(', ')}`
    return { ok: false, message: `\`${part}\` is no part of ${country}-${state}; ${known}` }
  }
  const own = new Known()
  own.init(country, state ?? '', part ?? '')
  const years = Array.from(
    { length: YEARS.last - YEARS.first + 1 },
    (_, index) => YEARS.first + index,
  )
  const dates = years.flatMap((year) =>
    own
      .getHolidays(year)
      .filter(({ type }) => type === 'public')
      .flatMap(({ date, start, end }) => daysOf(date, end.getTime() - start.getTime())),
  )
  return { ok: true, dates: [...new Set(dates)].sort() }
}

/** The day a holiday begins on, and those after it that it covers. */
function daysOf(date: string, ms: number): readonly string[] {
  const first = Date.parse(date.slice(0, 10))
  const count = Math.max(1, Math.round(ms / DAY_MS))
  return Array.from({ length: count }, (_, index) =>
    new Date(first + index * DAY_MS).toISOString().slice(0, 10),
  )
}
