/**
 * The main line with everything real: processes, git, HTTP, PostgreSQL; and its crash table.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../world/database.ts'
import { Installation } from '../world/serving.ts'

const TWO = `    environments:
      - { name: staging, deploy: { run: sh deploy.sh } }
      - { name: production, deploy: { run: sh deploy.sh } }`
const ONE = `    environments:
      - { name: production, approvals: { authors: none }, deploy: { run: sh deploy.sh } }`

let database: TestDatabase
let world: Installation

beforeEach(async () => {
  database = await testDatabase()
})

afterEach(async () => {
  await world.clean()
  await database.dropWhole()
})

/** A ride whose deploy says that it runs, and lasts until the test lets it go. */
async function rideSlowly(first = ''): Promise<Installation> {
  world = new Installation(database.url, {
    script: (home) => `${first}\nwhile [ ! -e '${home}/go' ]; do sleep 0.1; done`,
    pipeline: ONE,
  })
  await world.start()
  return world
}

async function ride(script: string, pipeline: string): Promise<Installation> {
  world = new Installation(database.url, { script: () => script, pipeline })
  await world.start()
  return world
}

const depart = { type: 'depart' }

test('the agent that runs other people’s scripts is given none of the server’s secrets', async () => {
  world = new Installation(database.url, { script: () => 'true', pipeline: ONE })
  const secret = 'hook-secret-0123456789'
  const { child } = await world.run(['serve'], { GITHUB_WEBHOOK_SECRET: secret })
  world.server = child
  const environment = readFileSync(`/proc/${await world.agentBegun()}/environ`, 'utf8')
  expect(environment).toContain('SIGNALBOX_HOME=')
  for (const hidden of [secret, database.url, world.tokens.ana]) {
    expect(environment).not.toContain(hidden)
  }
})

test('two merges by two authors ride from the merge to the arrival, each deployed once', async () => {
  await ride('echo deploying', TWO)
  await world.merge('ana', 'Cache the price list')
  const sha = await world.merge('bob', 'Drop the legacy cart')
  expect((await world.command('ana', depart)).status).toBe(200)
  const waiting = await world.until('production waits for the authors', ({ trains }) =>
    Boolean(trains[0]?.blockers.some(({ gate }) => gate === 'consent')),
  )
  expect(waiting.trains[0]?.changes.map(({ title, author }) => `${title} · ${author}`)).toEqual([
    'Cache the price list · ana',
    'Drop the legacy cart · bob',
  ])
  await world.command('ana', { type: 'consent', train: 1 })
  expect(world.witness()).toEqual([`staging ${sha} api-1-staging-forward-1`])
  await world.command('bob', { type: 'consent', train: 1 })
  const arrived = await world.until('the train arrives', ({ trains }) => trains.length === 0)
  expect(arrived.environments.map(({ live }) => live?.sha)).toEqual([sha, sha])
  expect(world.witness()).toEqual([
    `staging ${sha} api-1-staging-forward-1`,
    `production ${sha} api-1-production-forward-1`,
  ])
  const { body } = await world.call('ana', '/pipelines/api/trains/1')
  expect(body).toMatchObject({ status: 'arrived', sha })
})

test('a failure shows its last lines, keeps the environment closed, and is retried', async () => {
  const flag = join('/tmp', `signalbox-flag-${process.pid}`)
  await ride(`echo 'the disk is full'; [ -e '${flag}' ] || exit 3`, ONE)
  await world.merge('ana', 'Fill the disk')
  await world.command('ana', depart)
  const failed = await world.until('it fails', ({ environments }) =>
    environments.some(({ deployment }) => deployment?.status === 'failed'),
  )
  expect(failed.trains[0]?.blockers[0]?.message).toContain('exit status 3')
  expect(failed.environments[0]?.deployment).toMatchObject({ tail: ['the disk is full'] })
  writeFileSync(flag, '')
  await world.command('ana', { type: 'retry' })
  await world.until('it arrives', ({ trains }) => trains.length === 0)
  expect(world.witness()).toHaveLength(2)
})

