/**
 * One look at a new release beside the old one, as a Prometheus-compatible server has seen both.
 *
 * Invariant: it passes only on enough numbers of both, up to now, of which the newest are not worse
 * either; where nothing was live before, on those of the new one. No answer, too few numbers, or
 * numbers that have stopped are inconclusive, never healthy.
 */
import { mean } from 'simple-statistics'
import { z } from 'zod'
import type { Comparison, ComparisonStep, Minutes } from '../core/comparison.ts'
import { durationText } from '../core/duration.ts'
import type { Look } from '../core/finding.ts'
import { largerByChance } from './mann-whitney.ts'
import { toldBy } from './prometheus-answer.ts'
import { ask } from './request.ts'

/** Prometheus answers at most 11,000 numbers of one series. */
const POINTS_MAX = 10_000

/** Two numbers may be missing at the end before a release counts as silent. */
const LATE_POINTS = 2

/** https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries */
const answered = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(z.object({ values: z.array(z.tuple([z.number(), z.string()])) })),
  }),
})

/** Each with its moment, in milliseconds. */
type Numbers = readonly { readonly at: number; readonly value: number }[]

type Heard =
  | { readonly ok: true; readonly numbers: Numbers }
  | { readonly ok: false; readonly says: string }

interface Place {
  readonly pipeline: string
  readonly environment: string
}

export async function lookAtBoth(
  step: ComparisonStep,
  {
    comparison,
    place,
    signal,
  }: {
    readonly comparison: Comparison
    readonly place: Place
    readonly signal: AbortSignal
  },
): Promise<Look> {
  const { fresh, old, minutes, earlier } = comparison
  const asked = (release: string, its: Minutes): Promise<Heard> =>
    numbersOf(step, { query: filled(step.query, { ...place, sha: fresh, release }), its, signal })
  const [now, then] = await Promise.all([
    asked(fresh, minutes),
    old === null ? null : asked(old, minutes),
  ])
  if (!now.ok) return doubtful(now.says)
  const lacking = lacks(step, now.numbers, minutes)
  if (lacking !== null) return doubtful(`${lacking} of the new release`)
  if (then === null || old === null) return first(now.numbers)
  if (!then.ok) return doubtful(then.says)
  const its = { numbers: now.numbers, its: minutes }
  const missing = lacks(step, then.numbers, minutes)
  if (missing === null) return judge(step, comparison, its, { numbers: then.numbers, its: minutes })
  if (earlier === null) return doubtful(`${missing} of the old release`)
  const before = await asked(old, earlier)
  if (!before.ok) return doubtful(before.says)
  const unheard = lacks(step, before.numbers, earlier)
  return unheard === null
    ? judge(step, comparison, its, { numbers: before.numbers, its: earlier })
    : doubtful(`${unheard} of the old release, neither now nor before the last step`)
}

/** What keeps numbers from being compared; null: nothing. */
function lacks(
  { samples, everyMs }: ComparisonStep,
  numbers: Numbers,
  minutes: Minutes,
): string | null {
  if (numbers.some(({ value }) => !Number.isFinite(value))) return 'a number that is not finite'
  if (numbers.length < samples) return `${numbers.length} of at least ${samples} numbers`
  const lateMs = LATE_POINTS * resolution(everyMs, minutes)
  if (numbers.some(({ at }) => at >= minutes.until - lateMs)) return null
  return `no number for the last ${inSeconds(lateMs)}`
}

const inSeconds = (ms: number): string => durationText(Math.ceil(ms / 1_000) * 1_000)

const resolution = (everyMs: number, { from, until }: Minutes): number =>
  Math.max(everyMs, Math.ceil((until - from) / POINTS_MAX))

async function numbersOf(
  { url, everyMs, timeoutMs }: ComparisonStep,
  {
    query,
    its,
    signal,
  }: { readonly query: string; readonly its: Minutes; readonly signal: AbortSignal },
): Promise<Heard> {
  const address = new URL(`${url.replace(/\/+$/, '')}/api/v1/query_range`)
  address.searchParams.set('query', query)
  address.searchParams.set('start', String(its.from / 1_000))
  address.searchParams.set('end', String(its.until / 1_000))
  address.searchParams.set('step', String(resolution(everyMs, its) / 1_000))
  const told = toldBy(await ask(address, { timeoutMs, signal }))
  if (!told.ok) return told
  const numbers = read(told.body)
  return numbers === null
    ? { ok: false, says: 'the metrics server answers in no known form' }
    : { ok: true, numbers }
}

