/**
 * A migration in three steps, with everything real: scripts that move rows of a file, processes,
 * git, HTTP, PostgreSQL; the server and the agent killed in between and within.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { MigrationJson } from '../../src/cli/migration.ts'
import { type TestDatabase, testDatabase } from '../world/database.ts'
import { Installation } from '../world/serving.ts'

let database: TestDatabase
let world: Installation

beforeEach(async () => {
  database = await testDatabase()
})

afterEach(async () => {
  await world.clean()
  await database.dropWhole()
})

const ROWS = 50

/** One increment of ten rows; its witness says which one, with what cursor, where. */
const migrate = (home: string): string => `#!/bin/sh
set -e
from=\${SIGNALBOX_CURSOR:-0}
echo "$SIGNALBOX_KIND $SIGNALBOX_MIGRATION $SIGNALBOX_INCREMENT \${SIGNALBOX_CURSOR:--} $SIGNALBOX_BATCH" >> '${home}/moved'
while [ -e '${home}/hold' ]; do sleep 0.05; done
if [ -e '${home}/break' ]; then echo 'the table is locked'; exit 3; fi
to=$((from + SIGNALBOX_BATCH))
if [ "$to" -ge ${ROWS} ]; then echo ${ROWS} > '${home}/rows'; echo 'signalbox: done'; exit 0; fi
echo "$to" > '${home}/rows'
echo "signalbox: $to/${ROWS} $to"
`

const PIPELINE = `    checks: { require: [] }
    train: { depart_after: never }
    permissions: { break_glass: [bob] }
    migrations:
      paths: [db/data/**]
      run: sh migrate.sh
      verify: sh migrated.sh
      after: 1s
      batch: { size: 10, every: 0s }
      contract: { paths: [db/contract/**] }
    environments:
      - { name: production, approvals: { authors: none }, deploy: { run: sh deploy.sh } }`

async function open(pipeline = PIPELINE): Promise<void> {
  world = new Installation(database.url, { script: () => ':', pipeline })
  await world.start()
}

/** Merges a change of some files, tells its paths, and lets it arrive where the line lets it. */
async function ship(number: number, files: Readonly<Record<string, string>>): Promise<string> {
  const parent = world.git('rev-parse', 'HEAD')
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(world.repository, path)), { recursive: true })
    writeFileSync(join(world.repository, path), text)
  }
  world.git('add', '.')
  world.git('commit', '--quiet', '-m', `Change ${number}`)
  const sha = world.git('rev-parse', 'HEAD')
  const facts = { title: `Change ${number}`, author: 'ana', merged_at: new Date().toISOString() }
  const paths = Object.keys(files)
  const change = { type: 'record_change', sha, parent, number, paths, ...facts }
  const answer = await world.command('ci', change)
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
  await world.command('ana', { type: 'depart' })
  return sha
}

async function shipMigration(): Promise<void> {
  const first = await ship(1, { 'src/prices': 'old' })
  await world.until('#1 is live', ({ environments }) => environments[0]?.live?.sha === first)
  const second = await ship(2, {
    'db/data/move-prices.sql': 'UPDATE prices',
    'migrate.sh': migrate(world.home),
    'migrated.sh': `#!/bin/sh\ntest "$(cat '${world.home}/rows')" = ${ROWS}\n`,
  })
  await world.until('#2 is live', ({ environments }) => environments[0]?.live?.sha === second)
  await until('it is ready', ({ phase }) => phase === 'ready')
}

const the = (state: Awaited<ReturnType<Installation['state']>>): MigrationJson | undefined =>
  state.migrations?.[0]

const until = (what: string, holds: (one: MigrationJson) => boolean) =>
  world.until(what, (state) => {
    const one = the(state)
    return one !== undefined && holds(one)
  })

/** What really ran: one line for each start of the command. */
const moved = (): readonly string[] => {
  try {
    return readFileSync(join(world.home, 'moved'), 'utf8').trim().split('\n')
  } catch {
    return []
  }
}

const ALL = ['- 10', '10 10', '20 10', '30 10', '40 10'].map(
  (rest, index) => `migration 2 ${index + 1} ${rest}`,
)

