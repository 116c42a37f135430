/**
 * Taking back by itself, with everything real: instances over HTTP, processes, git, PostgreSQL, and
 * the server killed in between.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../world/database.ts'
import { Installation } from '../world/serving.ts'
import { Instance } from '../world/watched.ts'

let database: TestDatabase
let world: Installation
let instance: Instance

beforeEach(async () => {
  database = await testDatabase()
  instance = new Instance('nothing')
  await instance.up()
})

afterEach(async () => {
  await world.clean()
  await instance.down()
  await database.dropWhole()
})

type State = Awaited<ReturnType<Installation['state']>>

/** A healthy release in production, and a second one that its instance never comes to run. */
async function sick(after: string): Promise<{ readonly good: string; readonly bad: string }> {
  world = new Installation(database.url, {
    script: () => 'echo "$SIGNALBOX_KIND"',
    pipeline: `    checks: { require: [] }
    environments:
      - name: production
        approvals: { authors: none }
        deploy: { run: sh deploy.sh }
        on_failure: { do: roll_back, after: ${after} }
        verify:
          - name: version
            http: { url: "${instance.url}", path: $.build.sha, expect: sha }
            every: 1s
            timeout: 1s
            times: 2
            within: 0s`,
  })
  await world.start()
  const good = await world.merge('ana', 'Good')
  instance.says = good
  await world.command('ana', { type: 'depart' })
  await world.until('the good one arrives', ({ trains }) => trains.length === 0)
  const bad = await world.merge('ana', 'Bad')
  await world.command('ana', { type: 'depart' })
  return { good, bad }
}

const production = ({ environments }: State) => environments[0]

const counts = (state: State): boolean => production(state)?.countdown != null

const events = async () =>
  (await world.call('ana', '/pipelines/api/events')).body['events'] as readonly {
    readonly type: string
    readonly actor: string
  }[]

test('what falls sick is taken back and locked without a hand', async () => {
  const { good, bad } = await sick('2s')
  const counting = await world.until('it counts down', counts)
  expect(production(counting)?.countdown).toMatchObject({
    to: good,
    cause: expect.stringMatching(/^its verification failed: version: .* should be on /),
  })
  expect(production(counting)?.live?.sha).toBe(bad)
  const back = await world.until('it is back and well', (state) => {
    return production(state)?.live?.sha === good && state.trains[0]?.status === 'boarding'
  })
  expect(production(back)?.lock).toMatchObject({ by: 'signalbox' })
  expect(world.witness().at(-1)).toBe(`production ${good} api-2-production-rollback-1`)
  expect((await world.call('ana', '/pipelines/api/trains/2')).body).toMatchObject({
    status: 'rolled_back',
  })
  const told = await events()
  for (const type of ['countdown_begun', 'locked', 'rollback_ordered', 'rolled_back']) {
    expect(told).toContainEqual(expect.objectContaining({ type, actor: 'signalbox' }))
  }
  await world.command('ana', { type: 'unlock', environment: 'production' })
  await world.command('ana', { type: 'depart' })
  const vetoed = await world.state()
  expect(vetoed.trains[0]?.blockers.map(({ gate }) => gate)).toContain('veto')
})

test('a person cancels the countdown, by name, and it stays as it is', async () => {
  const { bad } = await sick('1m')
  await world.until('it counts down', counts)
  const answer = await world.command('bob', { type: 'cancel_countdown', reason: 'a false alarm' })
  expect(answer.status).toBe(200)
  const state = await world.state()
  expect(production(state)).toMatchObject({ countdown: null, live: { sha: bad }, lock: null })
  expect(await events()).toContainEqual(
    expect.objectContaining({ type: 'countdown_cancelled', actor: 'bob', reason: 'a false alarm' }),
  )
  const late = await world.command('ana', { type: 'cancel_countdown' })
  expect(late.body).toMatchObject({ refusal: { code: 'no_countdown' } })
})

test('a lock turns the countdown into a question to its holder', async () => {
  const { bad, good } = await sick('1m')
  await world.until('it counts down', counts)
  await world.command('bob', { type: 'lock', environment: 'production', reason: 'I look at it' })
  expect(await events()).toContainEqual(
    expect.objectContaining({
      type: 'reaction_withheld',
      actor: 'signalbox',
      why: { is: 'locked', by: 'bob', reason: 'I look at it', to: good },
    }),
  )
  expect(production(await world.state())).toMatchObject({ countdown: null, live: { sha: bad } })
  await world.command('bob', { type: 'roll_back', reason: 'it is the prices' })
  await world.until('it is back', (state) => production(state)?.live?.sha === good)
})

test('a server killed during the countdown takes back once, when it was to be', async () => {
  const { good } = await sick('4s')
  const counting = await world.until('it counts down', counts)
  await world.killServer()
  await world.start()
  await world.until('it is back', (state) => production(state)?.live?.sha === good)
  expect(world.witness()).toHaveLength(3)
  const told = await events()
  expect(told.filter(({ type }) => type === 'countdown_begun')).toHaveLength(1)
  const ordered = told.filter(({ type }) => type === 'rollback_ordered') as { at?: string }[]
  expect(ordered).toHaveLength(1)
  const due = Date.parse(production(counting)?.countdown?.at ?? '')
  expect(Date.parse(ordered[0]?.at ?? '')).toBeGreaterThanOrEqual(due)
})