/** What is no number at a moment is none of it; null: no answer that we know how to read. */
function read(body: unknown): Numbers | null {
  const parsed = answered.safeParse(body)
  if (!parsed.success) return null
  return parsed.data.data.result
    .flatMap(({ values }) => values)
    .map(([at, text]) => ({ at: at * 1_000, value: numberOf(text) }))
    .filter(({ value }) => !Number.isNaN(value))
}

/** As Prometheus writes them; an empty text would read as zero. */
function numberOf(text: string): number {
  if (/^[+-]?Inf$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  return text.trim() === '' ? Number.NaN : Number(text)
}

interface Side {
  readonly numbers: Numbers
  readonly its: Minutes
}

function judge(step: ComparisonStep, { worseBelow }: Comparison, fresh: Side, old: Side): Look {
  const whole = difference(step, valuesOf(fresh.numbers), valuesOf(old.numbers))
  const tell = (
    outcome: Look['outcome'],
    { fresh: now, old: then, p }: Difference,
    when: string,
  ): Look => ({
    outcome,
    says: `${short(now)} against ${short(then)} of the old release${when}, Mann–Whitney p ${rounded(p)}`,
    good: outcome === 'fail' ? 0 : 1,
    all: 1,
    behind: [],
  })
  if (whole.counts && whole.p < worseBelow) return tell('fail', whole, '')
  if (whole.counts && whole.p < step.pass) return tell('inconclusive', whole, '')
  // Healthy minutes at first hide a sickness that has just begun.
  const lateMs = step.samples * resolution(step.everyMs, fresh.its)
  const late = difference(step, newest(fresh, lateMs), newest(old, lateMs))
  return late.counts && late.p < step.pass / QUESTIONS
    ? tell('inconclusive', late, ` in the last ${inSeconds(lateMs)}`)
    : tell('pass', whole, '')
}

/** At the end it is asked of the whole time, and of the newest numbers. */
const QUESTIONS = 2

interface Difference {
  /** The means of both. */
  readonly fresh: number
  readonly old: number
  /** How probable it is by chance. */
  readonly p: number
  /** Whether it is one at all, and big enough. */
  readonly counts: boolean
}

function difference(
  { better, by }: ComparisonStep,
  fresh: readonly number[],
  old: readonly number[],
): Difference {
  if (fresh.length === 0 || old.length === 0) return { fresh: 0, old: 0, p: 1, counts: false }
  const [now, then] = [mean([...fresh]), mean([...old])]
  const isLower = better === 'lower'
  const p = isLower ? largerByChance(fresh, old) : largerByChance(old, fresh)
  const worse = isLower ? now - then : then - now
  return { fresh: now, old: then, p, counts: worse > 0 && worse >= by * Math.abs(then) }
}

const valuesOf = (numbers: Numbers): readonly number[] => numbers.map(({ value }) => value)

const newest = ({ numbers, its }: Side, lateMs: number): readonly number[] =>
  valuesOf(numbers.filter(({ at }) => at > its.until - lateMs))

/** Nothing was live before: that it is heard of is all that can be asked. */
const first = (numbers: Numbers): Look => ({
  outcome: 'pass',
  says: `${short(mean([...valuesOf(numbers)]))}, and nothing was live before to compare it with`,
  good: 1,
  all: 1,
  behind: [],
})

const short = (value: number): string => String(Number(value.toPrecision(3)))

const rounded = (p: number): string => (p < 0.0001 ? '< 0.0001' : `= ${p.toFixed(4)}`)

const filled = (query: string, names: Readonly<Record<string, string>>): string =>
  query.replaceAll(
    /\{\{\s*(pipeline|environment|sha|release)\s*\}\}/g,
    (_, name: string) => names[name] ?? '',
  )

const doubtful = (says: string): Look => ({
  outcome: 'inconclusive',
  says,
  good: 0,
  all: 0,
  behind: [],
})
