/**
 * Alive, able to work, and how busy: what every process answers, whatever its role.
 *
 * Invariant: needs no token and tells nothing but states and counts.
 */
import { Hono } from 'hono'
import { inTransaction, type Pool } from '../db/transaction.ts'
import type { Metrics } from './metrics.ts'

export interface HealthParts {
  readonly pool: Pool
  readonly metrics: Metrics
}

export function createHealth({ pool, metrics }: HealthParts): Hono {
  const health = new Hono()
  health.get('/healthz', (c) => c.json({ ok: true }))
  health.get('/readyz', async (c) => {
    const database = await inTransaction(pool, (tx) => tx.query('SELECT 1')).then(
      () => 'ok',
      () => 'unreachable',
    )
    return c.json({ ok: database === 'ok', database }, database === 'ok' ? 200 : 503)
  })
  health.get('/metrics', async (c) => c.text(await metrics.text()))
  return health
}
