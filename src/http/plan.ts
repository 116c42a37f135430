/**
 * The route that tells what would happen: `POST /pipelines/{pipeline}/plan`.
 *
 * Invariant: it reads in one transaction and writes nothing; strict about its body.
 */
import type { Hono } from 'hono'
import { z } from 'zod'
import { planState } from '../app/plan-state.ts'
import { type Configured, loadPipeline } from '../db/load.ts'
import { inTransaction, type Pool } from '../db/transaction.ts'

const body = z.strictObject({ train: z.int().positive().optional() })

export function addPlan<E extends { Variables: object }>(
  api: Hono<E>,
  { pool, pipelines }: { readonly pool: Pool; readonly pipelines: ReadonlyMap<string, Configured> },
): void {
  api.post('/pipelines/:pipeline/plan', async (c) => {
    const configured = pipelines.get(c.req.param('pipeline'))
    if (configured === undefined) return c.notFound()
    const text = await c.req.text()
    const read = body.safeParse(text === '' ? {} : jsonOf(text))
    if (!read.success) {
      const error = 'the body may be empty, or `{"train": NUMBER}` of an unfinished train'
      return c.json({ field: 'train', error }, 422)
    }
    const { train = null } = read.data
    return inTransaction(pool, async (tx) => {
      const { pipeline, now } = await loadPipeline(tx, configured, [])
      return c.json(planState(pipeline, train, now))
    })
  })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
