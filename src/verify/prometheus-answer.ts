/**
 * What a Prometheus-compatible server answered, before anybody reads the numbers in it.
 *
 * Invariant: what it says is wrong with its answer is told, and an answer that it warns of is none:
 * a part of the data may be missing from it.
 */
import { z } from 'zod'
import type { Answer } from './request.ts'

/** https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview */
const refused = z.object({ error: z.string() })
const warned = z.object({ warnings: z.array(z.string()).min(1) })

/** Longer is no sentence. */
const SAYS_MAX = 160

export type Told =
  | { readonly ok: true; readonly body: unknown }
  | { readonly ok: false; readonly says: string }

export function toldBy(answer: Answer): Told {
  const no = (says: string): Told => ({ ok: false, says: `the metrics server${says}` })
  if (answer.kind !== 'answered') return no(`: ${answer.says}`)
  const body = parsed(answer.body)
  if (answer.status !== 200) {
    const { data } = refused.safeParse(body)
    return no(` answers ${answer.status}${data === undefined ? '' : `: ${inWords(data.error)}`}`)
  }
  if (body === undefined) return no(' answers in no known form')
  const warning = warned.safeParse(body).data?.warnings.find((one) => !isRemark(one))
  return warning === undefined ? { ok: true, body } : no(` warns: ${inWords(warning)}`)
}

/** Some versions put what is merely worth knowing of a query among the warnings. */
const isRemark = (warning: string): boolean => warning.startsWith('PromQL info:')

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Fit for a sentence and for the database, which stores no half of a character. */
const inWords = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\p{Surrogate}]+/gu, ' ')
    .trim()
    .slice(0, SAYS_MAX)
    .replace(/\p{Surrogate}/u, '')
