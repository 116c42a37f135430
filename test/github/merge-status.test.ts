/**
 * Open pull requests are shown whether merges are welcome: stopped, backlogged, or open again.
 */
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDispatch, type Dispatch } from '../../src/app/dispatch.ts'
import { type Hearing, hearDue } from '../../src/app/hear.ts'
import { createMergeStatuses } from '../../src/app/merge-status.ts'
import { createObserver } from '../../src/app/observe.ts'
import { storeDeliveries } from '../../src/db/inbox.ts'
import { type Configured, ensurePipeline } from '../../src/db/load.ts'
import { mergesRefused } from '../../src/db/pulls.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { createClient } from '../../src/github/client.ts'
import { createGithubRoutes } from '../../src/http/github-routes.ts'
import { createMetrics } from '../../src/http/metrics.ts'
import { actor } from '../core/line-story.ts'
import { quiet, type TestDatabase, testDatabase } from '../world/database.ts'
import { FakeGithub, SECRET } from '../world/github.ts'
import { change, people, policy, sha } from '../world/policy.ts'

let database: TestDatabase
let github: FakeGithub
let dispatch: Dispatch
let look: () => Promise<void>
let pipelines: Map<string, Configured>
let deliver: () => Promise<void>
let close: () => void

beforeEach(async () => {
  database = await testDatabase()
  github = new FakeGithub()
  await github.start()
  const { pool } = database
  const configured: Configured = {
    policy: policy({ backlog: 1 }),
    people,
    carries: () => true,
    ridesAlone: () => false,
  }
  pipelines = new Map([['api', configured]])
  await inTransaction(pool, (tx) => ensurePipeline(tx, configured))
  dispatch = createDispatch({ pool, pipelines, changed: () => {}, clock: null })
  look = begin()
  const observer = createObserver({ pool, pipelines, dispatch, apiUrl: github.url })
  const hearing: Hearing = { pool, observer, account: null, log: quiet }
  const app = new Hono()
  app.route(
    '/github',
    createGithubRoutes({
      secret: SECRET,
      store: (one) => inTransaction(pool, (tx) => storeDeliveries(tx, [one])),
      follows: observer.follows,
      log: quiet,
    }),
  )
  const listening = await new Promise<{ port: number; server: ReturnType<typeof serve> }>(
    (ready) => {
      const server = serve({ fetch: app.fetch, port: 0 }, ({ port }) => ready({ port, server }))
    },
  )
  close = () => void listening.server.close()
  deliver = async () => {
    for (const one of github.take()) {
      const status = await github.deliver(`http://127.0.0.1:${listening.port}/github/webhooks`, one)
      expect(status).toBe(202)
    }
    await hearDue(hearing, 'hear')
  }
})

afterEach(async () => {
  close()
  github.stop()
  await database.drop()
})

/** A server that has just started. */
function begin(): () => Promise<void> {
  const client = createClient({
    apiUrl: github.url,
    auth: { kind: 'token', token: 'ghp_0123456789abcdef' },
  })
  return createMergeStatuses({
    pool: database.pool,
    pipelines,
    client,
    apiUrl: github.url,
    url: 'https://deploy.example.com',
    log: quiet,
  })
}

const told = (): readonly string[] =>
  github.statuses
    .splice(0)
    .map(({ sha: at, body }) => `${at.slice(0, 4)} ${body['state']}: ${body['description']}`)
    .sort()

const short = (name: string): string => sha(name).slice(0, 4)

const act = async (who: string, command: Parameters<Dispatch>[1]): Promise<void> => {
  const outcome = await dispatch('api', command, actor(who))
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.refusal))
}

const NOT_ALLOWED = {
  kind: 'status',
  status: 403,
  message: 'Resource not accessible by integration',
} as const

const STOPPED = 'failure: api was stopped by ana: smoke'

test('a stop is shown on every open pull request, and taken back as the line goes on', async () => {
  github.open.set(1, sha('one'))
  github.open.set(2, sha('two'))
  await act('ana', { type: 'stop', reason: 'smoke' })
  await look()
  await look()
  expect(github.statuses[0]?.body['context']).toBe('signalbox/api')
  expect(told()).toEqual([`${short('one')} ${STOPPED}`, `${short('two')} ${STOPPED}`].sort())
  await act('bob', { type: 'resume', reason: 'a fuse' })
  await look()
  expect(told()).toEqual(
    [
      `${short('one')} success: api takes merges`,
      `${short('two')} success: api takes merges`,
    ].sort(),
  )
  const asked = github.asked.length
  await look()
  expect(github.asked.length).toBe(asked)
})

