/**
 * A force-push with a real database: every pipeline of the repository takes it, once.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDispatch, type Dispatch } from '../../src/app/dispatch.ts'
import { createPolicies, type Policies } from '../../src/app/policies.ts'
import { hearInAll } from '../../src/app/siblings.ts'
import { withRepositoryFile } from '../../src/config/repository-file.ts'
import type { Command } from '../../src/core/command.ts'
import { aboard, unfinished } from '../../src/core/line.ts'
import type { Pipeline } from '../../src/core/model.ts'
import { loadPipeline } from '../../src/db/load.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { actor } from '../core/line-story.ts'
import { quiet, type TestDatabase, testDatabase } from '../world/database.ts'
import { change, environment, people, policy, sha } from '../world/policy.ts'

let database: TestDatabase
let policies: Policies
let dispatch: Dispatch
let now = 0

async function add(name: string): Promise<void> {
  const its = policy({ pipeline: name, environments: [environment('production')] })
  const all = [...policies.pipelines.values()].map((one) => one.policy)
  await policies.propose({ path: 'signalbox.yml', people, policies: [...all, its], lines: {} })
}

beforeEach(async () => {
  database = await testDatabase()
  const { pool } = database
  const testing = {
    carries: () => true,
    ridesAlone: () => false,
    understand: withRepositoryFile,
    delivers: () => false,
    log: quiet,
  }
  policies = createPolicies({ pool, ...testing })
  const { pipelines } = policies
  now = Date.parse('2026-01-07T08:00:00Z')
  await add('api')
  await add('web')
  const plain = createDispatch({
    pool,
    pipelines,
    changed: () => {},
    clock: () => now,
  })
  dispatch = hearInAll({ pipelines, dispatch: plain })
})

afterEach(async () => {
  await database.dropWhole()
})

async function act(name: string, who: string, command: Command): Promise<readonly string[]> {
  const outcome = await dispatch(name, command, actor(who))
  return outcome.ok ? outcome.events.map(({ type }) => type) : [outcome.refusal.code]
}

async function merge(name: string, parent: string | null): Promise<void> {
  const one = change(name, { mergedAt: now, parent: parent === null ? null : sha(parent) })
  await act('api', 'ci', { type: 'record_change', change: one })
  now += 1_000
}

const stateOf = (name: string): Promise<Pipeline> =>
  inTransaction(database.pool, async (tx) => {
    const one = policies.pipelines.get(name)
    if (one === undefined) throw new Error(`no ${name}`)
    return (await loadPipeline(tx, one, [])).pipeline
  })

async function line(name: string): Promise<readonly (readonly string[])[]> {
  const pipeline = await stateOf(name)
  return unfinished(pipeline).map((train) => aboard(pipeline, train).map((one) => one.sha))
}

const rewritten = (): Command => ({
  type: 'record_force_push',
  by: null,
  head: sha('a'),
  gone: [sha('b')],
  at: now,
})

test('stops each pipeline of the repository for what it has on its own line', async () => {
  await merge('a', null)
  await merge('b', 'a')
  await act('web', 'ana', { type: 'hold', train: 1, reason: 'wait' })
  const depart: Command = { type: 'depart', train: 1, ref: null, environment: null, plan: null }
  expect(await act('web', 'ana', depart)).toEqual(['train_departed'])
  const pushed = rewritten()
  expect(await act('api', 'ci', pushed)).toEqual(['branch_rewritten', 'line_stopped'])
  expect(await line('api')).toEqual([[sha('a')]])
  expect(await line('web')).toEqual([[sha('a'), sha('b')]])
  expect((await stateOf('web')).trains[0]?.kept).toEqual([sha('a'), sha('b')])
  expect((await stateOf('web')).stopped?.reason).toContain('force-pushed main')
  expect(await act('web', 'ci', pushed)).toEqual([])
})

test('holds for a pipeline that is added later', async () => {
  await merge('a', null)
  await merge('b', 'a')
  await act('api', 'ci', rewritten())
  await add('later')
  await act('later', 'signalbox', { type: 'tick' })
  expect(await line('later')).toEqual([[sha('a')]])
})

test('put back, brings back what it took', async () => {
  await merge('a', null)
  await merge('b', 'a')
  await act('api', 'ci', rewritten())
  now += 1_000
  const back: Command = { type: 'record_force_push', by: null, head: sha('b'), gone: [], at: now }
  expect(await act('api', 'ci', back)).toEqual(['branch_rewritten'])
  expect(await line('api')).toEqual([[sha('a'), sha('b')]])
})
