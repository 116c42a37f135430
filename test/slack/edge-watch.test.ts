/** The watchdogs on real PostgreSQL, and what Slack hears of them: each concern once. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createWatch } from '../../src/app/watching.ts'
import type { Actor } from '../../src/core/model.ts'
import { type Configured, ensurePipeline } from '../../src/db/load.ts'
import { tookBy } from '../../src/db/took.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { loadHistory } from '../../src/db/watch.ts'
import { toldInSlack } from '../../src/slack-edge.ts'
import { quiet } from '../world/database.ts'
import { environment, people, policy, watch } from '../world/policy.ts'
import { CHANNEL, type Posted } from '../world/slack.ts'
import { ANA, BOB, EdgeTown } from './edge-town.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const ANA_SAYS: Actor = { name: 'ana', kind: 'person', groups: [] }
const BOB_SAYS: Actor = { name: 'bob', kind: 'person', groups: [] }

let town: EdgeTown
let now: number

beforeEach(async () => {
  now = Date.now()
  town = await EdgeTown.open({ clock: () => now, watch: watch() })
})
afterEach(() => town.close())

const depart = { type: 'depart', train: null, ref: null, environment: null, plan: null } as const
const lock = { type: 'lock', id: 'l1', environment: 'production', reason: 'a migration' } as const

/** Bob's change waits before production for his yes and somebody's approval. */
async function waits(): Promise<void> {
  await town.merge('one', 'bob')
  await town.act(depart, ANA_SAYS)
  await town.settle()
  now += 4 * HOUR
}

const direct = (): readonly Posted[] =>
  town.slack.messages.filter(({ channel }) => channel !== CHANNEL)

const told = (what: string): readonly Posted[] =>
  town.slack.messages.filter(({ blocks }) => JSON.stringify(blocks).includes(what))

async function kinds(): Promise<readonly string[]> {
  const { rows } = await town.database.pool.query<{ kind: string }>(
    `SELECT body->>'kind' AS kind FROM events WHERE type = 'concern_told' ORDER BY seq`,
  )
  return rows.map(({ kind }) => kind)
}

test('a silent author is asked in person, once, by however many processes that look', async () => {
  await waits()
  const looks = [town.anotherWatch(), town.anotherWatch(), town.anotherWatch()]
  const found = await Promise.all(looks.map((one) => one.lookAt('api')))
  expect(found.flat().map(({ about }) => about)).toEqual([
    '1 consent production',
    '1 approvals production',
  ])
  await town.settle()
  // Started again, a process knows what was told before it.
  now += HOUR
  expect(await town.anotherWatch().lookAt('api')).toEqual([])
  await town.settle()
  expect(direct().map(({ channel }) => channel)).toEqual(['D0BOB'])
  expect(direct()[0]?.text).toContain('train #1 stands before production')
  expect(told('approvals for this plan').filter(({ thread }) => thread !== null)).toHaveLength(1)
  expect(await kinds()).toEqual(['waiting', 'waiting'])
})

