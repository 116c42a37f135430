/**
 * The HTTP API for people, programs and the CLI.
 *
 * Invariant: every route but health needs a token; every command goes through dispatch. Errors
 * name the field or the way out, and never show a stack.
 */
import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { Dispatch, Outcome } from '../app/dispatch.ts'
import { iso, type Json } from '../app/json.ts'
import type { LogLinks } from '../app/log-links.ts'
import type { Sends, Sent } from '../app/send.ts'
import type { SpecialAnswer } from '../app/special-preview.ts'
import {
  concernState,
  conflictState,
  eventJson,
  ownFileState,
  pipelineState,
  previewState,
  trainState,
} from '../app/state.ts'
import type { Tokens } from '../app/tokens.ts'
import { findPlace } from '../core/answers/answer.ts'
import type { Command } from '../core/command.ts'
import { explain } from '../core/explain.ts'
import { unfinished } from '../core/line.ts'
import type { Actor } from '../core/model.ts'
import { previewRollback } from '../core/preview-rollback.ts'
import { concernsOf } from '../core/watch.ts'
import { readAudit } from '../db/audit.ts'
import { findFinishedTrain } from '../db/history.ts'
import { type Configured, loadPipeline } from '../db/load.ts'
import { waitingPolicies } from '../db/policies.ts'
import { findRepositoryFile } from '../db/repository-files.ts'
import { findRun } from '../db/runs.ts'
import { inTransaction, type Pool } from '../db/transaction.ts'
import { loadHistory, toldConcerns } from '../db/watch.ts'
import { parseCommand } from './body.ts'
import type { Identify } from './identity.ts'
import { addLockAll, type LockAllParts } from './lock-all.ts'
import { isRunId, type Logs } from './logs.ts'
import { addPlan } from './plan.ts'
import { refusalStatus } from './refusal-status.ts'
import { createTokenRoutes } from './token-routes.ts'

export interface ApiParts {
  readonly pool: Pool
  readonly pipelines: ReadonlyMap<string, Configured>
  readonly dispatch: Dispatch
  /** Departs at a REF. */
  readonly send: Sends['send']
  /** What that would carry and displace. */
  readonly preview: (asked: Omit<Sent, 'train'>) => Promise<SpecialAnswer>
  readonly logs: Logs
  readonly tokens: Tokens
  readonly logLinks: LogLinks
  readonly everything: LockAllParts
  /** The actor behind an `Authorization` header; undefined: nobody. */
  readonly identify: Identify<Actor>
}

const BODY_BYTES_MAX = 4 * 1024 * 1024
const EVENTS_PAGE = 500

/** The routes below `/api/v1`, without those of agents. */
export function createApi(parts: ApiParts): Hono<{ Variables: { actor: Actor } }> {
  const api = new Hono<{ Variables: { actor: Actor } }>()
  const tooLarge = { maxSize: BODY_BYTES_MAX, onError: () => new Response(null, { status: 413 }) }
  api.use(bodyLimit(tooLarge))
  // A sealed link is its own permission, for that one log.
  api.get('/runs/:run/log', async (c, next) => {
    const run = c.req.param('run')
    if (!parts.logLinks.opens(run, c.req.query('seal'))) return next()
    return streamLog(parts, run, c.req.raw.signal)
  })
  api.use(async (c, next) => {
    const actor = await parts.identify(c.req.header('authorization'))
    if (actor === undefined) {
      return c.json(
        { error: 'give a token, yours or one of SIGNALBOX_API_TOKENS: Authorization: Bearer …' },
        401,
      )
    }
    c.set('actor', actor)
    return next()
  })
  api.route('/tokens', createTokenRoutes(parts.tokens))
  api.get('/whoami', (c) => c.json(c.get('actor')))
  api.get('/pipelines', async (c) => {
    const all: Json[] = []
    for (const configured of parts.pipelines.values()) all.push(await stateOf(parts, configured))
    return c.json({ pipelines: all })
  })
  api.use('/pipelines/:pipeline/*', async (c, next) => {
    const name = c.req.param('pipeline')
    if (parts.pipelines.has(name)) return next()
    return c.json({ error: `no pipeline ${name}`, pipelines: [...parts.pipelines.keys()] }, 404)
  })
  api.get('/pipelines/:pipeline', async (c) => {
    const configured = parts.pipelines.get(c.req.param('pipeline'))
    if (configured === undefined) return c.notFound()
    return c.json(await stateOf(parts, configured))
  })
  api.get('/pipelines/:pipeline/trains/:number{[0-9]+}', async (c) => {
    const configured = parts.pipelines.get(c.req.param('pipeline'))
    const number = Number(c.req.param('number'))
    const found = configured && (await trainOf(parts, configured, number))
    return found ? c.json(found) : c.json({ error: `there was no train #${number}` }, 404)
  })
  api.get('/pipelines/:pipeline/rollback', async (c) => {
    const configured = parts.pipelines.get(c.req.param('pipeline'))
    if (configured === undefined) return c.notFound()
    const asked = { environment: c.req.query('environment'), to: c.req.query('to') }
    const answer = await previewOf(parts, configured, asked)
    return answer.ok ? c.json(answer.preview) : c.json({ refusal: answer.refusal }, 409)
  })
  api.get('/pipelines/:pipeline/special', async (c) => {
    const ref = c.req.query('ref')
    if (ref === undefined || ref === '') {
      return c.json({ field: 'ref', error: 'ref must be a branch, a tag or a sha' }, 422)
    }
    const asked = { pipeline: c.req.param('pipeline'), ref, actor: c.get('actor') }
    const answer = await parts.preview({ ...asked, environment: c.req.query('to') ?? null })
    if (answer.ok) return c.json({ special: answer.preview })
    const refusal = { ...answer.refusal, message: explain(answer.refusal) }
    return c.json({ refusal }, refusalStatus(answer.refusal))
  })
  api.get('/pipelines/:pipeline/events', async (c) => {
    const after = Number(c.req.query('after') ?? '0')
    if (!Number.isSafeInteger(after) || after < 0) {
      return c.json({ field: 'after', error: 'must be a whole number' }, 422)
    }
    const page = { after, limit: EVENTS_PAGE }
    const name = c.req.param('pipeline')
    const events = await inTransaction(parts.pool, (tx) => readAudit(tx, name, page))
    return c.json({ events: events.map(eventJson), next: events.at(-1)?.seq ?? after })
  })
  api.post('/pipelines/:pipeline/commands', async (c) => {
    const input: unknown = await c.req.json().catch(() => undefined)
    if (input === null || typeof input !== 'object') {
      return c.json({ error: 'the body must be a JSON object' }, 400)
    }
    const parsed = parseCommand(input, { id: randomUUID(), now: Date.now() })
    if (!parsed.ok) {
      return c.json({ field: parsed.field, error: `${parsed.field} ${parsed.message}` }, 422)
    }
    const outcome = await acted(parts, c.req.param('pipeline'), parsed.command, c.get('actor'))
    if (outcome.ok) return c.json({ events: outcome.events.map(eventJson) })
    const refusal = { ...outcome.refusal, message: explain(outcome.refusal) }
    return c.json({ refusal }, refusalStatus(outcome.refusal))
  })
  addLockAll(api, parts.everything)
  addPlan(api, parts)
  api.get('/runs/:run/log', async (c) => streamLog(parts, c.req.param('run'), c.req.raw.signal))
  return api
}

