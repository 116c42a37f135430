/**
 * Windows: when an environment takes trains, by the calendar and the clock of a time zone.
 *
 * Invariant: deny beats allow, and where the clock is changed the safer reading counts: what is
 * allowed starts at the later and ends at the earlier one, what is denied the other way round. A
 * time that is skipped is the moment of the jump over it.
 */
import { offsetAt, readingsOf } from './clock-times.ts'
import type { WindowRule, WindowsPolicy } from './policy.ts'
import { merged, type Stretch, without } from './stretches.ts'

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

type Rules = Pick<WindowsPolicy, 'allow' | 'deny' | 'timeZone'>

/** How it stands now: since when and until when; null: further away than is looked. */
export interface Standing {
  readonly isOpen: boolean
  readonly since: number | null
  readonly until: number | null
}

/** How far is looked to both sides, in days: further only where nearer tells nothing. */
const REACHES = [2, 9, 40] as const

/** How far ahead an opening is looked for: until the calendar repeats itself, with its 29 February. */
const FAR_REACHES = [400, 1_500, 10_300] as const

/** Whether the windows are open now, since when and until when. */
export function standing(windows: Rules, now: number): Standing {
  let seen = standingWithin(windows, now, REACHES[0])
  for (const reach of REACHES.slice(1)) {
    if (seen.since !== null && seen.until !== null) return seen
    seen = standingWithin(windows, now, reach)
  }
  for (const reach of FAR_REACHES) {
    if (seen.isOpen || seen.until !== null) return seen
    // Whoever names no day closes for years on purpose.
    if (reach > 1_500 && windows.allow.length === 0) return seen
    seen = { ...seen, until: standingWithin(windows, now, reach, 1).until }
  }
  return seen
}

/** Whether they open at all on some day, be it past. */
export function opensEver({ allow, deny }: Pick<WindowsPolicy, 'allow' | 'deny'>): boolean {
  const windows = { allow, deny, timeZone: 'UTC' }
  const from = Math.floor(Date.UTC(2025, 0, 1) / DAY_MS)
  const soon = [40, ...FAR_REACHES].some(
    (days) => openings(windows, { from, to: from + days }).length > 0,
  )
  if (soon) return true
  return allow.some(({ days }) => {
    if (days.is !== 'dates' && days.is !== 'holidays') return false
    const dates = days.is === 'dates' ? [days.from, days.to] : days.dates
    const [first = from, ...rest] = dates.map(dayOf)
    return openings(windows, { from: first, to: rest.at(-1) ?? first }).length > 0
  })
}

/** `reach`: how many days ahead, and, if they are not given, as many back. */
function standingWithin(windows: Rules, now: number, reach: number, back = reach): Standing {
  const today = Math.floor((now + offsetAt(now, windows.timeZone)) / DAY_MS)
  const days = { from: today - back, to: today + reach }
  const edge = edgesOf(days, windows.timeZone)
  const open = openings(windows, days)
  const here = open.find(({ from, to }) => from <= now && now < to)
  if (here !== undefined) {
    return {
      isOpen: true,
      since: here.from > edge.from ? here.from : null,
      until: here.to < edge.to ? here.to : null,
    }
  }
  return {
    isOpen: false,
    since: open.findLast(({ to }) => to <= now)?.to ?? null,
    until: open.find(({ from }) => from > now)?.from ?? null,
  }
}

/** Days counted since 1970, both included. */
interface Days {
  readonly from: number
  readonly to: number
}

const edgesOf = ({ from, to }: Days, timeZone: string): Stretch => ({
  from: readingsOf(from * DAY_MS, timeZone).first,
  to: readingsOf((to + 1) * DAY_MS, timeZone).last,
})

/** The stretches in which trains are taken, in order, none touching another. */
function openings(windows: Rules, days: Days): readonly Stretch[] {
  const { allow, deny, timeZone } = windows
  const edge = edgesOf(days, timeZone)
  const allowed =
    allow.length === 0
      ? [edge]
      : merged(
          allow.flatMap((rule) => stretches(rule, days, { timeZone, isAllow: true, near: null })),
        )
  // Where nothing is allowed nobody asks what is denied: readings of the clock are dear.
  const near = allow.length === 0 ? null : daysAround(allowed)
  const denied = merged(
    deny.flatMap((rule) => stretches(rule, days, { timeZone, isAllow: false, near })),
  )
  const left = without(allowed, denied)
  return left.flatMap(({ from, to }) => {
    const cut = { from: Math.max(from, edge.from), to: Math.min(to, edge.to) }
    return cut.from < cut.to ? [cut] : []
  })
}

/** The days on which a rule may begin that meets one of these: no zone is a day from UTC. */
function daysAround(all: readonly Stretch[]): ReadonlySet<number> {
  const days = new Set<number>()
  for (const { from, to } of all) {
    const last = Math.ceil(to / DAY_MS) + 1
    for (let day = Math.floor(from / DAY_MS) - 3; day <= last; day += 1) days.add(day)
  }
  return days
}

/** When a rule holds; what begins on the day before may reach into the first one. */
function stretches(
  { days, fromMinute, toMinute }: WindowRule,
  { from, to }: Days,
  {
    timeZone,
    isAllow,
    near,
  }: {
    readonly timeZone: string
    readonly isAllow: boolean
    /** No other day matters; null: every one does. */
    readonly near: ReadonlySet<number> | null
  },
): readonly Stretch[] {
  const holds = matcher(days)
  const overnight = toMinute <= fromMinute ? 1 : 0
  const found: Stretch[] = []
  for (let day = from - 1; day <= to; day += 1) {
    if (near?.has(day) === false || !holds(day)) continue
    const start = readingsOf(day * DAY_MS + fromMinute * MINUTE_MS, timeZone)
    const end = readingsOf((day + overnight) * DAY_MS + toMinute * MINUTE_MS, timeZone)
    const one = isAllow ? { from: start.last, to: end.first } : { from: start.first, to: end.last }
    if (one.from < one.to) found.push(one)
  }
  return found
}

/** The day of a date such as `2026-12-24`. */
const dayOf = (date: string): number => Math.floor(Date.parse(date) / DAY_MS)

const dateOf = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10)

/** 1970 began on a Thursday. */
const weekdayOf = (day: number): number => (((day + 4) % 7) + 7) % 7

function matcher(days: WindowRule['days']): (day: number) => boolean {
  switch (days.is) {
    case 'week':
      return (day) => days.days.includes(weekdayOf(day))
    case 'dates': {
      const [from, to] = [dayOf(days.from), dayOf(days.to)]
      return (day) => from <= day && day <= to
    }
    case 'yearly': {
      const { from, to } = days
      return (day) => {
        const date = dateOf(day).slice(5)
        return from <= to ? from <= date && date <= to : from <= date || date <= to
      }
    }
    case 'holidays': {
      const dates = new Set(days.dates.map(dayOf))
      return (day) => dates.has(day)
    }
  }
}
