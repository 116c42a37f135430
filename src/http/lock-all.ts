/**
 * The routes of the lock on everything: `GET` and `POST /lock`, `POST /unlock`.
 *
 * Invariant: strict bodies; ids are made here.
 */
import { randomUUID } from 'node:crypto'
import type { Hono } from 'hono'
import { z } from 'zod'
import type { LockAll } from '../app/lock-all.ts'
import { eventJson, lockState } from '../app/state.ts'
import { explain } from '../core/explain.ts'
import type { LockAllCommand } from '../core/lock-all.ts'
import type { Actor, Lock } from '../core/model.ts'
import { line } from './body-shapes.ts'
import { refusalStatus } from './refusal-status.ts'
import { wrongWith } from './wrong-field.ts'

const toLock = z.strictObject({
  reason: line,
  /** Seconds. */
  for: z.int().positive().max(31_536_000).optional(),
  take_over: z.boolean().optional(),
})

const toUnlock = z.strictObject({ id: line.optional() })

export interface LockAllParts {
  readonly lockAll: LockAll
  readonly standing: () => Promise<Lock | null>
}

/** Adds the routes to an API whose requests carry their actor. */
export function addLockAll(
  api: Hono<{ Variables: { actor: Actor } }>,
  { lockAll, standing }: LockAllParts,
): void {
  const answer = async (command: LockAllCommand, actor: Actor): Promise<Response> => {
    const outcome = await lockAll(command, actor)
    if (outcome.ok) return Response.json({ events: outcome.events.map(eventJson) })
    const refusal = { ...outcome.refusal, message: explain(outcome.refusal) }
    return Response.json({ refusal }, { status: refusalStatus(outcome.refusal) })
  }
  api.get('/lock', async (c) => c.json({ lock: lockState(await standing()) }))
  api.post('/lock', async (c) => {
    const parsed = toLock.safeParse(await c.req.json().catch(() => undefined), {
      reportInput: true,
    })
    if (!parsed.success) return wrong(parsed.error)
    const { reason, for: seconds, take_over: takeOver = false } = parsed.data
    const forMs = seconds === undefined ? null : seconds * 1_000
    const command = { type: 'lock', id: randomUUID(), reason, forMs, takeOver } as const
    return answer(command, c.get('actor'))
  })
  api.post('/unlock', async (c) => {
    const parsed = toUnlock.safeParse(await c.req.json().catch(() => undefined), {
      reportInput: true,
    })
    if (!parsed.success) return wrong(parsed.error)
    return answer({ type: 'unlock', id: parsed.data.id ?? null }, c.get('actor'))
  })
}

function wrong({ issues }: z.ZodError): Response {
  const [issue] = issues
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : undefined
  const field = unknown ?? (issue?.path.join('.') || 'body')
  const message = unknown ? 'is not a field of this command' : issue ? wrongWith(issue) : 'is wrong'
  return Response.json({ field, error: `${field} ${message}` }, { status: 422 })
}
