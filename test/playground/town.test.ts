/**
 * The town: real merges, real tests, real processes; Signalbox itself is a door that takes notes.
 */
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Hono } from 'hono'
import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listen } from '../../src/http/server.ts'
import { makeSample, type Sample } from '../../src/playground/sample.ts'
import { openStore, type Store } from '../../src/playground/store.ts'
import { runTests } from '../../src/playground/town/ci.ts'
import { createTownClock, type TownClock } from '../../src/playground/town/clock.ts'
import { lookAtInstances } from '../../src/playground/town/instances.ts'
import { pullAt } from '../../src/playground/town/pulls.ts'
import { createTown, type Running } from '../../src/playground/town/town.ts'
import { settle } from './bot.ts'

const run = promisify(execFile)

let home: string
let sample: Sample
let store: Store
let town: Running
let clock: TownClock
let told: Record<string, unknown>[]
let tokens: (string | undefined)[]
let close: () => Promise<void>
let refusal: number | null

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'signalbox-town-'))
  sample = makeSample(home, { url: 'http://localhost:3000', port: 3000 })
  store = openStore(join(home, 'playground.json'))
  told = []
  tokens = []
  refusal = null
  const app = new Hono()
  app.post('/api/v1/pipelines/shop/commands', async (c) => {
    if (refusal !== null) return c.json({ error: 'not now' }, 503)
    tokens.push(c.req.header('authorization'))
    told.push(await c.req.json())
    return c.json({ events: [] })
  })
  const server = await listen(app, { port: 0, host: '127.0.0.1' })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  close = () => new Promise((done) => server.close(() => done()))
  const url = (): string => `http://127.0.0.1:${port}`
  clock = createTownClock()
  town = createTown({ sample, store, url, log: pino({ level: 'silent' }), home, clock })
})
afterEach(async () => {
  await town.stop()
  store.flush()
  await close()
  await rm(home, { recursive: true, force: true })
})

const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-C', sample.repository, ...args], { encoding: 'utf8' }).trim()

const head = (): string => git('rev-parse', 'main')

/** Runs the sample's own deploy script, as the agent would. */
function deploy(environment: string, sha: string): Promise<unknown> {
  git('checkout', '--quiet', '--detach', sha)
  // As an agent's run: what it inherits does not make a shop believe that it is being tested.
  const { CI: _, ...rest } = process.env
  const env = { ...rest, SIGNALBOX_ENVIRONMENT: environment, SIGNALBOX_SHA: sha }
  return run('./deploy.sh', [sample.sites], { cwd: sample.repository, env }).finally(() =>
    git('checkout', '--quiet', 'main'),
  )
}

test('a merge is a real one by its author, and Signalbox is told what GitHub would tell', async () => {
  const parent = head()
  expect(await town.merge()).toBeNull()
  const sha = head()
  expect(git('show', '--no-patch', '--format=%an: %s', `${sha}^2`)).toBe(
    'ana: Cache the price list',
  )
  expect(told).toMatchObject([
    {
      type: 'record_change',
      sha,
      parent,
      number: 101,
      title: 'Cache the price list',
      author: 'ana',
      merged_by: 'ana',
      paths: ['features/10-cache.mjs'],
    },
    { type: 'record_check', sha, name: 'test', status: 'pending' },
  ])
  const ci = sample.tokens.find(({ name }) => name === 'ci')
  expect(tokens[0]).toBe(`Bearer ${ci?.secret}`)
  await settle('CI has run', () => store.state.merged[0]?.ci === 'success')
  expect(told.at(-1)).toMatchObject({ type: 'record_check', sha, status: 'success' })
})

test('the whole queue can be merged; CI is red for one, and green again after its revert', async () => {
  const results: string[] = []
  for (let index = 0; index < 14; index++) {
    expect(await town.merge()).toBeNull()
    results.push(await runTests(sample.repository, head()))
  }
  expect(results.flatMap((one, at) => (one === 'failure' ? [pullAt(at).title] : []))).toEqual([
    'Give the first bell away',
  ])
  expect(git('status', '--porcelain')).toBe('')
  expect(told.filter(({ reverts }) => reverts !== undefined)).toMatchObject([
    { number: 104, reverts: '#103' },
    { number: 110, reverts: '#109' },
    { number: 112, reverts: '#111' },
  ])
})

test('a deploy changes what an instance really serves; one that fails leaves the old one', async () => {
  const first = head()
  await deploy('staging', first)
  const [staging, production] = await lookAtInstances(sample.sites)
  expect(staging).toMatchObject({ version: first, health: 'healthy' })
  expect(production).toMatchObject({ url: null, health: 'silent' })
  for (let index = 0; index < 11; index++) await town.merge()
  const failing = head()
  await expect(deploy('staging', failing)).rejects.toMatchObject({
    stderr: expect.stringContaining('PAYMENTS_KEY is not set'),
  })
  expect((await lookAtInstances(sample.sites))[0]).toMatchObject({ version: first })
  await town.merge()
  await deploy('staging', head())
  expect((await lookAtInstances(sample.sites))[0]).toMatchObject({ version: head() })
})

test('instances stop with the playground, and start again with it', async () => {
  const sha = head()
  await deploy('production', sha)
  await town.stop()
  expect((await lookAtInstances(sample.sites))[1]).toMatchObject({ health: 'silent' })
  await town.resume()
  expect((await lookAtInstances(sample.sites))[1]).toMatchObject({ version: sha })
})

test('an instance whose place is gone ends by itself', async () => {
  await deploy('staging', head())
  const url = (await lookAtInstances(sample.sites))[0]?.url ?? ''
  await rm(sample.sites, { recursive: true })
  await settle('it has ended', () =>
    fetch(url).then(
      () => false,
      () => true,
    ),
  )
})

test('what Signalbox did not hear of a merge is told again when the playground starts', async () => {
  refusal = 503
  expect(await town.merge()).toContain('Signalbox answered 503')
  expect(told).toEqual([])
  refusal = null
  await town.resume()
  expect(told.map(({ type }) => type)).toEqual(['record_change', 'record_check'])
})

test('a check can be turned by hand, for what was merged here and nothing else', async () => {
  await town.merge()
  const sha = head()
  expect(await town.setCheck(sha, 'failure')).toBeNull()
  expect(told.at(-1)).toMatchObject({ sha, status: 'failure' })
  expect(await town.setCheck('0'.repeat(40), 'success')).toBe('no such change was merged here')
})

test('while GitHub is down no git reads the repository, and afterwards all is told', async () => {
  await town.merge()
  const merged = told.length
  expect(await town.setGithub(true)).toBeNull()
  expect(() => head()).toThrow()
  expect(await town.merge()).toBe('GitHub is down: nobody can merge.')
  expect(await town.setCheck(store.state.merged[0]?.sha ?? '', 'failure')).toContain(
    'GitHub is down',
  )
  expect(told).toHaveLength(merged)
  expect(await town.setGithub(false)).toBeNull()
  expect(head()).toBe(store.state.merged[0]?.sha)
  await settle('CI has run', () => store.state.merged[0]?.ci === 'success')
})

test('time is not skipped in a database that is not the town’s', async () => {
  expect(await town.skip(60_000)).toContain('not the town’s to move')
})
