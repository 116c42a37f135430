/**
 * The way back with everything real: processes, git, HTTP, PostgreSQL, the CLI.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../world/database.ts'
import { Installation } from '../world/serving.ts'

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

async function ride(title: string): Promise<string> {
  const sha = await world.merge('ana', title)
  await world.command('ana', { type: 'depart' })
  await world.until(`${title} arrives`, ({ trains }) => trains.length === 0)
  return sha
}

const liveIs = (sha: string) => (state: Awaited<ReturnType<Installation['state']>>) =>
  state.environments[0]?.live?.sha === sha

test('what is bad is taken back, kept out by a veto, and let in again by a written word', async () => {
  world = new Installation(database.url, { script: () => 'echo "$SIGNALBOX_KIND"', pipeline: ONE })
  await world.start()
  const good = await ride('Good')
  const bad = await ride('Bad')

  const preview = await world.call('bob', '/pipelines/api/rollback')
  expect(preview.body).toMatchObject({ from: bad, to: { sha: good }, trains: [2], needs: [] })

  await world.command('bob', { type: 'roll_back', reason: 'prices are wrong' })
  const back = await world.until('production is back', liveIs(good))
  expect(back.environments[0]?.lock).toMatchObject({ by: 'bob' })
  expect(back.trains).toMatchObject([{ number: 3, status: 'boarding', changes: [{ sha: bad }] }])
  expect(world.witness().at(-1)).toBe(`production ${good} api-2-production-rollback-1`)
  expect((await world.call('ana', '/pipelines/api/trains/2')).body).toMatchObject({
    status: 'rolled_back',
  })

  await world.command('bob', { type: 'unlock', environment: 'production' })
  await world.command('ana', { type: 'depart' })
  const vetoed = await world.state()
  expect(vetoed.trains[0]?.blockers.map(({ gate }) => gate)).toEqual(['veto'])

  await world.command('bob', { type: 'release_veto', train: 3, reason: 'it was the network' })
  await world.until('it is live again', liveIs(bad))
  expect(world.witness().length).toBe(4)
})

test('a rollback outlives the server that was told of it', async () => {
  world = new Installation(database.url, {
    script: (home) =>
      `[ $SIGNALBOX_KIND = forward ] || while [ ! -e '${home}/go' ]; do sleep 0.1; done`,
    pipeline: ONE,
  })
  await world.start()
  const good = await ride('Good')
  await ride('Bad')
  await world.command('bob', { type: 'roll_back', reason: 'prices are wrong' })
  await world.until('the rollback runs', ({ environments }) =>
    Boolean(environments[0]?.deployment?.status === 'running'),
  )
  await world.killServer()
  world.touch('go')
  await world.start()
  await world.until('production is back', liveIs(good))
  expect(world.witness().length).toBe(3)
})
