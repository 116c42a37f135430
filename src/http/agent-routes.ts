/**
 * The routes of agents: poll, report, log.
 *
 * Invariant: a token speaks for the agent of its own name only, and a person's token for none.
 */
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { z } from 'zod'
import type { Agents } from '../app/agents.ts'
import { SYSTEM } from '../core/system.ts'
import { findRun } from '../db/runs.ts'
import { inTransaction, type Pool } from '../db/transaction.ts'
import { noteSpoken } from '../db/watch.ts'
import { storable } from '../github/text.ts'
import { LOG_CHUNK_BYTES_MAX, type PollAnswer } from '../runs/protocol.ts'
import type { Identify } from './identity.ts'
import { isRunId, type Logs } from './logs.ts'

export interface AgentRouteParts {
  readonly pool: Pool
  readonly agents: Agents
  readonly logs: Logs
  /** The agent's name behind an `Authorization` header; undefined: no agent. */
  readonly identify: Identify<string>
  /** Resolves when something has changed, after `ms`, or when `signal` aborts. */
  readonly waitForChange: (ms: number, signal: AbortSignal) => Promise<void>
}

const id = z.string().min(1).max(200)

/** What a log ended with must never keep the end of its run from being recorded. */
const text = z.string().max(4_000).transform(storable)
const outcome = z.enum(['succeeded', 'failed', 'aborted', 'unknown'])
const person = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
  .refine((name) => name !== SYSTEM)
const account = z.strictObject({
  pipeline: id,
  environment: id,
  run: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,180}$/),
  epoch: z.int().positive(),
  kind: z.enum(['forward', 'rollback']),
  sha: z.string().regex(/^[0-9a-f]{40,64}$/),
  begun: z.boolean(),
  status: z.enum(['running', ...outcome.options]),
  reason: text,
  tail: z.array(text).max(100),
  hand: z.strictObject({ by: person, reason: text }).nullable(),
})

const pollRequest = z.strictObject({
  agent: id,
  instance: id,
  runs: z.array(id).max(1_000),
  draining: z.boolean(),
  waitMs: z.int().min(0).max(30_000),
  seen: z.array(account).max(1_000).default([]),
})

/** Only what was ordered on the agent's machine, and only once it is over. */
const accountReport = z.strictObject({
  instance: id,
  account: account.refine(({ hand, status }) => hand !== null && status !== 'running'),
})

const base = { instance: id, run: id, epoch: z.int().positive(), at: z.iso.datetime() }
const report = z.discriminatedUnion('status', [
  z.strictObject({ ...base, status: z.literal('started') }),
  z.strictObject({
    ...base,
    status: outcome,
    reason: text,
    tail: z.array(text).max(100),
  }),
])

/** Between two looks while an agent waits, should every hint be lost. */
const LOOK_MS = 1_000

export function createAgentRoutes(parts: AgentRouteParts): Hono<{ Variables: { agent: string } }> {
  const routes = new Hono<{ Variables: { agent: string } }>()
  const tooLarge = {
    maxSize: 2 * LOG_CHUNK_BYTES_MAX,
    onError: () => new Response(null, { status: 413 }),
  }
  routes.use(bodyLimit(tooLarge))
  routes.use(async (c, next) => {
    const agent = await parts.identify(c.req.header('authorization'))
    if (agent === undefined) return c.json({ error: 'no agent has this token' }, 401)
    c.set('agent', agent)
    return next()
  })
  routes.post('/poll', async (c) => {
    const parsed = pollRequest.safeParse(await c.req.json().catch(() => undefined))
    if (!parsed.success) return c.json({ error: 'not a poll' }, 422)
    if (parsed.data.agent !== c.get('agent')) {
      return c.json({ error: `this token belongs to agent ${c.get('agent')}` }, 403)
    }
    return c.json(await wait(parts, parsed.data, c.req.raw.signal))
  })
  routes.post('/report', async (c) => {
    const parsed = report.safeParse(await c.req.json().catch(() => undefined))
    if (!parsed.success) return c.json({ error: 'not a report' }, 422)
    const answer = await parts.agents.report(parsed.data)
    if (answer === 'recorded') return c.json({})
    return c.json({ error: answer }, answer === 'stale' ? 409 : 404)
  })
  routes.post('/account', async (c) => {
    const parsed = accountReport.safeParse(await c.req.json().catch(() => undefined))
    if (!parsed.success) return c.json({ error: 'not an account of a deploy by hand' }, 422)
    const answer = await parts.agents.account(c.get('agent'), parsed.data)
    return answer === 'recorded' ? c.json({}) : c.json({ error: answer }, 404)
  })
  routes.post('/log/:run', async (c) => {
    const run = c.req.param('run')
    const offset = Number(c.req.query('offset') ?? 'none')
    const known = isRunId(run) && (await inTransaction(parts.pool, (tx) => findRun(tx, run)))
    if (!known) return c.json({ error: 'there was no such run' }, 404)
    const bytes = new Uint8Array(await c.req.arrayBuffer())
    const { taken, length } = await parts.logs.append(run, offset, bytes)
    //! failpoint log.appended
    if (taken && bytes.length > 0) await inTransaction(parts.pool, (tx) => noteSpoken(tx, run))
    return c.json({ offset: length }, taken ? 200 : 409)
  })
  return routes
}

/** Holds the poll open until there is news for this agent. */
async function wait(
  { agents, waitForChange }: AgentRouteParts,
  request: z.output<typeof pollRequest>,
  signal: AbortSignal,
): Promise<PollAnswer> {
  const until = performance.now() + request.waitMs
  const known = new Set(request.runs)
  for (;;) {
    const answer = await agents.look(request)
    const news = answer.claims.some(({ run }) => !known.has(run)) || answer.fetch.length > 0
    const left = until - performance.now()
    if (news || left <= 0 || signal.aborted) return answer
    await waitForChange(Math.min(left, LOOK_MS), signal)
    // A cancel is repeated as long as its run lives, at the pace of the looks.
    if (answer.cancels.length > 0) return answer
  }
}
