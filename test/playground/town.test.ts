/**
 * The town: real merges, real tests, real processes; Signalbox itself is a door that takes notes.
 */
import { execFile, execFileSync } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Sample } from '../../src/playground/sample.ts'
import type { Store } from '../../src/playground/store.ts'
import { runTests } from '../../src/playground/town/ci.ts'
import { lookAtInstances } from '../../src/playground/town/instances.ts'
import { pullAt } from '../../src/playground/town/pulls.ts'
import type { Running } from '../../src/playground/town/town.ts'
import { settle } from './bot.ts'
import { startTown, type TownBench } from './town-bench.ts'

const run = promisify(execFile)

let bench: TownBench
let sample: Sample
let store: Store
let town: Running

beforeEach(async () => {
  bench = await startTown()
  ;({ sample, store, town } = bench)
})
afterEach(() => bench.stop())

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

test('a merge is a real one by its author', async () => {
  const parent = head()
  expect(await town.merge()).toBeNull()
  expect(git('rev-parse', 'main^1')).toBe(parent)
  expect(git('show', '--no-patch', '--format=%an: %s', 'main^2')).toBe('ana: Cache the price list')
  await settle('CI has run', () => store.state.merged[0]?.ci === 'success')
})

test('the whole queue can be merged; CI is red for one, and green again after its revert', async () => {
  const results: string[] = []
  for (let index = 0; index < 14; index++) {
    expect(await town.merge()).toBeNull()
    results.push(await runTests(sample.repository, head()))
  }
  expect(
    results.flatMap((one, at) => (one === 'failure' ? [pullAt('shop', at).title] : [])),
  ).toEqual(['Give the first bell away'])
  expect(git('status', '--porcelain')).toBe('')
  const closed = bench.told.flatMap(({ body }) => (body['action'] === 'closed' ? [body] : []))
  const bodies = closed.map((one) => (one['pull_request'] as { readonly body: string }).body)
  expect(bodies.filter(Boolean)).toEqual([
    'Reverts town/shop#103',
    'Reverts town/shop#109',
    'Reverts town/shop#111',
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

test('what Signalbox refused to hear is not told again, as by GitHub', async () => {
  bench.answer = 503
  expect(await town.merge()).toBeNull()
  const told = bench.told.length
  bench.answer = 202
  await town.resume()
  expect(bench.told.slice(told).filter(({ event }) => event !== 'check_run')).toEqual([])
})

test('a check can be turned by hand, for what was merged here and nothing else', async () => {
  await town.merge()
  const sha = head()
  expect(await town.setCheck(sha, 'failure')).toBeNull()
  expect(bench.told.at(-1)?.body).toMatchObject({
    check_run: { head_sha: sha, conclusion: 'failure' },
  })
  expect(await town.setCheck('0'.repeat(40), 'success')).toBe('no such change was merged here')
})

test('while GitHub is down it takes no result of CI; afterwards the tests run again', async () => {
  await town.merge()
  const told = bench.told.length
  expect(await town.setGithub(true)).toBeNull()
  expect(await town.setCheck(head(), 'failure')).toContain('GitHub is down')
  expect(bench.told).toHaveLength(told)
  expect(await town.setGithub(false)).toBeNull()
  await settle('CI has run', () => store.state.merged[0]?.ci === 'success')
})

test('time is not skipped in a database that is not the town’s', async () => {
  expect(await town.skip(60_000)).toContain('not the town’s to move')
})
