/** The configuration file changes while things are under way: real processes, a real SIGHUP. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readAudit } from '../../src/db/audit.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { type TestDatabase, testDatabase } from '../world/database.ts'
import { Installation } from '../world/serving.ts'

const place = (name: string, more = ''): string =>
  `      - { name: ${name}, approvals: { authors: none }, deploy: { run: sh deploy.sh }${more} }\n`
const journey = (...places: readonly string[]): string =>
  `    checks: { require: [] }\n    environments:\n${places.join('')}`

let database: TestDatabase
let world: Installation

beforeEach(async () => {
  database = await testDatabase()
  world = new Installation(database.url, {
    script: (home) => `while [ ! -e '${home}/go' ]; do sleep 0.1; done`,
    pipeline: journey(place('staging'), place('production')),
  })
  await world.start()
})

afterEach(async () => {
  await world.clean()
  await database.dropWhole()
})

const hangUp = (): void => {
  world.server?.kill('SIGHUP')
}

const told = async (type: string): Promise<readonly Readonly<Record<string, unknown>>[]> => {
  const all = await inTransaction(database.pool, (tx) =>
    readAudit(tx, 'api', { after: 0, limit: 500 }),
  )
  return all.filter((one) => one.type === type).map(({ actor, body }) => ({ actor, ...body }))
}

const names = ({ environments }: Awaited<ReturnType<Installation['state']>>): string =>
  environments.map(({ name }) => name).join()

/** The `signalbox` command beside the running server. */
function cli(...args: readonly string[]): string {
  return execFileSync(process.execPath, [resolve('dist/cli.js'), ...args], {
    encoding: 'utf8',
    env: {
      ...process.env,
      ...(world.databaseUrl === null ? {} : { DATABASE_URL: world.databaseUrl }),
      SIGNALBOX_HOME: world.home,
      SIGNALBOX_CONFIG: join(world.home, 'signalbox.yml'),
      SIGNALBOX_URL: world.url,
      SIGNALBOX_TOKEN: world.tokens.ana,
    },
  })
}

test('a file that removes what a train needs waits, says so, and is accepted by itself', async () => {
  const sha = await world.merge('ana', 'Cache the price list')
  await world.command('ana', { type: 'depart' })
  await world.until('staging runs', ({ environments }) =>
    environments.some(({ deployment }) => deployment?.status === 'running'),
  )
  world.configure(journey(place('production')))
  hangUp()
  const waiting = await world.until('it waits', (state) => state.policy_conflict !== null)
  expect(names(waiting)).toBe('staging,production')
  expect(waiting.policy_conflict?.conflicts.map(({ line, ends }) => [line, ends])).toEqual([
    [8, 'train #1 arrives, or is cancelled'],
    [8, 'the deployment ends'],
  ])
  expect(cli('status', 'api')).toContain(
    'signalbox.yml:8 is not in force yet: staging is no longer',
  )
  const check = cli('config', 'check', join(world.home, 'signalbox.yml'), '--database')
  expect(check).toMatch(/signalbox\.yml:8 api: staging .* it waits until the deployment ends/)
  expect(await told('policy_deferred')).toHaveLength(1)

  world.touch('go')
  const after = await world.until('it is accepted', (state) => names(state) === 'production')
  expect(after.policy_conflict).toBeNull()
  await world.until('the train arrives', ({ trains }) => trains.length === 0)
  expect(world.witness().map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
    `staging ${sha}`,
    `production ${sha}`,
  ])
  expect(await told('policy_accepted')).toMatchObject([
    { actor: 'configuration', before: null },
    { actor: 'configuration', before: expect.stringMatching(/^[0-9a-f]{64}$/) },
  ])
})

test('a conflicting file does not keep the server from starting', async () => {
  await world.command('bob', { type: 'lock', environment: 'staging', reason: 'a migration' })
  await world.stop()
  world.configure(journey(place('production')))
  await world.start()
  const waiting = await world.until('it waits', (state) => state.policy_conflict !== null)
  expect(waiting.policy_conflict?.conflicts[0]?.message).toContain('bob keeps staging locked')
  await world.command('bob', { type: 'unlock', environment: 'staging' })
  await world.until('it is accepted', (state) => names(state) === 'production')
})

test('an invalid file is told and the old one stays; a mended one is taken without a restart', async () => {
  world.touch('go')
  const refused = new Promise<string>((hear) => {
    world.server?.stderr?.on('data', (bytes: Buffer) => {
      if (bytes.includes('stays as it was')) hear(bytes.toString())
    })
  })
  writeFileSync(join(world.home, 'signalbox.yml'), 'pipelines: {}\n')
  hangUp()
  expect(await refused).toContain('signalbox.yml:1 ')
  expect(names(await world.state())).toBe('staging,production')
  writeFileSync(
    join(world.home, 'signalbox.yml'),
    `people: [{ name: ana, github: ana }]\npipelines:\n  api:\n    repository: ${world.repository}\n${journey(place('staging'), place('production'), place('eu'))}`,
  )
  hangUp()
  await world.until('eu is there', (state) => names(state) === 'staging,production,eu')
})

test('a renamed environment keeps what is live, its lock, its chain and its history', async () => {
  world.touch('go')
  const first = await world.merge('ana', 'Cache the price list')
  await world.command('ana', { type: 'depart' })
  await world.until('arrival', ({ environments }) => environments.at(-1)?.live?.sha === first)
  const second = await world.merge('bob', 'Drop the legacy cart')
  await world.command('ana', { type: 'depart' })
  await world.until('arrival', ({ environments }) => environments.at(-1)?.live?.sha === second)
  await world.command('bob', { type: 'lock', environment: 'production', reason: 'a migration' })
  world.configure(journey(place('staging'), place('prod', ', was: production')))
  hangUp()
  const renamed = await world.until('the rename', (state) => names(state) === 'staging,prod')
  expect(renamed.environments.at(-1)).toMatchObject({
    epoch: 2,
    live: { sha: second },
    lock: { by: 'bob' },
    releases: [{ sha: first }, { sha: second }],
  })
  expect((await told('policy_accepted')).at(-1)).toMatchObject({
    renamed: [{ from: 'production', to: 'prod' }],
  })
  const back = { type: 'roll_back', environment: 'prod', reason: 'slow', take_over: true }
  expect((await world.command('bob', back)).status).toBe(200)
  await world.until('the rollback', ({ environments }) => environments.at(-1)?.live?.sha === first)
})

test('an environment added at the end is reached by later trains, and rolls back only its own', async () => {
  world.touch('go')
  const before = await world.merge('ana', 'Cache the price list')
  await world.command('ana', { type: 'depart' })
  await world.until('arrival', ({ environments }) => environments.at(-1)?.live?.sha === before)
  world.configure(journey(place('staging'), place('production'), place('eu')))
  hangUp()
  await world.until('eu is there', (state) => names(state) === 'staging,production,eu')
  const shas = [before]
  for (const title of ['Drop the legacy cart', 'Show the total']) {
    const sha = await world.merge('bob', title)
    shas.push(sha)
    await world.command('ana', { type: 'depart' })
    await world.until('arrival', ({ environments }) => environments.at(-1)?.live?.sha === sha)
  }
  const back = { type: 'roll_back', environment: 'eu', reason: 'slow' }
  expect((await world.command('bob', back)).status).toBe(200)
  await world.until('it', ({ environments }) => environments.at(-1)?.live?.sha === shas[1])
  const { body } = await world.call('ana', '/pipelines/api/trains/1')
  expect(body['status']).toBe('arrived')
  expect((await world.call('ana', '/pipelines/api/trains/3')).body['status']).toBe('rolled_back')
})
