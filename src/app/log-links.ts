/**
 * Links to logs that a browser can open: sealed for one run each, and for nothing else.
 *
 * Invariant: who has a link may read that one log, which is redacted; it grants nothing more, and
 * no other run's link follows from it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

export interface LogLinks {
  /** The address of a run's log; the same every time, so that messages stay the same. */
  readonly of: (run: string) => string
  /** Whether this is that run's seal. */
  readonly opens: (run: string, seal: string | undefined) => boolean
}

export function createLogLinks(key: string, url: string): LogLinks {
  const sealOf = (run: string): string =>
    createHmac('sha256', key).update(`log ${run}`).digest('base64url')
  return {
    of: (run) => `${url}/api/v1/runs/${encodeURIComponent(run)}/log?seal=${sealOf(run)}`,
    opens: (run, seal) => {
      const given = Buffer.from(seal ?? '')
      const wanted = Buffer.from(sealOf(run))
      return given.length === wanted.length && timingSafeEqual(given, wanted)
    },
  }
}
