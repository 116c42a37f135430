/**
 * The value of a sample, as a Prometheus-compatible server writes it.
 *
 * Invariant: what is no number is never read as one; an infinite one is what it says.
 */

/** https://prometheus.io/docs/prometheus/latest/querying/api/#expression-query-result-formats */
export function numberOf(text: string): number {
  if (/^[+-]?Inf$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  // An empty text would read as zero.
  return text.trim() === '' ? Number.NaN : Number(text)
}
