/**
 * One look at a new release beside the old one, as a Prometheus-compatible server has seen both.
 *
 * Invariant: it passes only on enough numbers of both, up to now; where nothing was live before, on
 * those of the new one. No answer, too few numbers, or numbers that have stopped are inconclusive,
 * never healthy.
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

interface Numbers {
  readonly values: readonly number[]
  /** When the newest of them is of; null: there is none. */
  readonly newest: number | null
}

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
  const missing = lacks(step, then.numbers, minutes)
  if (missing === null) return judge(step, comparison, [now.numbers, then.numbers])
  if (earlier === null) return doubtful(`${missing} of the old release`)
  const before = await asked(old, earlier)
  if (!before.ok) return doubtful(before.says)
  const unheard = lacks(step, before.numbers, earlier)
  return unheard === null
    ? judge(step, comparison, [now.numbers, before.numbers])
    : doubtful(`${unheard} of the old release, neither now nor before the last step`)
}

/** What keeps numbers from being compared; null: nothing. */
function lacks(
  { samples, everyMs }: ComparisonStep,
  { values, newest }: Numbers,
  minutes: Minutes,
): string | null {
  if (values.some((value) => !Number.isFinite(value))) return 'a number that is not finite'
  if (values.length < samples) return `${values.length} of at least ${samples} numbers`
  const lateMs = LATE_POINTS * resolution(everyMs, minutes)
  if (newest !== null && newest >= minutes.until - lateMs) return null
  return `no number for the last ${durationText(Math.ceil(lateMs / 1_000) * 1_000)}`
}

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
  const points = parsed.data.data.result
    .flatMap(({ values }) => values)
    .map(([at, text]) => ({ at: at * 1_000, value: numberOf(text) }))
    .filter(({ value }) => !Number.isNaN(value))
  const newest = points.length === 0 ? null : points.reduce((last, { at }) => Math.max(last, at), 0)
  return { values: points.map(({ value }) => value), newest }
}

/** As Prometheus writes them; an empty text would read as zero. */
function numberOf(text: string): number {
  if (/^[+-]?Inf$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  return text.trim() === '' ? Number.NaN : Number(text)
}

function judge(
  step: ComparisonStep,
  { worseBelow }: Comparison,
  [fresh, old]: readonly [Numbers, Numbers],
): Look {
  const [now, then] = [mean([...fresh.values]), mean([...old.values])]
  const isLower = step.better === 'lower'
  const p = isLower
    ? largerByChance(fresh.values, old.values)
    : largerByChance(old.values, fresh.values)
  const difference = isLower ? now - then : then - now
  const isBigEnough = difference > 0 && difference >= step.by * Math.abs(then)
  const outcome = !isBigEnough || p >= step.pass ? 'pass' : p < worseBelow ? 'fail' : 'inconclusive'
  return {
    outcome,
    says: `${short(now)} against ${short(then)} of the old release, Mann–Whitney p ${rounded(p)}`,
    good: outcome === 'fail' ? 0 : 1,
    all: 1,
    behind: [],
  }
}

/** Nothing was live before: that it is heard of is all that can be asked. */
const first = ({ values }: Numbers): Look => ({
  outcome: 'pass',
  says: `${short(mean([...values]))}, and nothing was live before to compare it with`,
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
