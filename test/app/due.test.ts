/**
 * What has come due, with a real database: it is taken up, whoever decides in between.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDispatch, type Dispatch } from '../../src/app/dispatch.ts'
import type { Command } from '../../src/core/command.ts'
import { ensurePipeline } from '../../src/db/load.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { actor } from '../core/line-story.ts'
import { type TestDatabase, testDatabase } from '../world/database.ts'
import { askAuthors, change, environment, people, policy, sha } from '../world/policy.ts'

const STAND_IN_MS = 60_000

let database: TestDatabase
let dispatch: Dispatch
let now = Date.parse('2026-01-07T08:00:00Z')

beforeEach(async () => {
  database = await testDatabase()
  const approvals = { ...askAuthors, standInAfterMs: STAND_IN_MS }
  const its = {
    ...{ policy: policy({ environments: [environment('production', { approvals })] }), people },
    ...{ carries: () => true, ridesAlone: () => false },
  }
  await inTransaction(database.pool, (tx) => ensurePipeline(tx, its))
  dispatch = createDispatch({
    ...{ pool: database.pool, pipelines: new Map([['api', its]]), clock: () => now },
    ...{ changed: () => {}, delivers: () => true },
  })
})

afterEach(() => database.drop())

async function act(who: string, command: Command): Promise<readonly string[]> {
  const outcome = await dispatch('api', command, actor(who))
  return outcome.ok ? outcome.events.map(({ type }) => type) : [outcome.refusal.code]
}

/** Trains whose announcement waits to be drawn. */
async function announced(): Promise<readonly number[]> {
  const { rows } = await database.pool.query<{ train: number }>(
    `SELECT train FROM outbox WHERE effect->>'type' = 'announce' AND delivered_at IS NULL`,
  )
  return rows.map(({ train }) => train)
}

test('a button that time alone offers is drawn, also when somebody decided just before the sweep', async () => {
  await act('ci', { type: 'record_change', change: change('a', { mergedAt: now }) })
  const pending = { sha: sha('a'), name: 'test', status: 'pending', at: now } as const
  await act('ci', { type: 'record_check', ...pending })
  const doors = { train: null, ref: null, environment: null, plan: null }
  expect(await act('bob', { type: 'depart', ...doors })).toEqual(['train_departed'])
  await database.pool.query('DELETE FROM outbox')
  now += STAND_IN_MS
  expect(await act('ci', { type: 'record_check', ...pending })).toEqual([])
  expect(await announced()).toEqual([])
  const { rows } = await database.pool.query<{ due_at: Date }>('SELECT due_at FROM pipelines')
  expect(rows[0]?.due_at.getTime()).toBe(now)
  expect(await act('signalbox', { type: 'tick' })).toEqual([])
  expect(await announced()).toEqual([1])
})
