/** The server's side of the run protocol, on a real database. */
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAgents } from '../../src/app/agents.ts'
import { createDispatch } from '../../src/app/dispatch.ts'
import { type Configured, ensurePipeline, loadPipeline } from '../../src/db/load.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { createAgentRoutes } from '../../src/http/agent-routes.ts'
import { createLogs } from '../../src/http/logs.ts'
import { actor } from '../core/line-story.ts'
import { type TestDatabase, testDatabase } from '../world/database.ts'
import { change, environment, people, policy } from '../world/policy.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

test('a log that ends with half a character keeps no run from ending', async () => {
  const { pool } = database
  const its = policy({
    pipeline: 'web',
    repository: 'web',
    environments: [environment('production')],
  })
  const configured = { policy: its, people, carries: () => true, ridesAlone: () => false }
  await inTransaction(pool, (tx) => ensurePipeline(tx, configured))
  const pipelines = new Map([['web', configured]])
  const dispatch = createDispatch({ pool, pipelines, changed: () => undefined, clock: null })
  const agents = createAgents({ pool, dispatch, pipelines, setAside: async () => undefined })
  const depart = { train: null, ref: null, environment: null, plan: null }
  await dispatch('web', { type: 'record_change', change: change('w') }, actor('ci'))
  await dispatch('web', { type: 'depart', ...depart }, actor('ana'))
  const poll = { agent: 'embedded', instance: 'w', runs: [], draining: false, waitMs: 0 }
  const [order] = (await agents.look(poll)).claims
  const routes = createAgentRoutes({
    pool,
    agents,
    logs: createLogs(tmpdir()),
    identify: async () => 'embedded',
    waitForChange: async () => undefined,
  })
  const { run, epoch } = order ?? { run: '', epoch: 0 }
  const told = { instance: 'w', run, epoch, at: new Date().toISOString(), status: 'succeeded' }
  const body = JSON.stringify({
    ...told,
    reason: 'exit status 0',
    tail: ['shipped \ud83d', '\u0000'],
  })
  const answer = await routes.request('/report', { method: 'POST', body })
  expect(answer.status).toBe(200)
  const { pipeline } = await inTransaction(pool, (tx) => loadPipeline(tx, configured, []))
  expect(pipeline.environments[0]?.live?.sha).toBe(change('w').sha)
})

test('a run whose agent falls silent is unknown, never failed, and keeps its environment', async () => {
  const { pool } = database
  const its = policy({ environments: [environment('production')] })
  const configured: Configured = {
    policy: its,
    people,
    carries: () => true,
    ridesAlone: () => false,
  }
  await inTransaction(pool, (tx) => ensurePipeline(tx, configured))
  const pipelines = new Map([['api', configured]])
  const dispatch = createDispatch({ pool, pipelines, changed: () => undefined, clock: null })
  const agents = createAgents({ pool, dispatch, pipelines, setAside: async () => undefined })
  const depart = { train: null, ref: null, environment: null, plan: null }
  await dispatch('api', { type: 'record_change', change: change('a') }, actor('ci'))
  await dispatch('api', { type: 'depart', ...depart }, actor('ana'))
  const poll = { agent: 'embedded', instance: 'i', runs: [], draining: false, waitMs: 0 }
  expect((await agents.look(poll)).claims.length).toBe(1)
  await agents.expire()
  const state = () => inTransaction(pool, (tx) => loadPipeline(tx, configured, []))
  expect((await state()).pipeline.deployments[0]?.status).toBe('requested')

  await pool.query(`UPDATE deployments SET lease_until = now() - interval '1 s'`)
  await agents.expire()
  expect((await state()).pipeline.deployments[0]?.status).toBe('unknown')
  const retried = await dispatch('api', { type: 'retry', train: null, reason: null }, actor('ana'))
  expect(retried).toMatchObject({ ok: false, refusal: { code: 'nothing_failed' } })
})

test('runs of a pipeline that this process does not know keep no other from being looked at', async () => {
  const { pool } = database
  const agents = createAgents({
    pool,
    dispatch: () => Promise.reject(new Error('not ours')),
    pipelines: new Map(),
    setAside: async () => undefined,
  })
  await pool.query(
    `INSERT INTO environments (pipeline, name) VALUES ('api', 'a'), ('api', 'b');
     INSERT INTO deployments (key, run, pipeline, train, environment, kind, attempt, sha, epoch, plan,
                              deploy, agent, status, requested_at, instance, lease_until)
     SELECT name, name, 'api', 1, name, 'forward', 1, $$${change('a').sha}$$, 1, '', '{}', 'embedded',
            'requested', now(), CASE name WHEN 'b' THEN 'gone' END, now() - interval '1 s'
       FROM environments WHERE name IN ('a', 'b')`,
  )
  const poll = { agent: 'embedded', instance: 'other', runs: [], draining: false, waitMs: 0 }
  expect((await agents.look(poll)).claims).toEqual([])
  await agents.expire()
})

test('an agent is told once to fetch what was heard, whichever process heard it', async () => {
  const { pool } = database
  const configured: Configured = {
    policy: policy({ environments: [environment('production')] }),
    people,
    carries: () => true,
    ridesAlone: () => false,
  }
  await inTransaction(pool, (tx) => ensurePipeline(tx, configured))
  const pipelines = new Map([['api', configured]])
  const process = () => createDispatch({ pool, pipelines, changed: () => undefined, clock: null })
  const parts = { pool, dispatch: process(), pipelines, setAside: async () => undefined }
  const agents = createAgents(parts)
  const poll = { agent: 'embedded', instance: 'i', runs: [], draining: false, waitMs: 0 }
  await agents.look(poll)
  expect((await agents.look(poll)).fetch).toEqual([])
  await process()('api', { type: 'record_change', change: change('c') }, actor('ci'))
  expect((await agents.look(poll)).fetch).toEqual([configured.policy.repository])
  expect((await agents.look(poll)).fetch).toEqual([])
})
