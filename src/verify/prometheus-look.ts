/**
 * One look at a number that a Prometheus-compatible server computes.
 *
 * Invariant: only samples that are numbers within the bounds pass. No answer, no sample and no
 * number are inconclusive, never healthy.
 */
import { z } from 'zod'
import type { Look } from '../core/finding.ts'
import type { VerifyStep } from '../core/verify-step.ts'
import { toldBy } from './prometheus-answer.ts'
import { ask } from './request.ts'

type PrometheusStep = Extract<VerifyStep, { kind: 'prometheus' }>

/** What a query may name. */
export interface Subject {
  readonly pipeline: string
  readonly environment: string
  readonly sha: string
}

const sample = z.tuple([z.number(), z.string()])

/** https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries */
const answered = z.object({
  status: z.literal('success'),
  data: z.discriminatedUnion('resultType', [
    z.object({ resultType: z.literal('vector'), result: z.array(z.object({ value: sample })) }),
    z.object({ resultType: z.literal('scalar'), result: sample }),
  ]),
})

export async function lookAtMetrics(
  step: PrometheusStep,
  { subject, signal }: { readonly subject: Subject; readonly signal: AbortSignal },
): Promise<Look> {
  const address = new URL(`${step.url.replace(/\/+$/, '')}/api/v1/query`)
  address.searchParams.set('query', filled(step.query, subject))
  const answer = await ask(address, { timeoutMs: step.timeoutMs, signal })
  const told = toldBy(answer)
  if (!told.ok) return doubtful(told.says)
  const values = samplesOf(told.body)
  if (values === null) return doubtful('the metrics server answers in no known form')
  if (values.length === 0) return doubtful('no data')
  if (!values.every(Number.isFinite)) return doubtful('not a number')
  const bad = values.filter((value) => !isWithin(step, value))
  const worst = bad[0] ?? values[0] ?? Number.NaN
  return {
    outcome: bad.length === 0 ? 'pass' : 'fail',
    says: `${short(worst)}${bounds(step)}`,
    good: values.length - bad.length,
    all: values.length,
    behind: [],
  }
}

const filled = (query: string, subject: Subject): string =>
  query.replaceAll(
    /\{\{\s*(pipeline|environment|sha)\s*\}\}/g,
    (_, name: keyof Subject) => subject[name],
  )

/** Null: no answer that we know how to read. */
function samplesOf(body: unknown): readonly number[] | null {
  const parsed = answered.safeParse(body)
  if (!parsed.success) return null
  const { data } = parsed.data
  const texts =
    data.resultType === 'scalar' ? [data.result[1]] : data.result.map((one) => one.value[1])
  // An empty text would read as zero.
  return texts.map((text) => (text.trim() === '' ? Number.NaN : Number(text)))
}

const isWithin = ({ min, max }: PrometheusStep, value: number): boolean =>
  (min === null || value >= min) && (max === null || value <= max)

const bounds = ({ min, max }: PrometheusStep): string => {
  const told = [min === null ? [] : `at least ${min}`, max === null ? [] : `at most ${max}`].flat()
  return ` (${told.join(', ')})`
}

/** Four digits are enough to judge by. */
const short = (value: number): string => String(Number(value.toPrecision(4)))

const doubtful = (says: string): Look => ({
  outcome: 'inconclusive',
  says,
  good: 0,
  all: 0,
  behind: [],
})
