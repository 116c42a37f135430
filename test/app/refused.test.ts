/** What is refused, with a real database: who asked for what, and why not, stands in the audit. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDispatch, type Dispatch } from '../../src/app/dispatch.ts'
import type { Command } from '../../src/core/command.ts'
import { readAudit } from '../../src/db/audit.ts'
import { type Configured, ensurePipeline } from '../../src/db/load.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { actor } from '../core/line-story.ts'
import { type TestDatabase, testDatabase } from '../world/database.ts'
import { people, policy } from '../world/policy.ts'

const NOW = Date.parse('2026-01-07T08:00:00Z')

let database: TestDatabase
let dispatch: Dispatch
let woken = 0

beforeEach(async () => {
  database = await testDatabase()
  const permissions = { ...policy().permissions, hold: ['ana'] }
  const its: Configured = {
    policy: policy({ permissions }),
    people,
    carries: () => true,
    ridesAlone: () => false,
  }
  await inTransaction(database.pool, (tx) => ensurePipeline(tx, its))
  const pipelines = new Map([['api', its]])
  woken = 0
  const changed = (): void => {
    woken += 1
  }
  dispatch = createDispatch({ pool: database.pool, pipelines, changed, clock: () => NOW })
})

afterEach(async () => {
  await database.dropWhole()
})

const audited = () =>
  inTransaction(database.pool, (tx) => readAudit(tx, 'api', { after: 0, limit: 10 }))

const stop: Command = { type: 'stop', reason: 'look' }
const notAllowed = { code: 'not_allowed', permission: 'hold' }

test.each(['bob', 'ci'])(
  'a refusal to %s is kept: what was asked, when, and why not',
  async (who) => {
    expect(await dispatch('api', stop, actor(who))).toEqual({ ok: false, refusal: notAllowed })
    expect(await audited()).toMatchObject([
      {
        type: 'refused',
        actor: who,
        at: NOW,
        body: { command: 'stop', refusal: notAllowed },
      },
    ])
    expect(woken).toBe(0)
  },
)

test('each refusal is kept, also of what was refused before', async () => {
  await dispatch('api', stop, actor('bob'))
  await dispatch('api', stop, actor('ana'))
  await dispatch('api', stop, actor('bob'))
  expect((await audited()).map(({ type, actor: by }) => `${type} by ${by}`)).toEqual([
    'refused by bob',
    'line_stopped by ana',
    'refused by bob',
  ])
})

test('a stale report of an agent is refused, and nobody’s news', async () => {
  const report = {
    run: 'nowhere-1',
    epoch: 1,
    status: 'succeeded',
    reason: null,
    tail: [],
  } as const
  const told = await dispatch('api', { type: 'record_run', ...report }, actor('signalbox'))
  expect(told).toMatchObject({ ok: false, refusal: { code: 'no_such_run' } })
  expect(await audited()).toEqual([])
})