test('a pull request opened or moved meanwhile is told too, one that was closed is not', async () => {
  await act('ana', { type: 'stop', reason: 'smoke' })
  await look()
  github.pull('opened', 7, sha('seven'))
  github.pull('opened', 8, sha('eight'))
  await deliver()
  github.pull('closed', 8, sha('eight'))
  await deliver()
  await look()
  expect(told()).toEqual([`${short('seven')} ${STOPPED}`])
  github.pull('synchronize', 7, sha('seven, mended'))
  await deliver()
  await look()
  expect(told()).toEqual([`${short('seven, mended')} ${STOPPED}`])
})

test('while the line runs a new pull request is told so, that the status may be required', async () => {
  github.pull('opened', 7, sha('seven'))
  await deliver()
  await look()
  expect(told()).toEqual([`${short('seven')} success: api takes merges`])
})

test('more changes on the line than the backlog allows are shown, until they are fewer', async () => {
  github.open.set(1, sha('one'))
  const merge = (name: string, parent: string | null): Promise<void> =>
    act('ci', { type: 'record_change', change: { ...change(name), parent, mergedAt: Date.now() } })
  await merge('a', null)
  await look()
  expect(told()).toEqual([])
  await merge('b', sha('a'))
  await look()
  expect(told()).toEqual([
    `${short('one')} failure: api is backlogged: more than 1 change waits to be deployed`,
  ])
})

test('GitHub down, limited or without the permission blocks nothing and is made up for', async () => {
  github.open.set(1, sha('one'))
  await act('ana', { type: 'stop', reason: 'smoke' })
  github.trouble(/statuses/, { kind: 'status', status: 502 })
  await expect(look()).rejects.toThrow()
  github.trouble(/statuses/, { kind: 'status', status: 403, headers: { 'retry-after': '1' } })
  await look()
  expect(told()).toEqual([])
  await expect
    .poll(
      async () => {
        await look()
        return told()
      },
      { timeout: 10_000 },
    )
    .toEqual([`${short('one')} ${STOPPED}`])
  await act('bob', { type: 'resume', reason: 'a fuse' })
  github.trouble(/statuses/, NOT_ALLOWED)
  await look()
  const asked = github.asked.length
  await look()
  expect(github.asked.length).toBe(asked)
})

test.each([
  ['statuses', /statuses/],
  ['pulls', /pulls/],
] as const)('what is not allowed of %s is remembered until it is', async (what, call) => {
  const refused = () => inTransaction(database.pool, mergesRefused)
  github.open.set(1, sha('one'))
  await act('ana', { type: 'stop', reason: 'smoke' })
  github.trouble(call, NOT_ALLOWED)
  await look()
  expect(await refused()).toEqual([{ pipeline: 'api', refused: what }])
  expect(told()).toEqual([])
  await begin()()
  expect(await refused()).toEqual([])
  expect(told()).toEqual([`${short('one')} ${STOPPED}`])
})

test('our own status is never heard as a check, though the commit is one of the line', async () => {
  await act('ci', { type: 'record_change', change: { ...change('one'), mergedAt: Date.now() } })
  github.open.set(1, sha('one'))
  await act('ana', { type: 'stop', reason: 'smoke' })
  await look()
  await deliver()
  const { rows } = await database.pool.query(`SELECT name FROM checks`)
  expect(rows).toEqual([])
})

test('the figures keep how often the line was stopped, and how long it stands and stood', async () => {
  const metrics = createMetrics(database.pool)
  await act('ana', { type: 'stop', reason: 'smoke' })
  expect(await metrics.text()).toMatch(/signalbox_line_stopped_seconds\{pipeline="api"\} 0\.\d+/)
  await act('bob', { type: 'resume', reason: 'a fuse' })
  const text = await metrics.text()
  expect(text).toContain('signalbox_line_stopped_seconds{pipeline="api"} 0')
  expect(text).toContain('signalbox_line_stops{pipeline="api"} 1')
  expect(text).toMatch(/signalbox_line_stood_seconds\{pipeline="api"\} 0\.\d+/)
})

test('a repository that cannot be asked keeps no other one from being told', async () => {
  const gone = policy({ pipeline: 'old', repository: 'acme/deleted' })
  const old: Configured = { policy: gone, people, carries: () => true, ridesAlone: () => false }
  const api = pipelines.get('api')
  pipelines.clear()
  pipelines.set('old', old)
  if (api !== undefined) pipelines.set('api', api)
  await inTransaction(database.pool, (tx) => ensurePipeline(tx, old))
  await dispatch('old', { type: 'stop', reason: 'smoke' }, actor('ana'))
  await act('ana', { type: 'stop', reason: 'smoke' })
  github.open.set(1, sha('one'))
  await look()
  expect(told()).toEqual([`${short('one')} ${STOPPED}`])
})
