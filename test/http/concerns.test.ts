/** What the watchdogs see, over the API and in the metrics; and how the log of a run tells of life. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDispatch, type Dispatch } from '../../src/app/dispatch.ts'
import { createLockAll, standingLockAll } from '../../src/app/lock-all.ts'
import { createLogLinks } from '../../src/app/log-links.ts'
import { createTokens } from '../../src/app/tokens.ts'
import { createWatch, type Watch } from '../../src/app/watching.ts'
import { board, type StateJson } from '../../src/cli/board.ts'
import { ensurePipeline } from '../../src/db/load.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { noteSpoken } from '../../src/db/watch.ts'
import { createApi } from '../../src/http/api.ts'
import { createLogs } from '../../src/http/logs.ts'
import { createMetrics } from '../../src/http/metrics.ts'
import { actor } from '../core/line-story.ts'
import { quiet, type TestDatabase, testDatabase } from '../world/database.ts'
import { change, environment, people, policy, watch } from '../world/policy.ts'

const MINUTE = 60_000
const RUN = 'api-1-production-forward-1'

let database: TestDatabase
let api: ReturnType<typeof createApi>
let dispatch: Dispatch
let watchdogs: Watch

beforeEach(async () => {
  database = await testDatabase()
  const { pool } = database
  const its = policy({ environments: [environment('production')], watch: watch() })
  const configured = { policy: its, people, carries: () => true, ridesAlone: () => false }
  const pipelines = new Map([['api', configured]])
  await inTransaction(pool, (tx) => ensurePipeline(tx, configured))
  dispatch = createDispatch({ pool, pipelines, changed: () => {}, clock: null })
  watchdogs = createWatch({ pool, pipelines, clock: null, delivers: () => false, log: quiet })
  const lockAll = createLockAll({ pool, pipelines, changed: () => {}, clock: null })
  api = createApi({
    pool,
    pipelines,
    dispatch,
    preview: () => Promise.reject(new Error('nothing was looked at')),
    send: () => Promise.reject(new Error('nothing was sent')),
    logs: createLogs('/nonexistent'),
    everything: { lockAll, standing: () => standingLockAll(pool) },
    tokens: createTokens(pool),
    logLinks: createLogLinks('a key', 'http://box'),
    identify: async () => actor('ana'),
  })
  const merged = { ...change('a', { number: 12 }), mergedAt: Date.now() - MINUTE }
  await dispatch('api', { type: 'record_change', change: merged }, actor('ci'))
  const depart = { type: 'depart', train: null, ref: null, environment: null, plan: null } as const
  await dispatch('api', depart, actor('ana'))
})

afterEach(() => database.drop())

/** It was requested, and begun, so long before. */
async function earlier(ms: number): Promise<void> {
  await database.pool.query(
    `UPDATE deployments SET requested_at = requested_at - $1 * interval '1 ms',
            started_at = started_at - $1 * interval '1 ms',
            spoke_at = spoke_at - $1 * interval '1 ms'`,
    [ms],
  )
}

async function start(): Promise<void> {
  const report = { type: 'record_run', run: RUN, epoch: 1, reason: null, tail: [] } as const
  await dispatch('api', { type: 'claim_run', run: RUN }, actor('signalbox'))
  await dispatch('api', { ...report, status: 'running' }, actor('signalbox'))
}

async function state(): Promise<StateJson & { readonly concerns: readonly object[] }> {
  const answer = await api.request('/pipelines/api')
  return (await answer.json()) as StateJson & { readonly concerns: readonly object[] }
}

test('a concern stands in the state at once, and says since when it is told', async () => {
  expect((await state()).concerns).toEqual([])
  await earlier(3 * MINUTE)
  expect((await state()).concerns).toEqual([
    {
      kind: 'not_started',
      about: RUN,
      since: expect.stringMatching(/^20.*Z$/),
      says: expect.stringContaining('waits for the embedded agent'),
      act: expect.stringContaining('look at its log'),
      command: 'signalbox serve',
      train: 1,
      environment: 'production',
      runs: [],
      told_to: { at: 'channel' },
      told_at: null,
    },
  ])
  await watchdogs.look()
  expect((await state()).concerns).toMatchObject([{ told_at: expect.stringMatching(/^20.*Z$/) }])
  expect(board(await state())).toContain(
    '⚠ the deployment of train #1 to production waits for the embedded agent',
  )
})

test('the metrics count what stands, by kind, until it ends', async () => {
  const metrics = createMetrics(database.pool)
  const count = async (kind: string): Promise<string | undefined> =>
    new RegExp(`signalbox_concerns\\{pipeline="api",kind="${kind}"\\} (\\d+)`).exec(
      await metrics.text(),
    )?.[1]
  await earlier(3 * MINUTE)
  await watchdogs.lookAt('api')
  expect([await count('not_started'), await count('lock')]).toEqual(['1', '0'])
  await start()
  await watchdogs.lookAt('api')
  expect(await count('not_started')).toBe('0')
})

test('a run whose log grows is not silent', async () => {
  await start()
  await earlier(6 * MINUTE)
  const silent = async () => (await state()).concerns.map((one) => ({ ...one }))
  expect(await silent()).toMatchObject([{ kind: 'silent', runs: [RUN] }])
  await inTransaction(database.pool, (tx) => noteSpoken(tx, RUN))
  expect(await silent()).toEqual([])
  await earlier(6 * MINUTE)
  expect(await silent()).toMatchObject([{ kind: 'silent' }])
})

test('whoever sent the train is told of its run', async () => {
  await start()
  await earlier(6 * MINUTE)
  expect((await state()).concerns).toMatchObject([{ told_to: { at: 'thread', people: ['ana'] } }])
})

test('a run says how long it takes and usually took, to programs and in the terminal', async () => {
  await start()
  const [run] = (await state()).environments
  expect(run?.deployment).toMatchObject({ status: 'running', usual_ms: null, eta: null })
  await database.pool.query(
    `INSERT INTO deployments (key, run, pipeline, train, environment, kind, attempt, sha, epoch, plan,
                              deploy, agent, status, requested_at, started_at, ended_at)
     SELECT 'k' || n, 'r' || n, pipeline, train, environment, kind, 10 + n, sha, -n, plan, deploy, agent,
            'verified', now() - interval '1 h', now() - interval '1 h', now() - interval '56 min'
       FROM deployments, generate_series(1, 3) AS n`,
  )
  const [timed] = (await state()).environments
  const begun = Date.parse(timed?.deployment?.started_at ?? '')
  expect(timed?.deployment).toMatchObject({
    usual_ms: 4 * MINUTE,
    eta: new Date(begun + 4 * MINUTE).toISOString(),
  })
  expect(board(await state())).toMatch(/running api-1-production-forward-1 for \d+s of usually 4m/)
  await database.pool.query(
    `UPDATE deployments SET started_at = started_at - interval '5 min' WHERE run = $1`,
    [RUN],
  )
  expect(board(await state())).toMatch(/for 5m\d*s?, longer than its usual 4m/)
})
