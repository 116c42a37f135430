/**
 * A rollout in steps, with everything real: a metrics server over HTTP, the deploy script, git,
 * PostgreSQL, and the server killed in a bake.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type TestDatabase, testDatabase } from '../world/database.ts'
import { Installation } from '../world/serving.ts'
import { Metrics } from '../world/watched.ts'

/** Three bakes of seconds, and a busy machine. */
vi.setConfig({ testTimeout: 180_000 })

let database: TestDatabase
let world: Installation
let metrics: Metrics
/** Releases of which every third request fails. */
let bad: readonly string[] = []
/** What the command after a verification writes. */
let retired: string

beforeEach(async () => {
  database = await testDatabase()
  metrics = new Metrics()
  await metrics.up()
  bad = []
  retired = join(mkdtempSync(join(tmpdir(), 'signalbox-retired-')), 'retired')
  metrics.over = (query, at) => {
    const isBad = bad.some((one) => query.includes(one))
    return String((isBad ? 0.3 : 0.01) + (Math.round(at * 10) % 5) / 1_000)
  }
})

afterEach(async () => {
  await world.clean()
  await metrics.down()
  rmSync(dirname(retired), { recursive: true })
  await database.dropWhole()
})

type State = Awaited<ReturnType<Installation['state']>>

const production = ({ environments }: State) => environments[0]

/** `staff baking`, `10 deploying`; undefined where it goes to everybody at once. */
function at(state: State): string {
  const rollout = production(state)?.deployment?.rollout
  return rollout == null ? '' : `${rollout.step} ${rollout.phase}`
}

/** Each run of the script: which step it was told, and how much of the traffic. */
const steps = (): readonly string[] =>
  readFileSync(join(world.home, 'steps'), 'utf8').trim().split('\n')

/** A first release in production, so that the next one is compared with something. */
async function begun(bake = '4s'): Promise<string> {
  world = new Installation(database.url, {
    script: (home) =>
      `echo "$SIGNALBOX_KIND $SIGNALBOX_STEP $SIGNALBOX_TRAFFIC" >> '${home}/steps'`,
    pipeline: `    checks: { require: [] }
    environments:
      - name: production
        approvals: { authors: none }
        deploy: { run: sh deploy.sh }
        on_failure: { do: roll_back, after: 1s }
        after_verified: { run: 'echo "$SIGNALBOX_SHA replaces $SIGNALBOX_BASE_SHA" >> ${retired}' }
        rollout:
          steps: [{ name: staff, bake: ${bake} }, 10, 100]
          bake: ${bake}
          analysis:
            - name: checkout errors
              prometheus: { url: "${metrics.url}", query: 'errors{release="{{release}}"}' }
              better: lower
              every: 1s
              timeout: 1s
              samples: 4`,
  })
  await world.start()
  const first = await world.merge('ana', 'First')
  await world.command('ana', { type: 'depart' })
  await world.until('it bakes with staff', (state) => at(state) === 'staff baking')
  await world.command('ana', { type: 'skip_to_full', reason: 'nothing was there before' })
  await world.until('the first one arrives', ({ trains }) => trains.length === 0)
  return first
}

async function send(title: string): Promise<string> {
  const sha = await world.merge('ana', title)
  await world.command('ana', { type: 'depart' })
  return sha
}

test('a good release arrives, step by step, each told to the script', async () => {
  const first = await begun()
  const good = await send('Good')
  await world.until('it bakes with staff', (state) => at(state) === 'staff baking')
  expect(production(await world.state())?.live?.sha).toBe(first)
  await world.until('it bakes at 10 %', (state) => at(state) === '10 baking')
  expect(production(await world.state())?.live?.sha).toBe(first)
  await world.until('it arrives', ({ trains }) => trains.length === 0)
  expect(production(await world.state())?.live?.sha).toBe(good)
  expect(steps().slice(-3)).toEqual(['forward staff ', 'forward 10 10', 'forward 100 100'])
  expect(world.witness().slice(-3)).toEqual([
    `production ${good} api-2-production-forward-1`,
    `production ${good} api-2-production-forward-1-step-2`,
    `production ${good} api-2-production-forward-1-step-3`,
  ])
})

test('the old release is retired once the new one is verified, never before, and with the next one on its way', async () => {
  const first = await begun()
  const good = await send('Good')
  await world.until('it bakes at 10 %', (state) => at(state) === '10 baking')
  // Of a first release there is nothing to retire, and this one is not verified yet.
  expect(existsSync(retired)).toBe(false)
  // The next one waits behind it, and starts in the moment in which this one is verified.
  await send('Next')
  await world.command('ana', { type: 'skip_to_full', reason: 'it is fine' })
  await world.until('the next one begins', (state) => at(state).startsWith('staff '))
  const told = async () => (await world.call('ana', '/pipelines/api/events')).body['events']
  await expect
    .poll(told, { timeout: 20_000 })
    .toContainEqual(expect.objectContaining({ type: 'retirement_done', old: first }))
  expect(readFileSync(retired, 'utf8')).toBe(`${good} replaces ${first}\n`)
})

test('a bad release is found at its step, taken back and locked without a hand', async () => {
  const first = await begun()
  const sick = await send('Bad')
  await world.until('it bakes with staff', (state) => at(state) === 'staff baking')
  await world.until('it goes on to 10 %', (state) => at(state).startsWith('10 '))
  bad = [sick]
  const back = await world.until('it is taken back', (state) => {
    const here = production(state)
    return here?.live?.sha === first && here.lock != null && here.deployment?.kind === 'rollback'
  })
  expect(production(back)?.lock).toMatchObject({
    by: 'signalbox',
    reason: expect.stringMatching(
      /at 10 %: checkout errors: 0\.30?\d* against 0\.01\d* of the old release, Mann–Whitney p/,
    ),
  })
  await world.until('the way back is done', ({ trains }) => trains[0]?.status === 'boarding')
  expect(steps().slice(-3)).toEqual(['forward staff ', 'forward 10 10', 'rollback 100 100'])
  expect((await world.call('ana', '/pipelines/api/trains/2')).body).toMatchObject({
    status: 'rolled_back',
  })
})

test('a silent metrics server never counts as healthy: it waits for a person', async () => {
  await begun()
  await metrics.down()
  await send('Unseen')
  const waiting = await world.until('it waits', (state) => at(state) === 'staff waiting')
  expect(waiting.trains[0]?.blockers[0]?.message).toContain(
    'checkout errors: the metrics server: nothing listens there',
  )
  await new Promise((later) => setTimeout(later, 3_000))
  expect(at(await world.state())).toBe('staff waiting')
  await world.command('bob', { type: 'continue', reason: 'staff sees no errors' })
  await world.until('it goes on', (state) => at(state).startsWith('10 '))
})

test('a server killed in a bake goes on where it was, and passes no lock', async () => {
  await begun()
  const good = await send('Good')
  await world.until('it bakes with staff', (state) => at(state) === 'staff baking')
  await world.killServer()
  await world.start()
  await world.until('it bakes at 10 %', (state) => at(state) === '10 baking')
  await world.command('bob', { type: 'lock', environment: 'production', reason: 'migration' })
  await world.killServer()
  await world.start()
  await world.until('its bake is over', (state) => at(state) === '10 waiting')
  await new Promise((later) => setTimeout(later, 3_000))
  expect(at(await world.state())).toBe('10 waiting')
  await world.command('bob', { type: 'unlock', environment: 'production' })
  await world.until('it arrives', ({ trains }) => trains.length === 0)
  const runs = world.witness().filter((line) => line.includes(good))
  expect(runs).toHaveLength(3)
})
