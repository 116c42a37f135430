/** A migration under the watchdogs, on real PostgreSQL: told once, in its thread, with its pause. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createAgents } from '../../src/app/agents.ts'
import type { Command } from '../../src/core/command.ts'
import type { Actor } from '../../src/core/model.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { loadHistory, noteSpoken } from '../../src/db/watch.ts'
import { migrationsPolicy } from '../core/migration-story.ts'
import { change, environment, sha, watch } from '../world/policy.ts'
import type { Posted } from '../world/slack.ts'
import { ANA, EdgeTown } from './edge-town.ts'

const MINUTE = 60_000
const ANA_SAYS: Actor = { name: 'ana', kind: 'person', groups: [] }
const AGENT: Actor = { name: 'agent', kind: 'system', groups: [] }

let town: EdgeTown
let now: number

beforeEach(async () => {
  now = Date.now()
  town = await EdgeTown.open({
    clock: () => now,
    watch: watch(),
    environments: [environment('production')],
    migrations: migrationsPolicy({ afterMs: 0, batch: { size: 100, everyMs: 0 } }),
  })
  await ship('c1', null)
  await ship('c2', sha('c1'))
  await town.act({ type: 'run_migration', change: '#2', environment: null }, ANA_SAYS)
})
afterEach(() => town.close())

/** The second one carries a migration. */
async function ship(name: string, parent: string | null): Promise<void> {
  const labels = parent === null ? [] : ['migration']
  const facts = { number: Number(name.slice(1)), author: 'ana', parent, labels }
  const one = change(name, { ...facts, mergedAt: now - MINUTE })
  await town.act({ type: 'record_change', change: one })
  await town.slack.slash(ANA, '/deploy api')
  await town.deploys()
  await town.settle()
}

const told = (what: string): readonly Posted[] =>
  town.slack.messages.filter(({ blocks }) => JSON.stringify(blocks).includes(what))

const look = async (): Promise<readonly string[]> =>
  (await town.anotherWatch().lookAt('api')).map(({ kind, about }) => `${kind} ${about}`)

/** The increment that waits is taken, and begins. */
async function begin() {
  const { pool } = town.database
  const parts = { pool, dispatch: town.dispatch, pipelines: town.known() }
  const agents = createAgents({ ...parts, setAside: async () => undefined })
  const poll = { agent: 'embedded', instance: 'i', runs: [], draining: false, waitMs: 0 }
  const [order] = (await agents.look(poll)).claims
  if (order === undefined) throw new Error('nothing waits for the agent')
  const { run, epoch } = order
  const report = (
    status: Extract<Command, { type: 'record_run' }>['status'],
    tail: readonly string[] = [],
  ) => town.act({ type: 'record_run', run, epoch, status, reason: null, tail }, AGENT)
  await report('running')
  return { run, report }
}

test('an increment that no agent takes is told once, with the button that pauses it', async () => {
  now += 2 * MINUTE
  const [run, ...others] = await look()
  expect([run, others]).toEqual([
    expect.stringMatching(/^not_started api-production-migration-/),
    [],
  ])
  expect(await look()).toEqual([])
  await town.settle()
  const [message, ...more] = told('increment 1 of the migration of #2 in production waits for')
  expect(more).toEqual([])
  expect(message).toMatchObject({ thread: town.root(2).ts, broadcast: true })
  expect(JSON.stringify(message?.blocks)).toContain('"migration.pause"')
  await town.act(
    { type: 'pause_migration', change: '#2', environment: null, reason: 'no agent' },
    ANA_SAYS,
  )
  expect(await look()).toEqual([])
  const { rows } = await town.database.pool.query(`SELECT 1 FROM watch_told WHERE ended_at IS NULL`)
  expect(rows).toEqual([])
})

test('a silent increment is told to whoever let it run, from its last word on', async () => {
  const { run } = await begin()
  await inTransaction(town.database.pool, (tx) => noteSpoken(tx, run))
  const spoke = async () =>
    (await inTransaction(town.database.pool, (tx) => loadHistory(tx, 'api'))).spoke.get(run) ?? 0
  now = (await spoke()) + 5 * MINUTE - 1
  expect(await look()).toEqual([])
  now += 1
  expect(await look()).toEqual([`silent ${run}`])
  expect(await look()).toEqual([])
  await town.settle()
  const [message, ...more] = told('has written nothing for')
  expect(more).toEqual([])
  expect(message).toMatchObject({ thread: town.root(2).ts, broadcast: false })
  const shown = JSON.stringify(message?.blocks)
  expect(shown).toContain(`<@${ANA}>`)
  expect(shown).toContain(`http://box/${run}`)
  expect(shown).not.toContain('Cancel the train')
})

test('three increments tell how long the next one may be silent', async () => {
  for (const [index, minutes] of [8, 30, 12].entries()) {
    const { report } = await begin()
    now += minutes * MINUTE
    await report('succeeded', [`signalbox: ${index + 1}/9`])
  }
  const { run } = await begin()
  const { usual } = await inTransaction(town.database.pool, (tx) => loadHistory(tx, 'api'))
  expect([...usual]).toEqual([[run, 12 * MINUTE]])
  now += 12 * MINUTE - 1
  expect(await look()).toEqual([])
  now += 1
  expect(await look()).toEqual([`silent ${run}`])
})
