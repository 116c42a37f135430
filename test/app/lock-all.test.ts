/**
 * The lock on everything, with a real database: no start slips past it, and it is told and audited.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDispatch, type Dispatch } from '../../src/app/dispatch.ts'
import { createLockAll, type LockAll, standingLockAll } from '../../src/app/lock-all.ts'
import type { Command } from '../../src/core/command.ts'
import type { Pipeline } from '../../src/core/model.ts'
import { readAudit } from '../../src/db/audit.ts'
import { type Configured, ensurePipeline, loadPipeline } from '../../src/db/load.ts'
import { readLockAll } from '../../src/db/lock-all.ts'
import { duePipelines } from '../../src/db/runs.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { actor } from '../core/line-story.ts'
import { type TestDatabase, testDatabase } from '../world/database.ts'
import { change, environment, people, policy } from '../world/policy.ts'

let database: TestDatabase
let pipelines: Map<string, Configured>
let dispatch: Dispatch
let lockAll: LockAll
let now = 0

const configured = (name: string): Configured => ({
  policy: policy({
    pipeline: name,
    repository: `acme/${name}`,
    environments: [environment('production')],
  }),
  people,
  carries: () => true,
  ridesAlone: () => false,
})

async function add(name: string): Promise<void> {
  const one = configured(name)
  pipelines.set(name, one)
  await inTransaction(database.pool, (tx) => ensurePipeline(tx, one))
}

beforeEach(async () => {
  database = await testDatabase()
  pipelines = new Map()
  now = Date.parse('2026-01-07T08:00:00Z')
  await add('api')
  await add('web')
  const parts = { pool: database.pool, pipelines, changed: () => {}, clock: () => now }
  dispatch = createDispatch(parts)
  lockAll = createLockAll(parts)
})

afterEach(async () => {
  await database.dropWhole()
})

const freeze = { type: 'lock', id: 'all-1', reason: 'fire', forMs: null, takeOver: false } as const
const depart: Command = { type: 'depart', train: null, ref: null, environment: null, plan: null }

async function act(name: string, who: string, command: Command): Promise<readonly string[]> {
  const outcome = await dispatch(name, command, actor(who))
  return outcome.ok ? outcome.events.map(({ type }) => type) : [outcome.refusal.code]
}

const merge = (name: string): Promise<readonly string[]> =>
  act(name, 'ci', { type: 'record_change', change: change(name, { mergedAt: now }) })

const stateOf = (name: string): Promise<Pipeline> =>
  inTransaction(database.pool, async (tx) => {
    const one = pipelines.get(name)
    if (one === undefined) throw new Error(`no ${name}`)
    return (await loadPipeline(tx, one, [])).pipeline
  })

test('closes every pipeline, also one added later, until somebody opens them again', async () => {
  await merge('api')
  expect(await lockAll(freeze, actor('ana'))).toMatchObject({ ok: true })
  expect(await act('api', 'bob', depart)).toEqual(['train_departed'])
  await add('later')
  await merge('later')
  expect(await act('later', 'bob', depart)).toEqual(['train_departed'])
  expect((await stateOf('later')).lockAll).toMatchObject({ by: 'ana', reason: 'fire' })
  expect(await lockAll({ type: 'unlock', id: null }, actor('bob'))).toMatchObject({ ok: true })
  // Opened, every pipeline is due at once; the sweep would tick them.
  expect([...(await inTransaction(database.pool, duePipelines))].sort()).toEqual([
    'api',
    'later',
    'web',
  ])
  expect(await act('api', 'signalbox', { type: 'tick' })).toEqual(['deployment_requested'])
})

test('lets its holder send a plan under it, and nobody else', async () => {
  await merge('api')
  await lockAll(freeze, actor('ana'))
  await act('api', 'bob', depart)
  const go: Command = { ...depart, train: 1, environment: 'production' }
  expect(await act('api', 'bob', go)).toEqual(['locked'])
  expect(await act('api', 'ana', go)).toEqual(['lock_passed', 'deployment_requested'])
})

test('is one: another person takes it over by a word, and is told whose it was', async () => {
  await lockAll(freeze, actor('ana'))
  const mine = { ...freeze, id: 'all-2', reason: 'still' }
  expect(await lockAll(mine, actor('bob'))).toEqual({
    ok: false,
    refusal: { code: 'locked', by: 'ana', reason: 'fire', where: 'everything' },
  })
  await lockAll({ ...mine, takeOver: true }, actor('bob'))
  expect(await standingLockAll(database.pool)).toMatchObject({ id: 'all-2', by: 'bob' })
  const stale = await lockAll({ type: 'unlock', id: 'all-1' }, actor('ana'))
  expect(stale).toMatchObject({ refusal: { code: 'stale_lock' } })
  const chain = await inTransaction(database.pool, (tx) =>
    readAudit(tx, 'system', { after: 0, limit: 10 }),
  )
  expect(chain.map(({ type, actor: by }) => `${type} by ${by}`)).toEqual([
    'locked by ana',
    'refused by bob',
    'locked by bob',
    'refused by ana',
  ])
})

test('needs the permission to lock in every pipeline', async () => {
  const { policy: its, ...rest } = configured('vault')
  const permissions = { ...its.permissions, lock: ['sre'] }
  pipelines.set('vault', { ...rest, policy: { ...its, permissions } })
  const parts = { pool: database.pool, pipelines, changed: () => {}, clock: () => now }
  const strict = createLockAll(parts)
  expect(await strict(freeze, actor('ana'))).toMatchObject({ refusal: { code: 'not_allowed' } })
  expect(await strict(freeze, actor('dee'))).toMatchObject({ ok: true })
  expect(await strict({ type: 'unlock', id: null }, actor('ana'))).toMatchObject({ ok: false })
})

test('expires by itself: the next look starts what waited, and the row is cleared', async () => {
  await merge('api')
  await lockAll({ ...freeze, forMs: 60_000 }, actor('ana'))
  await act('api', 'bob', depart)
  now += 59_999
  expect(await act('api', 'signalbox', { type: 'tick' })).toEqual([])
  now += 1
  expect(await act('api', 'signalbox', { type: 'tick' })).toEqual(['deployment_requested'])
  expect(await lockAll({ type: 'tick' }, actor('signalbox'))).toMatchObject({
    events: [{ type: 'lock_expired' }],
  })
  expect(await standingLockAll(database.pool)).toBeNull()
  expect(await lockAll({ type: 'tick' }, actor('signalbox'))).toEqual({ ok: true, events: [] })
})

test('waits for a start that is being decided, and holds back the one after it', async () => {
  await merge('api')
  let decided = (): void => {}
  const deciding = new Promise<void>((done) => {
    decided = done
  })
  let reached = (): void => {}
  const inside = new Promise<void>((done) => {
    reached = done
  })
  const start = dispatch('api', depart, actor('bob'), async () => {
    reached()
    await deciding
  })
  await inside
  let placed = false
  const placing = lockAll(freeze, actor('ana')).then(() => {
    placed = true
  })
  const busy = inTransaction(database.pool, (tx) =>
    tx.query(`SELECT 1 FROM lock_all FOR UPDATE NOWAIT`),
  )
  await expect(busy).rejects.toThrow(/could not obtain lock/)
  expect(placed).toBe(false)
  decided()
  expect(await start).toMatchObject({ ok: true })
  await placing
  expect((await inTransaction(database.pool, (tx) => readLockAll(tx, 'share'))).lock?.by).toBe(
    'ana',
  )
  await merge('web')
  expect(await act('web', 'bob', depart)).toEqual(['train_departed'])
})

test('a rollback goes past it only by a word, and leaves it to its holder', async () => {
  for (const name of ['first', 'second']) {
    await act('api', 'ci', { type: 'record_change', change: change(name, { mergedAt: now }) })
    now += 60_000
    await act('api', 'bob', depart)
    const { deployments } = await stateOf('api')
    const run = deployments.at(-1)?.run ?? ''
    const epoch = deployments.at(-1)?.epoch ?? 0
    await act('api', 'signalbox', { type: 'claim_run', run })
    const report = { run, epoch, status: 'succeeded', reason: null, tail: [] } as const
    await act('api', 'signalbox', { type: 'record_run', ...report })
  }
  await lockAll(freeze, actor('ana'))
  const back = { environment: null, to: null, reason: 'bad', settle: false, abort: false } as const
  const roll: Command = { type: 'roll_back', ...back, takeOver: false }
  expect(await act('api', 'bob', roll)).toEqual(['locked'])
  expect(await act('api', 'bob', { ...roll, takeOver: true })).toEqual([
    'lock_overruled',
    'rollback_ordered',
    'locked',
    'deployment_requested',
  ])
  expect(await standingLockAll(database.pool)).toMatchObject({ by: 'ana' })
})
