/**
 * Alive, able to work, and how busy: what every process answers, whatever its role.
 *
 * Invariant: needs no token, tells nothing but states and counts, and answers in time: a dependency
 * that hangs is as unreachable as one that refuses.
 */
import { Hono } from 'hono'
import { inTransaction, type Pool } from '../db/transaction.ts'
import { inTime } from './in-time.ts'
import type { Metrics } from './metrics.ts'

export interface HealthParts {
  readonly pool: Pool
  readonly metrics: Metrics
  /** Throws when the queue's server does not answer: hints are lost then, and nothing else. */
  readonly lookAtQueue: () => Promise<void>
}

/** Those who ask (a balancer, a supervisor) give up after a few seconds. */
const LOOK_MS_MAX = 2_000

type Reach = 'ok' | 'unreachable'

export function createHealth({ pool, metrics, lookAtQueue }: HealthParts): Hono {
  const health = new Hono()
  const database = look(() => inTransaction(pool, (tx) => tx.query('SELECT 1')))
  const queue = look(lookAtQueue)
  health.get('/healthz', (c) => c.json({ ok: true }))
  health.get('/readyz', async (c) => {
    const its = { database: await database(), queue: await queue() }
    // Without its queue everything goes on, found by the sweep.
    const ok = its.database === 'ok'
    return c.json({ ok, ...its }, ok ? 200 : 503)
  })
  health.get('/metrics', async (c) => c.text(await metrics.text()))
  return health
}

/** One look at a time: whoever asks again while one hangs takes nothing more from the pool. */
function look(reach: () => Promise<unknown>): () => Promise<Reach> {
  let looking: Promise<Reach> | null = null
  return () => {
    looking ??= reach()
      .then(
        (): Reach => 'ok',
        (): Reach => 'unreachable',
      )
      .finally(() => {
        looking = null
      })
    return inTime(looking, LOOK_MS_MAX, 'no answer').catch((): Reach => 'unreachable')
  }
}
