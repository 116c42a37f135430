/**
 * Over how long a query of Prometheus reaches back at each moment.
 *
 * Invariant: finds the ranges that stand in the query itself, and no bracket inside a text; what a
 * recording rule reaches over stands in Prometheus, where nobody here can read it.
 */

/** https://prometheus.io/docs/prometheus/latest/querying/basics/#string-literals */
const TEXTS = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`/g

/** `[5m]`, and of a subquery `[1h:30s]` the first part. */
const RANGES = /\[\s*([0-9a-z]+)\s*(?::[^\]]*)?\]/g

/** https://prometheus.io/docs/prometheus/latest/querying/basics/#time-durations */
const PARTS = /(\d+)(ms|[smhdwy])/g

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  y: 365 * 86_400_000,
}

/** The longest range in it, as written and in milliseconds; null: it has none. */
export function longestRange(query: string): { readonly text: string; readonly ms: number } | null {
  const ranges = [...query.replaceAll(TEXTS, '""').matchAll(RANGES)].map(([, text = '']) => ({
    text,
    ms: [...text.matchAll(PARTS)].reduce(
      (sum, [, count, unit = '']) => sum + Number(count) * (UNITS_MS[unit] ?? 0),
      0,
    ),
  }))
  return ranges.reduce<(typeof ranges)[number] | null>(
    (longest, one) => (longest === null || one.ms > longest.ms ? one : longest),
    null,
  )
}