test('whom Slack cannot reach is named in the thread', async () => {
  await town.close()
  const known = [{ name: 'far', slack: null, github: 'far', email: null, groups: [], active: true }]
  town = await EdgeTown.open({ clock: () => now, watch: watch(), known })
  await town.merge('one', 'bob')
  await town.merge('two', 'far')
  await town.act(depart, ANA_SAYS)
  await town.settle()
  now += 4 * HOUR
  await town.anotherWatch().lookAt('api')
  await town.settle()
  expect(direct().map(({ channel }) => channel)).toEqual(['D0BOB'])
  const [named] = told('waits for the authors').filter(({ thread }) => thread === town.root().ts)
  expect(named?.text).toMatch(/^⏳ far api: train #1/)
})

test('of two processes whose sweep finds the look due, one looks', async () => {
  await waits()
  await Promise.all([town.anotherWatch().look(), town.anotherWatch().look()])
  await town.anotherWatch().look()
  expect(await kinds()).toEqual(['waiting', 'waiting'])
})

test('status and why list what stands, and mention nobody for it', async () => {
  await waits()
  for (const asked of ['status', 'why']) {
    const { body } = await town.slack.slash(ANA, `/deploy ${asked} api`)
    const [, standing] = JSON.stringify(body).split('⏳ train #1 stands before production')
    expect(standing).toContain('→ say yes, or hold it with a reason')
    expect(standing).not.toContain('<@')
  }
})

test('a yes in the message itself answers it', async () => {
  await waits()
  await town.anotherWatch().lookAt('api')
  await town.settle()
  const [message] = direct()
  if (message === undefined) throw new Error('nobody was asked')
  await town.slack.press(BOB, 'train.consent', message)
  expect((await town.pipeline()).consents.map(({ by }) => by)).toEqual(['bob'])
})

test('who has been asked by the watchdog is not reminded besides', async () => {
  await waits()
  await town.anotherWatch().lookAt('api')
  await town.database.pool.query(
    `UPDATE outbox SET due_at = clock_timestamp() WHERE effect->>'type' = 'remind'`,
  )
  await town.settle()
  await town.relay.drain()
  await town.settle()
  expect(direct()).toHaveLength(1)
})

test('what was told is in the audit, and leaves the history of the line as it was', async () => {
  await waits()
  const history = async (): Promise<unknown> =>
    (await town.slack.slash(ANA, '/deploy history api')).body
  const before = await history()
  await town.anotherWatch().lookAt('api')
  expect((await town.events()).at(-1)).toEqual({ type: 'concern_told', actor: 'signalbox' })
  expect(await history()).toEqual(before)
})

test('what ended before Slack could be told is not told', async () => {
  await waits()
  await town.anotherWatch().lookAt('api')
  await town.act({ type: 'consent', train: 1 }, BOB_SAYS)
  await town.act({ type: 'approve', train: 1, environment: null, plan: null }, ANA_SAYS)
  await town.settle()
  expect(direct()).toEqual([])
  expect(told('approvals for this plan')).toEqual([])
})

test('in doubt nobody is written to in person twice, and the thread is searched first', async () => {
  await waits()
  await town.anotherWatch().lookAt('api')
  town.slack.fail('chat.postMessage', { kind: 'lost' }, 2)
  await town.settle()
  expect(direct()).toHaveLength(1)
  expect(told('approvals for this plan').filter(({ thread }) => thread !== null)).toHaveLength(1)
})

test('a forgotten lock is brought before its holder, who releases it there', async () => {
  await town.act({ ...lock, forMs: null, takeOver: false }, BOB_SAYS)
  now += 8 * HOUR
  await town.anotherWatch().lookAt('api')
  await town.settle()
  expect(direct().map(({ text }) => text)).toEqual([
    expect.stringContaining('bob keeps api production locked: a migration'),
  ])
  const [message] = direct()
  if (message === undefined) throw new Error('nobody was told')
  await town.slack.press(BOB, 'lock.release', message)
  expect((await town.pipeline()).environments[0]?.lock).toBeNull()
  await town.anotherWatch().lookAt('api')
  const { rows } = await town.database.pool.query(`SELECT 1 FROM watch_told WHERE ended_at IS NULL`)
  expect(rows).toEqual([])
})

test('a lock on everything is told once, and not once for each pipeline', async () => {
  const { pool } = town.database
  const both = ['api', 'web'].map((pipeline): [string, Configured] => {
    const its = policy({ pipeline, channel: CHANNEL, environments: [environment('production')] })
    return [pipeline, { policy: its, people, carries: () => true, ridesAlone: () => false }]
  })
  for (const [, one] of both) await inTransaction(pool, (tx) => ensurePipeline(tx, one))
  await pool.query(
    `UPDATE lock_all SET id = 'all', by_name = 'bob', reason = 'the move', since = $1`,
    [new Date(now)],
  )
  now += 8 * HOUR
  const parts = {
    pool,
    pipelines: new Map(both),
    clock: () => now,
    delivers: toldInSlack,
    log: quiet,
  }
  const looks = [createWatch(parts), createWatch(parts)]
  await Promise.all(looks.map((one) => one.look()))
  expect(await kinds()).toEqual(['lock'])
})

test('a lock on everything is left to a pipeline where somebody hears of it', async () => {
  const { pool } = town.database
  const both = ['api', 'web'].map((pipeline): [string, Configured] => {
    const channel = pipeline === 'web' ? CHANNEL : null
    const its = policy({ pipeline, channel, environments: [environment('production')] })
    return [pipeline, { policy: its, people, carries: () => true, ridesAlone: () => false }]
  })
  for (const [, one] of both) await inTransaction(pool, (tx) => ensurePipeline(tx, one))
  await pool.query(`UPDATE pipelines SET policy = NULL`)
  await pool.query(
    `UPDATE lock_all SET id = 'all', by_name = 'bob', reason = 'the move', since = $1`,
    [new Date(now)],
  )
  now += 8 * HOUR
  const parts = { pool, clock: () => now, delivers: toldInSlack, log: quiet }
  const look = createWatch({ ...parts, pipelines: new Map(both) })
  expect(await look.lookAt('api')).toEqual([])
  expect(await look.lookAt('web')).toMatchObject([{ kind: 'lock' }])
  const alone = createWatch({ ...parts, pipelines: new Map(both.slice(0, 1)) })
  await pool.query('DELETE FROM watch_told')
  expect(await alone.lookAt('api')).toMatchObject([{ kind: 'lock' }])
})

test('each run that waits for an agent is a concern of its own', async () => {
  await town.close()
  town = await EdgeTown.open({
    clock: () => now,
    watch: watch(),
    environments: [environment('production', { agent: 'prod-box' })],
  })
  await town.merge('one')
  await town.act(depart, ANA_SAYS)
  now += 2 * MINUTE
  const look = () => town.anotherWatch().lookAt('api')
  expect((await look()).map(({ about }) => about)).toEqual(['api-1-production-forward-1'])
  await town.settle()
  const [first] = told('waits for agent prod-box')
  expect(first).toMatchObject({ thread: town.root().ts, broadcast: true })
  await town.deploys('failed')
  await town.act({ type: 'retry', train: 1, reason: null }, ANA_SAYS)
  now += 2 * MINUTE
  expect((await look()).map(({ about }) => about)).toEqual(['api-1-production-forward-2'])
})

test('failures in a row are told with their logs, until something succeeds', async () => {
  await town.close()
  town = await EdgeTown.open({
    clock: () => now,
    watch: watch({ failures: 2 }),
    environments: [environment('production')],
  })
  const look = async () => (await town.anotherWatch().lookAt('api')).map(({ about }) => about)
  await town.merge('one')
  await town.act(depart, ANA_SAYS)
  await town.deploys('failed')
  expect(await look()).toEqual([])
  await town.act({ type: 'retry', train: 1, reason: null }, ANA_SAYS)
  await town.deploys('failed')
  expect(await look()).toEqual(['production api-1-production-forward-1'])
  await town.settle()
  const [alarm] = told('2 deployments to production failed in a row')
  expect(JSON.stringify(alarm?.blocks)).toContain('http://box/api-1-production-forward-2')
  expect(JSON.stringify(alarm?.blocks)).toContain('/deploy stop api REASON')
  await town.act({ type: 'retry', train: 1, reason: null }, ANA_SAYS)
  await town.deploys()
  await town.merge('two')
  await town.act(depart, ANA_SAYS)
  await town.deploys('failed')
  expect(await look()).toEqual([])
})

test('a rollback between two failures ends no streak', async () => {
  await town.close()
  const environments = [environment('production', { soakMs: 0 })]
  town = await EdgeTown.open({ clock: () => now, watch: watch({ failures: 2 }), environments })
  await town.merge('one')
  await town.act(depart, ANA_SAYS)
  await town.deploys()
  const { rows } = await town.database.pool.query<{ key: string }>(`SELECT key FROM deployments`)
  const past = (epoch: number, kind: string, status: string): Promise<unknown> =>
    town.database.pool.query(
      `INSERT INTO deployments (key, run, pipeline, train, environment, kind, attempt, sha, base_sha,
                                epoch, plan, deploy, agent, status, requested_at, ended_at, settled, claimed)
       SELECT $2, $2, pipeline, train, environment, $3, $4, sha, sha, $4, plan, deploy, agent, $5,
              $6, $6, true, true FROM deployments WHERE key = $1`,
      [rows[0]?.key, `past-${epoch}`, kind, epoch, status, new Date(now)],
    )
  const failures = async () => {
    const history = await inTransaction(town.database.pool, (tx) => loadHistory(tx, 'api'))
    return history.failures.map(({ run }) => run)
  }
  await past(2, 'forward', 'failed')
  await past(3, 'rollback', 'verified')
  await past(4, 'forward', 'failed')
  expect(await failures()).toEqual(['past-2', 'past-4'])
  await past(5, 'forward', 'verified')
  expect(await failures()).toEqual([])
  await town.database.pool.query(`DELETE FROM deployments WHERE key LIKE 'past-%'`)
})

test('what runs took is found without reading the past of an environment', async () => {
  const { rows } = await town.database.pool.query<{ 'QUERY PLAN': string }>(
    `EXPLAIN SELECT ARRAY(${tookBy('rollback')}) FROM environments e WHERE pipeline = 'api'`,
  )
  expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(
    /Index Scan Backward using deployments_took on deployments d .*\n +Index Cond: .*kind/,
  )
})

test('what three runs took is what the next one usually takes', async () => {
  await town.close()
  const environments = [environment('production', { soakMs: 0 })]
  town = await EdgeTown.open({ clock: () => now, environments })
  const report = async (status: 'running' | 'succeeded'): Promise<void> => {
    for (const { run, epoch, status: its } of (await town.pipeline()).deployments) {
      if (its !== 'requested' && its !== 'running') continue
      const agent = { name: 'agent', kind: 'system', groups: [] } as const
      if (its === 'requested') await town.act({ type: 'claim_run', run }, agent)
      await town.act({ type: 'record_run', run, epoch, status, reason: null, tail: [] }, agent)
    }
  }
  for (const [index, minutes] of [4, 60, 3].entries()) {
    await town.merge(`m${index}`)
    await town.act(depart, ANA_SAYS)
    await report('running')
    now += minutes * MINUTE
    await report('succeeded')
  }
  expect((await town.pipeline()).environments[0]?.took.forward).toEqual([
    3 * MINUTE,
    60 * MINUTE,
    4 * MINUTE,
  ])
  await town.merge('next')
  await town.act(depart, ANA_SAYS)
  await report('running')
  await town.settle()
  expect(town.root(4).text).toContain('▱▱▱▱ usually 4m')
  const updates = town.slack.count('chat.update')
  now += MINUTE
  await town.act({ type: 'tick' })
  await town.settle()
  expect(town.root(4).text).toContain('▰▱▱▱ usually 4m')
  // Nothing new to read, nothing sent.
  now += 1_000
  await town.act({ type: 'tick' })
  await town.settle()
  expect(town.slack.count('chat.update')).toBe(updates + 1)
})
