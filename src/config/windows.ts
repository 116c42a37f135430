/**
 * `windows` of an environment: rules such as `Mon-Fri 09:00-16:00`, as people write them.
 *
 * Invariant: a rule is understood whole or refused with the word that is wrong; windows that never
 * open are refused.
 */
import { z } from 'zod'
import { didYouMean } from '../core/nearest.ts'
import type { WindowDays, WindowRule, WindowsPolicy } from '../core/policy.ts'
import { opensEver } from '../core/windows.ts'
import { keyed, listOf, namesOf, text, timeZone } from './fields.ts'
import { holidaysOf } from './holidays.ts'
import { type KnownNames, wrongApprover } from './names.ts'

const WEEK = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const

const DAY_MINUTES = 1_440

const EXAMPLES =
  'a rule such as `Mon-Fri 09:00-16:00`, `Sat,Sun`, `22:00-06:00`, `2026-12-24..2027-01-02`, `12-24..12-26` or `holidays DE-BE`'

/** A value, or what is wrong with what is written. */
type Read<T> =
  | { readonly ok: true; readonly it: T }
  | { readonly ok: false; readonly message: string }

const wrong = (message: string): { readonly ok: false; readonly message: string } => ({
  ok: false,
  message,
})

/** Reads one rule: days, then times, either of which may be left out. */
export function readRule(written: string): Read<WindowRule> {
  const words = written.trim().split(/\s+/)
  const times = words.filter((word) => word.includes(':'))
  const named = words.filter((word) => !word.includes(':'))
  if (words[0] === '' || times.length > 1) return wrong(`must be ${EXAMPLES}`)
  const [time = null] = times
  if (time !== null && words.at(-1) !== time) return wrong(`\`${time}\` must stand last`)
  const between = readTimes(time)
  if (!between.ok) return between
  const days = readDays(named)
  if (!days.ok) return days
  return { ok: true, it: { text: words.join(' '), days: days.it, ...between.it } }
}

function readTimes(time: string | null): Read<Pick<WindowRule, 'fromMinute' | 'toMinute'>> {
  if (time === null) return { ok: true, it: { fromMinute: 0, toMinute: DAY_MINUTES } }
  const clocks = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(time)
  const [, fromHour, fromPart, toHour, toPart] = clocks?.map(Number) ?? []
  const minutes = (hour = 99, part = 99): number => (part > 59 ? 9_999 : hour * 60 + part)
  const fromMinute = minutes(fromHour, fromPart)
  const toMinute = minutes(toHour, toPart)
  if (fromMinute >= DAY_MINUTES || toMinute > DAY_MINUTES) {
    return wrong(`\`${time}\` must be two times of day, such as \`09:00-16:00\` or \`18:00-24:00\``)
  }
  return fromMinute === toMinute
    ? wrong(`\`${time}\` ends when it begins; leave it out for the whole day`)
    : { ok: true, it: { fromMinute, toMinute } }
}

function readDays(words: readonly string[]): Read<WindowDays> {
  const [first, ...rest] = words
  if (first === undefined) return { ok: true, it: { is: 'week', days: [0, 1, 2, 3, 4, 5, 6] } }
  if (first.toLowerCase() === 'holidays') return readHolidays(rest)
  if (rest.length > 0) return wrong(`\`${rest.join(' ')}\` is too much; it must be ${EXAMPLES}`)
  return /^\d/.test(first) ? readDates(first) : readWeek(first)
}

function readHolidays([region, ...more]: readonly string[]): Read<WindowDays> {
  if (region === undefined || more.length > 0) {
    return wrong('must name one country or region, such as `holidays DE` or `holidays US-CA`')
  }
  const found = holidaysOf(region)
  return found.ok ? { ok: true, it: { is: 'holidays', dates: found.dates } } : wrong(found.message)
}

function readDates(written: string): Read<WindowDays> {
  const [from = '', to = from, ...more] = written.split('..')
  const shape = /^\d{4}-\d\d-\d\d$/
  const isDated = shape.test(from) && shape.test(to)
  const isYearly = /^\d\d-\d\d$/.test(from) && /^\d\d-\d\d$/.test(to)
  if (more.length > 0 || (!isDated && !isYearly)) {
    return wrong(
      `\`${written}\` must be a date such as \`2026-12-24\`, every year \`12-24\`, or two of them with \`..\` between`,
    )
  }
  // A leap year knows every day that any year has.
  const day = (date: string): string => (isDated ? date : `2024-${date}`)
  const unreal = [from, to].find((date) => !isDate(day(date)))
  if (unreal !== undefined) return wrong(`\`${unreal}\` is no day of the calendar`)
  if (isYearly) return { ok: true, it: { is: 'yearly', from, to } }
  return from <= to
    ? { ok: true, it: { is: 'dates', from, to } }
    : wrong(`\`${written}\` ends before it begins`)
}

const isDate = (date: string): boolean => {
  const ms = Date.parse(date)
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date)
}

function readWeek(written: string): Read<WindowDays> {
  const days: number[] = []
  for (const part of written.split(',')) {
    const [from = '', to = from, ...more] = part.split('-')
    const unknown = more[0] ?? [from, to].find((name) => weekday(name) === null)
    const [first, last] = [weekday(from), weekday(to)]
    if (unknown !== undefined || first === null || last === null) {
      const names = WEEK.flatMap((name) => [name.slice(0, 3), name])
      const hint = didYouMean(unknown ?? part, [...names, 'holidays'])
      return wrong(`\`${unknown ?? part}\` is no day${hint || `; it must be ${EXAMPLES}`}`)
    }
    for (let day = first; ; day = (day + 1) % 7) {
      days.push(day)
      if (day === last) break
    }
  }
  return { ok: true, it: { is: 'week', days: [...new Set(days)].sort() } }
}

const weekday = (name: string): number | null => {
  const found = WEEK.findIndex((day) =>
    [day, day.slice(0, 3)].some((one) => one.toLowerCase() === name.toLowerCase()),
  )
  return found < 0 ? null : found
}

const rule = text.transform((written, context) => {
  const read = readRule(written)
  if (read.ok) return read.it
  context.addIssue({ code: 'custom', message: read.message })
  return z.NEVER
})

/** The key `windows`; its clock is the pipeline's where it names none. */
export const windows = (known: KnownNames) =>
  keyed({
    allow: listOf(rule).default([]),
    deny: listOf(rule).default([]),
    time_zone: timeZone.nullable().default(null),
    except: keyed({
      labels: listOf(text).default([]),
      people: namesOf((name) => wrongApprover(name, known)).default([]),
    }).prefault({}),
  })
    .refine(({ allow, deny }) => allow.length + deny.length > 0, {
      error: 'must say when: give `allow` or `deny` at least one rule',
    })
    .refine(opensEver, {
      error: 'never opens: what `allow` lets in, `deny` closes; shorten `deny`',
      abort: true,
    })

export type WindowsEntry = z.output<ReturnType<typeof windows>>

export const toWindows = (
  { allow, deny, time_zone, except }: WindowsEntry,
  pipelineZone: string,
): WindowsPolicy => ({ allow, deny, timeZone: time_zone ?? pipelineZone, except })
