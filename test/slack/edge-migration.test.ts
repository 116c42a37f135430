/**
 * A migration over the wire: its card in the thread, its owner in person, its buttons.
 */
import { afterEach, expect, test } from 'vitest'
import { createAgents } from '../../src/app/agents.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { environmentOf } from '../../src/runs/command-environment.ts'
import { migrationsPolicy } from '../core/migration-story.ts'
import { change, environment, sha } from '../world/policy.ts'
import type { Posted } from '../world/slack.ts'
import { ANA, EdgeTown } from './edge-town.ts'

let town: EdgeTown

afterEach(() => town.close())

async function open(): Promise<void> {
  town = await EdgeTown.open({
    environments: [environment('production')],
    migrations: migrationsPolicy({ afterMs: 0, batch: { size: 100, everyMs: 0 }, remindMs: 1_000 }),
  })
  await ship('c1', [])
}

async function ship(name: string, labels: readonly string[]): Promise<void> {
  const parent = name === 'c1' ? null : sha(`c${Number(name.slice(1)) - 1}`)
  const facts = { number: Number(name.slice(1)), author: 'ana', parent, labels }
  const one = change(name, { ...facts, mergedAt: Date.now() - 60_000 })
  await town.act({ type: 'record_change', change: one })
  await town.slack.slash(ANA, '/deploy api')
  await town.deploys()
  await town.settle()
}

const cards = (): readonly Posted[] =>
  town.slack.messages.filter(
    ({ metadata }) =>
      metadata?.['event_type'] === 'signalbox_migration' &&
      'migration' in (metadata['event_payload'] as object),
  )

const card = (): Posted => {
  const [one, ...others] = cards()
  if (one === undefined || others.length > 0) throw new Error(`${cards().length} cards`)
  return one
}

const shown = (one: Posted): string => JSON.stringify(one.blocks)

const agents = () =>
  createAgents({
    pool: town.database.pool,
    dispatch: town.dispatch,
    pipelines: town.known(),
    setAside: async () => undefined,
  })

/** The agent takes what waits, and says how it ended. */
async function increment(
  says: string,
  status: 'succeeded' | 'failed' = 'succeeded',
): Promise<Readonly<Record<string, string>>> {
  const poll = { agent: 'embedded', instance: 'i', runs: [], draining: false, waitMs: 0 }
  const [order] = (await agents().look(poll)).claims
  if (order === undefined) throw new Error('nothing waits for the agent')
  const { run, epoch } = order
  const told = { instance: 'i', run, epoch, at: new Date().toISOString() }
  await agents().report({ ...told, status: 'started' })
  await agents().report({ ...told, status, reason: 'exit status 0', tail: [says] })
  await town.settle()
  return environmentOf(order, { env: {}, pass: [] })
}

test('one card in the thread shows it from the first step to the last', async () => {
  await open()
  await ship('c2', ['migration'])
  expect(card().thread).toBe(town.root(2).ts)
  expect(shown(card())).toContain('ready to run')
  expect(shown(card())).toContain("It is ana's to run.")
  const direct = town.slack.messages.filter(({ channel }) => channel === 'D0ANA')
  expect(direct.map(({ text }) => text)).toEqual([
    expect.stringContaining('the migration of your #2 is ready to run in production'),
  ])

  await town.slack.press(ANA, 'migration.run', card())
  const given = await increment('signalbox: 100/400 row-100')
  expect(given).toMatchObject({
    SIGNALBOX_KIND: 'migration',
    SIGNALBOX_MIGRATION: '2',
    SIGNALBOX_INCREMENT: '1',
    SIGNALBOX_BATCH: '100',
    SIGNALBOX_CURSOR: '',
    SIGNALBOX_SHA: sha('c2'),
  })
  expect(shown(card())).toContain('▰▰▱▱▱▱▱▱▱▱ 100 of 400')
  expect(await increment('signalbox: done')).toMatchObject({ SIGNALBOX_CURSOR: 'row-100' })
  expect(await increment('all there')).toMatchObject({ SIGNALBOX_INCREMENT: '' })
  expect(shown(card())).toContain('Now remove the old code')
  expect(shown(card())).not.toContain('to run')

  await ship('c3', ['contract'])
  expect(shown(card())).toContain('over: what it replaced is removed')
  expect(shown(card())).not.toContain('"actions"')
  expect(cards()).toHaveLength(1)
})

test('a train that arrives says that its migration is left to do, and one without says nothing of it', async () => {
  await open()
  await ship('c2', ['migration'])
  expect(shown(town.root(1))).not.toContain('migration')
  expect(shown(town.root(2))).toContain('No action needed but for its migration')
  const told = town.slack.thread(town.root(2).ts).map(shown)
  expect(told.filter((one) => one.includes('No action needed but for its migration'))).toHaveLength(
    1,
  )
})

test('a failure is told in the thread and in person, and is resumed by its button', async () => {
  await open()
  await ship('c2', ['migration'])
  await town.slack.slash(ANA, '/deploy migrate api #2 run')
  await increment('the table is locked', 'failed')
  const direct = town.slack.messages.findLast(({ channel }) => channel === 'D0ANA')
  expect(direct?.text).toContain('went wrong in production')
  const [reply] = town.telling(await town.seqOf('migration_run_ended'), 2)
  expect(reply?.text).toContain('Increment 1 of the migration of #2 in production failed')
  expect(reply?.broadcast).toBe(true)
  await town.slack.press(ANA, 'migration.resume', card())
  await increment('signalbox: done')
  expect((await town.pipeline()).migrations[0]).toMatchObject({ isComplete: true, increments: 1 })
})

test('an agent that falls silent leaves an increment of which nobody knows the end', async () => {
  await open()
  await ship('c2', ['migration'])
  await town.slack.slash(ANA, '/deploy migrate api run')
  const { pool } = town.database
  const poll = { agent: 'embedded', instance: 'i', runs: [], draining: false, waitMs: 0 }
  const [order] = (await agents().look(poll)).claims
  expect((await agents().look({ ...poll, instance: 'another' })).claims).toEqual([])
  await inTransaction(pool, (tx) =>
    tx.query(`UPDATE migration_runs SET lease_until = now() - interval '1 s'`),
  )
  await agents().expire()
  await town.settle()
  expect(shown(card())).toContain('nobody knows how increment 1 ended')
  expect((await town.pipeline()).migrations[0]?.run).toMatchObject({
    run: order?.run,
    status: 'unknown',
  })
})
