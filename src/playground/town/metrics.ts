/**
 * The town's metrics server, asked as Prometheus is
 * (prometheus.io/docs/prometheus/latest/querying/api/#range-queries).
 *
 * Invariant: answers what the tills told, in Prometheus' form, at each step of the asked time. It
 * knows one kind of question; whatever else is asked is refused, never guessed.
 */
import { Hono } from 'hono'
import type { Sales } from './sales.ts'

/** Where it stands in the playground. */
export const METRICS = '/playground/metrics'

const QUESTION =
  /^rate\((\w+)\{release="([0-9a-f]+)"\}\[(\d+)s\]\) \/ rate\((\w+)\{release="\2"\}\[\3s\]\)$/

/** As many as Prometheus answers. */
const POINTS_MAX = 11_000

/** To be mounted at `METRICS`. */
export function metricsRoutes(sales: Sales): Hono {
  const routes = new Hono()
  routes.get('/api/v1/query_range', (c) => {
    const no = (error: string) => c.json({ status: 'error', errorType: 'bad_data', error }, 400)
    const asked = QUESTION.exec(c.req.query('query') ?? '')
    const [start, end, step] = ['start', 'end', 'step'].map((name) => Number(c.req.query(name)))
    if (asked === null) return no('the town only knows rate(…[2s]) / rate(…[2s]) of one release')
    if (start === undefined || end === undefined || !(step !== undefined && step > 0)) {
      return no('start, end and step are numbers of seconds')
    }
    if (!((end - start) / step < POINTS_MAX)) return no('too many points')
    const [, above = '', release = '', seconds, below = ''] = asked
    const values: [number, string][] = []
    for (let at = start; at <= end; at += step) {
      const windowMs = Number(seconds) * 1_000
      const part = sales.part(release, { of: [above, below], at: at * 1_000, windowMs })
      if (part !== null) values.push([at, String(part)])
    }
    const result = values.length === 0 ? [] : [{ metric: { release }, values }]
    return c.json({ status: 'success', data: { resultType: 'matrix', result } })
  })
  return routes
}
