/** The outbox: order, collapse, and one holder of a lane. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Effect } from '../../src/core/effect.ts'
import {
  beginAttempt,
  dueLanes,
  giveUp,
  holdLane,
  leaveLane,
  outboxHealth,
  postpone,
  putEffect,
  settleDelivered,
  waitingIn,
} from '../../src/db/outbox.ts'
import { inTransaction, type Tx } from '../../src/db/transaction.ts'
import { type TestDatabase, testDatabase } from '../world/database.ts'

let database: TestDatabase

beforeEach(async () => {
  database = await testDatabase()
  await database.pool.query(
    `INSERT INTO pipelines (name, repository, branch) VALUES ('api', 'acme/api', 'main')`,
  )
})

afterEach(() => database.drop())

const tx = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => inTransaction(database.pool, work)
const LANE = 'api 1'
const ANNOUNCE: Effect = { type: 'announce', train: 1 }
const NARRATE: Effect = { type: 'narrate' }
const put = (effect: Effect, seq: number) =>
  tx((t) => putEffect(t, { pipeline: 'api', train: 1, lane: LANE, effect, seq, delayMs: 0 }))
const waiting = () => tx((t) => waitingIn(t, LANE))

test('announcements of one train collapse into the newest event, narrations never do', async () => {
  await put(ANNOUNCE, 1)
  await put(NARRATE, 1)
  await put(ANNOUNCE, 2)
  await put(NARRATE, 2)
  expect((await waiting()).map(({ effect, seq }) => [effect.type, seq])).toEqual([
    ['announce', 2],
    ['narrate', 1],
    ['narrate', 2],
  ])
})

test('what GitHub is to show of a deployment waits once, however much happens meanwhile', async () => {
  const mirror = (key: string): Effect => ({ type: 'mirror', key })
  for (const seq of [1, 2, 3]) await put(mirror('a'), seq)
  await put(mirror('b'), 4)
  const [row, ...others] = await waiting()
  if (row === undefined) throw new Error('nothing waits')
  expect([row, ...others].map(({ effect, seq }) => [effect, seq])).toEqual([
    [mirror('a'), 3],
    [mirror('b'), 4],
  ])
  await tx((t) => beginAttempt(t, [row.id]))
  await put(mirror('a'), 5)
  await tx((t) => settleDelivered(t, [row]))
  expect((await waiting()).map(({ seq }) => seq)).toEqual([5, 4])
})

test('an event that comes while its announcement is delivered is not lost', async () => {
  await put(ANNOUNCE, 1)
  const [row] = await waiting()
  if (row === undefined) throw new Error('nothing waits')
  await tx((t) => beginAttempt(t, [row.id]))
  await put(ANNOUNCE, 2)
  await tx((t) => settleDelivered(t, [row]))
  expect(await waiting()).toMatchObject([{ seq: 2, unsure: false, attempts: 0 }])
})

test('an announcement that is drawn anew while it is delivered is delivered once more', async () => {
  await put(ANNOUNCE, 1)
  const [row] = await waiting()
  if (row === undefined) throw new Error('nothing waits')
  await tx((t) => beginAttempt(t, [row.id]))
  await put(ANNOUNCE, 0)
  await tx((t) => settleDelivered(t, [row]))
  const [again] = await waiting()
  expect(again).toMatchObject({ seq: 1, unsure: false, attempts: 0 })
  await tx((t) => settleDelivered(t, again === undefined ? [] : [again]))
  expect(await waiting()).toEqual([])
})

test('a lane has one holder until it is left', async () => {
  const hold = (holder: string, leaseMs = 60_000) =>
    tx((t) => holdLane(t, { lane: LANE, holder, leaseMs }))
  await put(NARRATE, 1)
  const all = await Promise.all(['a', 'b', 'c', 'd'].map((holder) => hold(holder)))
  expect(all.filter(Boolean).length).toBe(1)
  expect(await tx((t) => dueLanes(t, ['api']))).toEqual([])
  for (const holder of ['a', 'b', 'c', 'd']) await tx((t) => leaveLane(t, LANE, holder))
  expect(await tx((t) => dueLanes(t, ['api']))).toEqual([LANE])
  expect(await hold('b', 0)).toBe(true)
  expect(await hold('a')).toBe(true)
})

test('a lane whose first row has to wait is not due, though later rows are', async () => {
  await put(NARRATE, 1)
  await put(NARRATE, 2)
  const [first] = await waiting()
  const ids = [first?.id ?? 0]
  await tx((t) => postpone(t, { ids, delayMs: 60_000, unsure: true, error: 'x', counts: true }))
  expect(await tx((t) => dueLanes(t, ['api']))).toEqual([])
  expect((await waiting())[0]).toMatchObject({ unsure: true })
})

test('its health tells what waits, what was given up, and why', async () => {
  expect(await tx(outboxHealth)).toMatchObject({ waiting: 0, gaveUp: 0, lastError: null })
  await put(NARRATE, 1)
  await put(NARRATE, 2)
  const [first] = await waiting()
  await tx((t) => giveUp(t, first?.id ?? 0, 'Slack: channel_not_found'))
  expect(await tx(outboxHealth)).toMatchObject({
    waiting: 1,
    gaveUp: 1,
    lastError: 'Slack: channel_not_found',
  })
})
