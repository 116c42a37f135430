/**
 * The issue that says what a migration leaves to remove: one, whatever is lost or repeated, open for
 * as long as there is something to remove.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDispatch, type Dispatch } from '../../src/app/dispatch.ts'
import type { Command } from '../../src/core/command.ts'
import { type Configured, ensurePipeline, loadPipeline } from '../../src/db/load.ts'
import { refusedIssues } from '../../src/db/migration-messages.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { createClient } from '../../src/github/client.ts'
import { createIssues, type ShowIssue } from '../../src/github-issues.ts'
import { actor } from '../core/line-story.ts'
import { migrationsPolicy } from '../core/migration-story.ts'
import { quiet, type TestDatabase, testDatabase } from '../world/database.ts'
import { FakeGithub } from '../world/github.ts'
import { change, environment, people, policy, sha } from '../world/policy.ts'

let database: TestDatabase
let github: FakeGithub
let dispatch: Dispatch
let configured: Configured
let show: () => ReturnType<ShowIssue>

beforeEach(async () => {
  database = await testDatabase()
  github = new FakeGithub()
  await github.start()
  const { pool } = database
  const its = policy({
    environments: [environment('production')],
    migrations: migrationsPolicy({
      start: 'by_itself',
      afterMs: 0,
      verify: null,
      batch: { size: 1, everyMs: 0 },
    }),
  })
  configured = { policy: its, people, carries: () => true, ridesAlone: () => false }
  const pipelines = new Map([['api', configured]])
  await inTransaction(pool, (tx) => ensurePipeline(tx, configured))
  dispatch = createDispatch({ pool, pipelines, changed: () => undefined, clock: null })
  const auth = { kind: 'token', token: 'ghp_0123456789abcdef' } as const
  const client = createClient({ apiUrl: github.url, auth })
  const issues = createIssues({ apiUrl: github.url, pool, pipelines, client, log: quiet })
  show = () => issues({ pipeline: 'api', change: sha('c2') }, () => undefined)
  await ship('c1', [])
  await ship('c2', ['migration'])
})

afterEach(async () => {
  github.stop()
  await database.drop()
})

const NOT_ALLOWED = 'Resource not accessible by integration'

const refused = () => inTransaction(database.pool, refusedIssues)

const act = async (who: string, command: Command): Promise<void> => {
  const outcome = await dispatch('api', command, actor(who))
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.refusal))
}

const state = async () =>
  (await inTransaction(database.pool, (tx) => loadPipeline(tx, configured, []))).pipeline

/** The agent does all that waits for it. */
async function work(): Promise<void> {
  const { deployments, migrations } = await state()
  const runs = [...deployments, ...migrations.flatMap(({ run }) => run ?? [])]
  for (const { run, epoch, status } of runs) {
    if (status !== 'requested') continue
    await act('signalbox', { type: 'claim_run', run })
    const ended = { status: 'succeeded', reason: null, tail: [] } as const
    await act('signalbox', { type: 'record_run', run, epoch, ...ended })
  }
}

async function ship(name: string, labels: readonly string[]): Promise<void> {
  const parent = name === 'c1' ? null : sha(`c${Number(name.slice(1)) - 1}`)
  const title = 'Move @everyone `now`'
  const facts = { number: Number(name.slice(1)), parent, labels, title }
  const one = change(name, { ...facts, mergedAt: Date.now() - 60_000 })
  await act('ci', { type: 'record_change', change: one })
  const { trains } = await state()
  if (trains.some(({ status }) => status === 'boarding')) {
    const all = { train: null, ref: null, environment: null, plan: null }
    await dispatch('api', { type: 'depart', ...all }, actor('ana'))
  }
  await work()
}

test('it is opened once the migration is verified, and closed when the old code is gone', async () => {
  await show()
  expect(github.issues).toEqual([])
  await work()
  await show()
  await show()
  expect(github.issues).toMatchObject([
    { title: 'Remove what the migration of #2 replaced (api)', state: 'open' },
  ])
  expect(github.issues[0]?.body).toContain('`Move @everyone ˋnowˋ`')
  await ship('c3', ['contract'])
  await show()
  expect(github.issues).toMatchObject([{ state: 'closed' }])
})

test('one whose answer was lost is found again by its mark', async () => {
  await work()
  github.trouble(/^POST .*\/issues$/, { kind: 'lost' })
  await expect(show()).rejects.toThrow()
  await show()
  expect(github.issues).toHaveLength(1)
})

test('an App that may not write issues is asked again in an hour, and doctor names it', async () => {
  await work()
  github.trouble(/issues/, { kind: 'status', status: 403, message: NOT_ALLOWED })
  expect(await show()).toEqual({ done: false, laterMs: 3_600_000 })
  expect(github.issues).toEqual([])
  expect(await refused()).toEqual([{ pipeline: 'api', change: '2' }])
  expect(await show()).toEqual({ done: true })
  expect(github.issues).toHaveLength(1)
  expect(await refused()).toEqual([])
})

test("nobody else's issue is taken for ours, and no pull request", async () => {
  await work()
  const mark = `<!-- signalbox migration api ${sha('c2')} -->`
  const common = { title: 'Mine', body: mark, state: 'open' }
  const ours = { login: 'deployer' }
  github.issues.push(
    { ...common, number: 1, user: { login: 'stranger' } },
    { ...common, number: 2, user: ours, pull_request: {} },
    { ...common, number: 3, user: ours, performed_via_github_app: { id: 7 } },
  )
  await show()
  expect(github.issues.map(({ number }) => number)).toEqual([1, 2, 3, 4])
  await ship('c3', ['contract'])
  await show()
  expect(github.issues.map(({ state }) => state)).toEqual(['open', 'open', 'open', 'closed'])
})

test.each([404, 410])(
  'one that is gone (%i) is forgotten, and looked for again',
  async (status) => {
    await work()
    await show()
    await ship('c3', ['contract'])
    github.trouble(/^PATCH/, { kind: 'status', status, message: 'Gone' })
    expect(await show()).toEqual({ done: true })
    expect(github.issues).toMatchObject([{ state: 'closed' }])
  },
)