/** A departure at a REF is looked up before it is decided. */
function acted(
  { dispatch, send }: ApiParts,
  pipeline: string,
  command: Command,
  actor: Actor,
): Promise<Outcome> {
  if (command.type !== 'depart' || command.ref === null) return dispatch(pipeline, command, actor)
  const { train, ref, environment } = command
  return send({ pipeline, train, ref, environment, actor })
}

function stateOf({ pool }: ApiParts, configured: Configured): Promise<Json> {
  return inTransaction(pool, async (tx) => {
    const { pipeline, now } = await loadPipeline(tx, configured, [])
    const [waiting] = await waitingPolicies(tx, pipeline.name)
    const own =
      pipeline.policy.fromRepository === null
        ? undefined
        : await findRepositoryFile(tx, pipeline.name)
    const told = await toldConcerns(tx, pipeline.name)
    const standing = concernsOf(pipeline, await loadHistory(tx, pipeline.name), now)
    return {
      ...pipelineState(pipeline, now),
      concerns: standing.map((one) => concernState(one, told)),
      policy_conflict: conflictState(waiting),
      repository_file: ownFileState(own),
    }
  })
}

/** A look only: the command that follows decides anew. */
function previewOf(
  { pool }: ApiParts,
  configured: Configured,
  {
    environment,
    to,
  }: { readonly environment: string | undefined; readonly to: string | undefined },
): Promise<
  { readonly ok: true; readonly preview: Json } | { readonly ok: false; readonly refusal: Json }
> {
  return inTransaction(pool, async (tx) => {
    const { pipeline, now } = await loadPipeline(tx, configured, [])
    const found = findPlace(pipeline, environment ?? null)
    const seen = found.ok ? previewRollback(pipeline, found.it, to ?? null) : found
    return seen.ok
      ? { ok: true, preview: previewState(pipeline, seen.preview, now) }
      : { ok: false, refusal: { ...seen.refusal, message: explain(seen.refusal) } }
  })
}

function trainOf(
  { pool }: ApiParts,
  configured: Configured,
  number: number,
): Promise<Json | undefined> {
  return inTransaction(pool, async (tx) => {
    const { pipeline, now } = await loadPipeline(tx, configured, [])
    const train = unfinished(pipeline).find((one) => one.number === number)
    if (train !== undefined) return trainState(pipeline, train, now)
    const finished = await findFinishedTrain(tx, pipeline.name, number)
    if (finished === undefined) return undefined
    const { openedAt, departedAt, ...rest } = finished
    return {
      ...rest,
      opened_at: iso(openedAt.getTime()),
      departed_at: iso(departedAt?.getTime() ?? null),
      blockers: [],
    }
  })
}

const LOOK_MS = 300

/** The log so far, and what is added until the run has ended. */
async function streamLog(parts: ApiParts, run: string, signal: AbortSignal): Promise<Response> {
  const found = isRunId(run) ? await inTransaction(parts.pool, (tx) => findRun(tx, run)) : undefined
  if (found === undefined)
    return Response.json({ error: `there was no run ${run}` }, { status: 404 })
  const follow = async function* (): AsyncGenerator<Buffer> {
    let at = 0
    for (;;) {
      const state = await inTransaction(parts.pool, (tx) => findRun(tx, run))
      const over = state?.status !== 'requested' && state?.status !== 'running'
      if ((await parts.logs.length(run)) > at) {
        for await (const bytes of parts.logs.read(run, at)) {
          at += bytes.length
          yield bytes
        }
      }
      if (over || signal.aborted) return
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
  }
  const body = Readable.toWeb(Readable.from(follow())) as ReadableStream
  return new Response(body, { headers: { 'content-type': 'text/plain; charset=utf-8' } })
}
