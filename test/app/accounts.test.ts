/**
 * What a server makes of an agent's journal, on a real database.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Agents, createAgents } from '../../src/app/agents.ts'
import { createDispatch, type Dispatch } from '../../src/app/dispatch.ts'
import type { Pipeline } from '../../src/core/model.ts'
import { unansweredAccounts } from '../../src/db/accounts.ts'
import { type Configured, ensurePipeline, loadPipeline } from '../../src/db/load.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import type { PollAnswer, RunAccount } from '../../src/runs/protocol.ts'
import { actor } from '../core/line-story.ts'
import { type TestDatabase, testDatabase } from '../world/database.ts'
import { change, environment, people, policy, sha } from '../world/policy.ts'

let database: TestDatabase
let configured: Configured
let dispatch: Dispatch
let agents: Agents
let count = 0

beforeAll(async () => {
  database = await testDatabase()
})

afterAll(() => database.drop())

/** A pipeline of its own for each test, with one train that has departed. */
beforeEach(async () => {
  count += 1
  const pipeline = `api-${count}`
  const its = policy({ pipeline, repository: pipeline, environments: [environment('production')] })
  configured = { policy: its, people, carries: () => true, ridesAlone: () => false }
  const pipelines = new Map([[pipeline, configured]])
  const { pool } = database
  await inTransaction(pool, (tx) => ensurePipeline(tx, configured))
  dispatch = createDispatch({ pool, pipelines, changed: () => undefined, clock: null })
  agents = createAgents({ pool, dispatch, pipelines, setAside: async () => undefined })
  await dispatch(pipeline, { type: 'record_change', change: change(`a${count}`) }, actor('ci'))
  const depart = { type: 'depart', train: null, ref: null, environment: null, plan: null } as const
  await dispatch(pipeline, depart, actor('ana'))
})

const name = (): string => configured.policy.pipeline

const look = (...seen: readonly RunAccount[]): Promise<PollAnswer> =>
  agents.look({
    ...{ agent: 'embedded', instance: 'i1', runs: [], draining: false, waitMs: 0 },
    seen,
  })

const account = (over: Partial<RunAccount> = {}): RunAccount => ({
  pipeline: name(),
  environment: 'production',
  run: `${name()}-9-production-forward-1`,
  epoch: 5,
  kind: 'forward',
  sha: sha('lost'),
  begun: true,
  status: 'succeeded',
  reason: 'exit status 0',
  tail: [],
  hand: null,
  ...over,
})

const state = (): Promise<Pipeline> =>
  inTransaction(database.pool, async (tx) => (await loadPipeline(tx, configured, [])).pipeline)

const statuses = async (): Promise<readonly string[]> =>
  (await state()).deployments.map(({ status }) => status)

const mine = async () =>
  (await inTransaction(database.pool, unansweredAccounts)).filter(
    ({ pipeline }) => pipeline === name(),
  )

test('an agent that knows a higher epoch is believed before it is given anything to do', async () => {
  const answer = await look(account())
  expect(answer.claims).toEqual([])
  expect(await statuses()).toEqual(['aborted', 'unknown'])
  expect((await state()).environments[0]?.epoch).toBe(5)
  expect(await mine()).toMatchObject([{ sha: sha('lost'), agent: 'embedded', by: null }])
  await look(account())
  expect(await statuses()).toHaveLength(2)
})

test('a forgotten run is told apart from another of the same name', async () => {
  const [claim] = (await look()).claims
  expect(claim).toMatchObject({ epoch: 1 })
  await agents.report({
    ...{ instance: 'i1', run: claim?.run ?? '', epoch: 1, status: 'succeeded' },
    ...{ at: '', reason: '', tail: [] },
  })
  await look(account({ run: claim?.run ?? '', epoch: 1 }))
  expect(await mine()).toEqual([])
  await look(account({ run: claim?.run ?? '', epoch: 2 }))
  expect(await mine()).toHaveLength(1)
})

test('a run that the agent still has to report the end of comes first', async () => {
  const [claim] = (await look()).claims
  const answer = await look(account())
  expect(answer.claims).toMatchObject([{ run: claim?.run }])
  expect(await mine()).toEqual([])
  await agents.report({
    ...{ instance: 'i1', run: claim?.run ?? '', epoch: 1, status: 'succeeded' },
    ...{ at: '', reason: '', tail: [] },
  })
  await look(account())
  expect(await mine()).toHaveLength(1)
  expect((await state()).environments[0]?.live?.sha).toBe(sha(`a${count}`))
})

test('one that was at work is told of again when it has ended', async () => {
  await look(account({ status: 'running', reason: 'it had not ended yet' }))
  await look(account({ status: 'failed', reason: 'exit status 3' }))
  expect(await mine()).toMatchObject([{ status: 'failed', reason: 'exit status 3' }])
})

test('pipelines and environments of another server change nothing here', async () => {
  const elsewhere = account({ pipeline: 'elsewhere', hand: { by: 'ana', reason: 'why' } })
  const answer = await look(elsewhere, account({ environment: 'canary' }))
  expect(answer.claims).toHaveLength(1)
  const report = { instance: 'i1', account: elsewhere }
  expect(await agents.account('embedded', report)).toBe('unknown_place')
})

test('a deploy by hand is recorded once, in its orderer’s name, however often it is told', async () => {
  const hand = { by: 'ana', reason: 'prices are wrong' }
  const byHand = account({ run: `${name()}-by-hand`, epoch: 1, hand })
  const told = await Promise.allSettled([1, 2, 3].map(() => tell(byHand)))
  expect(told.some(({ status }) => status === 'fulfilled')).toBe(true)
  expect(await tell(byHand)).toBe('recorded')
  const { environments } = await state()
  expect(environments[0]).toMatchObject({ epoch: 2, live: { sha: sha('lost'), by: 'ana' } })
  await look({ ...byHand, tail: [] })
  expect((await state()).environments[0]?.live).toEqual(environments[0]?.live)
})

const tell = (byHand: RunAccount) => agents.account('embedded', { instance: 'i1', account: byHand })