describe('the crash table', () => {
  test('a killed server neither loses nor repeats the run: the agent goes on, the next re-attaches', async () => {
    await rideSlowly()
    const sha = await world.merge('ana', 'Survive')
    await world.command('ana', depart)
    await world.until('it runs', ({ environments }) =>
      environments.some(({ deployment }) => deployment?.status === 'running'),
    )
    await world.killServer()
    writeFileSync(join(world.home, 'go'), '')
    await world.start()
    const after = await world.until('it arrives', ({ trains }) => trains.length === 0)
    expect(after.environments[0]?.live?.sha).toBe(sha)
    expect(world.witness()).toHaveLength(1)
  })

  test('a killed agent is replaced, and the new one re-attaches to the run that still lives', async () => {
    await rideSlowly()
    await world.merge('ana', 'Survive')
    await world.command('ana', depart)
    await world.until('it runs', () => world.witness().length > 0)
    const first = world.agentPid()
    process.kill(first, 'SIGKILL')
    await world.until('another agent is there', () => {
      try {
        return world.agentPid() !== first
      } catch {
        return false
      }
    })
    writeFileSync(join(world.home, 'go'), '')
    await world.until('it arrives', ({ trains }) => trains.length === 0)
    expect(world.witness()).toHaveLength(1)
  })

  test('a run killed together with its agent ends as unknown, and a person settles it', async () => {
    await rideSlowly(`echo $$ > "$0.pid"; cp "$0.pid" "$SIGNALBOX_REPOSITORY/../pid"`)
    const sha = await world.merge('ana', 'Lose the host')
    await world.command('ana', depart)
    await world.until('it runs', () => world.witness().length > 0)
    const pid = Number(readFileSync(join(world.home, 'pid'), 'utf8'))
    const group = Number(
      readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[2] ?? Number.NaN,
    )
    process.kill(world.agentPid(), 'SIGKILL')
    process.kill(-group, 'SIGKILL')
    const lost = await world.until('nobody knows', ({ trains }) =>
      Boolean(trains[0]?.blockers.some(({ gate }) => gate === 'unknown')),
    )
    expect(lost.environments[0]?.live).toBeNull()
    const settle = {
      type: 'settle_unknown',
      environment: 'production',
      outcome: 'succeeded',
      reason: 'I looked at the target',
    }
    expect((await world.command('bob', settle)).status).toBe(200)
    const settled = await world.until('it arrives', ({ trains }) => trains.length === 0)
    expect(settled.environments[0]?.live?.sha).toBe(sha)
    expect(world.witness()).toHaveLength(1)
  })

  test('a server told to stop leaves a running deploy alone, and the next one hears how it ended', async () => {
    await rideSlowly()
    await world.merge('ana', 'Restart in between')
    await world.command('ana', depart)
    await world.until('it runs', () => world.witness().length > 0)
    await world.stop()
    writeFileSync(join(world.home, 'go'), '')
    await world.start()
    await world.until('it arrives', ({ trains }) => trains.length === 0)
    expect(world.witness()).toHaveLength(1)
  })

  test('a cancel ends the whole process group, and is done when it is proven dead', async () => {
    await rideSlowly('(sleep 300; echo late) &')
    await world.merge('ana', 'Regret it')
    await world.command('ana', depart)
    await world.until('it runs', () => world.witness().length > 0)
    await world.command('bob', { type: 'cancel', train: 1, reason: 'wrong day' })
    const over = await world.until('it is off the line', ({ trains }) => trains[0]?.number === 2)
    expect(over.environments[0]?.live).toBeNull()
    expect((await world.call('ana', '/pipelines/api/trains/1')).body).toMatchObject({
      status: 'cancelled',
      deployments: [{ status: 'aborted' }],
    })
  })
})

test('the edges refuse what they must, by name, and record nothing', async () => {
  await ride('true', ONE)
  const sha = await world.merge('ana', 'Something')
  expect((await world.call(null, '/pipelines')).status).toBe(401)
  expect((await world.call('ana', '/pipelines/web')).status).toBe(404)
  expect((await world.command('ana', { type: 'explode' })).body['field']).toBe('type')
  expect(
    await world.command('ci', { type: 'record_check', sha, name: 'x', status: 'meh' }),
  ).toMatchObject({ status: 422, body: { field: 'status' } })
  expect((await world.command('ana', { ...depart, colour: 'red' })).body['field']).toBe('colour')
  const machine = await world.command('ci', depart)
  expect(machine).toMatchObject({ status: 403, body: { refusal: { code: 'not_allowed' } } })
  expect((await world.state()).trains[0]?.status).toBe('boarding')
  const { body } = await world.call('ana', '/pipelines/api/events')
  expect((body['events'] as { type: string }[]).map(({ type }) => type)).toEqual([
    'policy_accepted',
    'change_recorded',
    'train_opened',
    'refused',
  ])
})
