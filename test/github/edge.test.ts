/**
 * GitHub's edge as `serve` puts it together, as a GitHub App: from a signed webhook to a change
 * aboard, and from a deployment to GitHub's page.
 */
import { generateKeyPairSync } from 'node:crypto'
import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { createChangeSignal } from '../../src/app/change-signal.ts'
import { createDispatch, type Dispatch } from '../../src/app/dispatch.ts'
import { hearInAll } from '../../src/app/siblings.ts'
import { secretOf } from '../../src/config/secret.ts'
import type { Command } from '../../src/core/command.ts'
import type { Actor, Pipeline } from '../../src/core/model.ts'
import { type Configured, ensurePipeline } from '../../src/db/load.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { type GithubEdge, startGithub } from '../../src/github-edge.ts'
import { quiet, type TestDatabase, testDatabase } from '../world/database.ts'
import { FakeGithub, SECRET } from '../world/github.ts'
import { environment, people, policy } from '../world/policy.ts'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const KEY = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()

let database: TestDatabase
let github: FakeGithub
let dispatch: Dispatch
let pipelines: ReadonlyMap<string, Configured>
let edge: GithubEdge
let server: Server
let to: string

beforeEach(async () => {
  database = await testDatabase()
  github = new FakeGithub()
  await github.start()
  const configured: Configured = {
    policy: policy({ environments: [environment('production')] }),
    people,
    carries: () => true,
    ridesAlone: () => false,
  }
  pipelines = new Map([['api', configured]])
  const { pool } = database
  await inTransaction(pool, (tx) => ensurePipeline(tx, configured))
  const plain = createDispatch({ pool, pipelines, changed: () => {}, clock: null })
  dispatch = hearInAll({ pipelines, dispatch: plain })
  edge = opened()
  const app = new Hono()
  app.route('/github', edge.routes)
  await new Promise<void>((ready) => {
    server = serve({ fetch: app.fetch, port: 0 }, ({ port }) => {
      to = `http://127.0.0.1:${port}/github/webhooks`
      ready()
    }) as Server
  })
})

afterEach(async () => {
  await edge.stop()
  server.close()
  github.stop()
  await database.drop()
})

const signal = createChangeSignal()

const opened = (): GithubEdge =>
  startGithub({
    config: {
      url: 'https://deploy.example.com',
      githubToken: null,
      github: {
        webhookSecret: secretOf(SECRET),
        app: { id: '7', privateKey: secretOf(KEY) },
        apiUrl: github.url,
        webUrl: github.url,
      },
    },
    pool: database.pool,
    pipelines,
    dispatch,
    logOf: (run) => `https://deploy.example.com/logs/${run}`,
    signal,
    stored: signal.changed,
    log: quiet,
  })

const ANA: Actor = { name: 'ana', kind: 'person', groups: [] }

async function tell(command: Command, actor: Actor = ANA): Promise<Pipeline> {
  const outcome = await dispatch('api', command, actor)
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.refusal))
  return outcome.pipeline
}

async function settle(what: string, holds: (pipeline: Pipeline) => boolean): Promise<Pipeline> {
  const limit = Date.now() + 20_000
  for (;;) {
    const pipeline = await tell({ type: 'tick' })
    if (holds(pipeline)) return pipeline
    if (Date.now() > limit) throw new Error(`never: ${what}`)
    await new Promise((look) => setTimeout(look, 50))
  }
}

test('a merge that GitHub tells of is aboard at once, and told fuller a moment later', async () => {
  edge.start()
  const pull = github.merge('Cache prices')
  for (const one of github.take()) expect(await github.deliver(to, one)).toBe(202)
  const pipeline = await settle('paths are known', ({ changes }) => Boolean(changes[0]?.paths))
  expect(pipeline.changes).toMatchObject([{ sha: pull.sha, number: 1, author: 'ana' }])
  expect(pipeline.trains).toMatchObject([{ number: 1, status: 'boarding' }])
  expect(github.headers['authorization']).toBe('token ghs_installation_token')
})

test('what was acknowledged before a crash is recorded by the next process', async () => {
  github.merge('Cache prices')
  for (const one of github.take()) expect(await github.deliver(to, one)).toBe(202)
  await edge.stop()
  edge = opened()
  edge.start()
  await settle('the change is aboard', ({ changes }) => changes.length === 1)
})

test('it stops although GitHub hangs, and waits for no limit of its own', async () => {
  const limit = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(new AbortController().signal)
  onTestFinished(() => limit.mockRestore())
  github.trouble(/./, { kind: 'hang' }, 1_000)
  github.merge('Cache prices')
  for (const one of github.take()) await github.deliver(to, one)
  edge.start()
  await settle('the change is aboard', ({ changes }) => changes.length === 1)
  await expect.poll(() => github.asked.length, { timeout: 20_000 }).toBeGreaterThan(0)
  await edge.stop()
})

test('a deployment is shown on GitHub as it goes, and its predecessor as inactive', async () => {
  const agent: Actor = { name: 'signalbox', kind: 'system', groups: [] }
  const deploy = async (title: string): Promise<string> => {
    github.merge(title)
    for (const one of github.take()) await github.deliver(to, one)
    await settle(`${title} is aboard`, ({ trains }) =>
      trains.some(({ status }) => status === 'boarding'),
    )
    const departed = await tell({
      type: 'depart',
      train: null,
      ref: null,
      environment: null,
      plan: null,
    })
    const deployment = departed.deployments.find(({ status }) => status === 'requested')
    if (deployment === undefined) throw new Error('nothing was started')
    const { key, run, epoch } = deployment
    await edge.mirror?.(key, () => {})
    await tell({ type: 'claim_run', run }, agent)
    for (const status of ['running', 'succeeded'] as const) {
      await tell({ type: 'record_run', run, epoch, status, reason: null, tail: [] }, agent)
      await edge.mirror?.(key, () => {})
    }
    return key
  }
  edge.start()
  await deploy('One')
  await deploy('Two')
  expect(github.deployments).toMatchObject([
    {
      body: { environment: 'production', production_environment: true },
      statuses: [
        { state: 'queued' },
        { state: 'in_progress' },
        { state: 'success', description: 'Deployment of api train #1' },
        { state: 'inactive' },
      ],
    },
    { statuses: [{ state: 'queued' }, { state: 'in_progress' }, { state: 'success' }] },
  ])
})