test('code, data, code: each step in its turn, and each increment once', async () => {
  await open()
  await shipMigration()
  const early = await ship(3, { 'db/contract/drop-prices.sql': 'ALTER TABLE' })
  const blocked = await world.until('#3 waits for it', ({ trains }) =>
    Boolean(trains[0]?.blockers.some(({ gate }) => gate === 'migration')),
  )
  expect(blocked.trains[0]?.blockers).toMatchObject([
    { gate: 'migration', clear_by: 'ana runs the migration of #2' },
  ])
  expect((await world.command('bob', { type: 'run_migration', change: '#2' })).status).toBe(200)
  await world.until('#3 is live', ({ environments }) => environments[0]?.live?.sha === early)
  expect(moved()).toEqual(ALL)
  expect(readFileSync(join(world.home, 'rows'), 'utf8').trim()).toBe(String(ROWS))
  const over = await world.until('it is over', ({ migrations }) => migrations?.length === 0)
  expect(over.trains).toEqual([])
})

test('a server killed between two increments, and within one, loses none and repeats none', async () => {
  await open()
  await shipMigration()
  world.touch('hold')
  await world.command('ana', { type: 'run_migration' })
  await until('the first one runs', ({ run }) => run?.status === 'running')
  await world.killServer()
  world.release('hold')
  await world.start()
  await until('it has gone on', ({ increments }) => increments >= 1)
  await world.killServer()
  await world.start()
  await until('it is verified', ({ phase }) => phase === 'verified')
  expect(moved()).toEqual(ALL)
})

test('an agent killed within an increment is followed by one that finds it', async () => {
  await open()
  await shipMigration()
  world.touch('hold')
  await world.command('ana', { type: 'run_migration' })
  await until('the first one runs', ({ run }) => run?.status === 'running')
  process.kill(world.agentPid(), 'SIGKILL')
  world.release('hold')
  await until('it is verified', ({ phase }) => phase === 'verified')
  expect(moved()).toEqual(ALL)
})

test('a failure stops it until somebody resumes, who repeats that increment alone', async () => {
  await open()
  await shipMigration()
  world.touch('break')
  await world.command('ana', { type: 'run_migration' })
  const failed = await until('it fails', ({ phase }) => phase === 'failed')
  expect(the(failed)).toMatchObject({
    run: { status: 'failed', reason: 'exit status 3', tail: ['the table is locked'] },
  })
  world.release('break')
  const answer = await world.command('ana', { type: 'resume_migration', reason: 'unlocked it' })
  expect(answer.status).toBe(200)
  await until('it is verified', ({ phase }) => phase === 'verified')
  expect(moved()).toEqual([ALL[0], ...ALL])
})

test('while an increment runs a rollback waits, is warned of, and nothing more of it begins', async () => {
  await open()
  await shipMigration()
  const third = await ship(3, { 'src/prices': 'new' })
  await world.until('#3 is live', ({ environments }) => environments[0]?.live?.sha === third)
  world.touch('hold')
  await world.command('ana', { type: 'run_migration' })
  await until('the first one runs', ({ run }) => run?.status === 'running')
  const first = world.git('rev-parse', 'HEAD~2')
  const seen = await world.call('ana', `/pipelines/api/rollback?to=${first}`)
  expect(seen.body).toMatchObject({ migrations: [{ number: 2, phase: 'running' }] })
  const back = { type: 'roll_back', to: first, reason: 'prices are wrong' }
  expect((await world.command('bob', back)).status).toBe(200)
  const waits = await world.state()
  expect(waits.environments[0]?.deployment?.status).not.toBe('requested')
  expect(world.witness()).toHaveLength(3)
  world.release('hold')
  await world.until('it is back', ({ environments }) => environments[0]?.live?.sha === first)
  expect(moved()).toEqual([ALL[0]])
  expect(the(await world.state())).toMatchObject({ phase: 'waiting', done: null })
})

test('the command line tells how it stands, pauses and resumes it', async () => {
  await open(PIPELINE.replace('every: 0s', 'every: 10m'))
  await shipMigration()
  const env = { ...process.env, SIGNALBOX_URL: world.url, SIGNALBOX_TOKEN: world.tokens.ana }
  const cli = async (...args: readonly string[]): Promise<string> =>
    (await promisify(execFile)(process.execPath, ['dist/cli.js', ...args], { env })).stdout
  expect(await cli('migration', 'list', 'api')).toContain(
    'migration of 2 in production · ready · ana runs it',
  )
  expect(await cli('migration', 'run', 'api')).toContain('migration_begun by ana')
  await until('one is done', ({ increments }) => increments === 1)
  expect(await cli('migration', 'pause', 'api', '#2', 'slow', 'database')).toContain(
    'migration_paused',
  )
  expect(await cli('status', 'api')).toContain(
    'paused · ana: slow database · 10 of 50 · 1 increments',
  )
  expect(await cli('migration', 'resume', 'api', '#2')).toContain('migration_resumed by ana')
})
