/**
 * The town's GitHub, asked by the very code that asks GitHub, and fetched from by the agent's git.
 */
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { webUrlOf } from '../../src/config/github.ts'
import { type Client, createClient, statusOf } from '../../src/github/client.ts'
import { readDelivery } from '../../src/github/inbound.ts'
import { showIssue } from '../../src/github/issues.ts'
import { type MirrorEntry, mirrorDeployment } from '../../src/github/mirror.ts'
import { createAccount } from '../../src/github/rest-account.ts'
import { openPulls, tellStatus } from '../../src/github/statuses.ts'
import { createCheckouts } from '../../src/runs/checkout.ts'
import { settle } from './bot.ts'
import { startTown, type TownBench } from './town-bench.ts'

const AT = { repository: 'town/shop', branch: 'main' }

let bench: TownBench
let client: Client

beforeEach(async () => {
  bench = await startTown()
  client = clientWith(bench.store.state.github.token)
})
afterEach(() => bench.stop())

const clientWith = (token: string): Client =>
  createClient({ apiUrl: bench.apiUrl, auth: { kind: 'token', token } })

const merge = async (): Promise<string> => {
  expect(await bench.town.merge()).toBeNull()
  return bench.store.state.merged.at(-1)?.sha ?? ''
}

test('a merge is told as GitHub tells it: the pull request, the push, the check', async () => {
  const sha = await merge()
  const heard = bench.told.map(({ event, body }) => readDelivery(event, body, 0))
  expect(bench.told.every(({ isSigned }) => isSigned)).toBe(true)
  expect(new Set(bench.told.map(({ delivery }) => delivery)).size).toBe(bench.told.length)
  expect(heard).toMatchObject([
    {
      heard: {
        kind: 'merge',
        repository: 'town/shop',
        change: { sha, number: 101, title: 'Cache the price list', author: 'ana', lines: 4 },
      },
    },
    { heard: { kind: 'push', commits: 2, change: { sha, author: 'ana' } } },
    { heard: { kind: 'check', branches: ['main'], check: { sha, status: 'pending' } } },
    ...[102, 103, 104, 105, 501, 502].map((number) => ({
      heard: { kind: 'pull', number, isOpen: true },
    })),
  ])
})

test('what the branch got is found by comparing, with who wrote what', async () => {
  const account = createAccount(client)
  const before = await account.head(AT)
  const first = await merge()
  const second = await merge()
  expect(await account.head(AT)).toBe(second)
  const range = await account.range(AT, { before: before ?? '', after: second })
  expect(range).toMatchObject({
    changes: [
      { sha: first, parent: before, number: 101 },
      { sha: second, parent: first, number: 102 },
    ],
    gone: [],
  })
  const [outline] = range?.changes ?? []
  if (outline === undefined) throw new Error('there is a change')
  expect(await account.describe(AT, outline)).toMatchObject({
    author: 'ana',
    mergedBy: 'ana',
    paths: ['features/10-cache.mjs'],
    lines: 4,
  })
  expect(await account.contains('town/shop', { sha: first, head: second })).toBe(true)
  expect(await account.contains('town/shop', { sha: second, head: first })).toBe(false)
  expect(await account.pushes(AT)).toMatchObject([
    { before: first, after: second, by: 'bob' },
    { before, after: first, by: 'ana' },
  ])
})

test('CI’s result is told and stands in the API; it can be turned by hand', async () => {
  const account = createAccount(client)
  const sha = await merge()
  expect(await account.checks('town/shop', sha)).toMatchObject([{ status: 'pending' }])
  await settle('CI has run', () => bench.store.state.merged[0]?.ci === 'success')
  expect(await account.checks('town/shop', sha)).toMatchObject([{ status: 'success' }])
  await bench.town.setCheck(sha, 'failure')
  expect(await account.checks('town/shop', sha)).toMatchObject([
    { name: 'test', status: 'failure' },
  ])
})

test('a merge whose webhooks were lost is in the API all the same', async () => {
  const account = createAccount(client)
  await bench.town.loseWebhooks(true)
  const sha = await merge()
  expect(bench.told).toEqual([])
  expect(await account.head(AT)).toBe(sha)
  await bench.town.loseWebhooks(false)
  await merge()
  expect(bench.told[0]?.body).toMatchObject({ pull_request: { number: 102 } })
})

test('while it is down every door answers 503, and nobody can merge', async () => {
  await merge()
  await bench.town.setGithub(true)
  const answers = await Promise.all(
    ['/town/shop/pull/101', '/town/shop.git/info/refs?service=git-upload-pack'].map((path) =>
      fetch(`${bench.url}${path}`),
    ),
  )
  expect(answers.map(({ status }) => status)).toEqual([503, 503])
  const asked = createAccount(client).head(AT)
  expect(await asked.catch(statusOf)).toBe(503)
  expect(await bench.town.merge()).toBe('GitHub is down: nobody can merge.')
  await bench.town.setGithub(false)
  expect(await createAccount(client).head(AT)).toBe(bench.store.state.merged[0]?.sha)
})

test('an issue of ours is made once, closed, opened again, and can be read', async () => {
  let known: { readonly number: number; readonly open: boolean } | null = null
  const book = {
    find: async () => known,
    forget: async () => {
      known = null
    },
    save: async (issue: { readonly number: number; readonly open: boolean }) => {
      known = issue
    },
  }
  const show = (isOpen: boolean) =>
    showIssue(
      { client, book, assertHeld: () => {} },
      { ...AT, mark: 'migration 107', title: 'Remove the old list', body: 'It is live.', isOpen },
    )
  expect(await show(true)).toBe('shown')
  known = null
  expect(await show(true)).toBe('shown')
  const issues = () => bench.store.state.github.issues
  expect(issues()).toMatchObject([{ title: 'Remove the old list', state: 'open' }])
  await show(false)
  expect(issues()).toMatchObject([{ state: 'closed' }])
  await show(true)
  expect(issues()).toMatchObject([{ state: 'open' }])
  const page = await fetch(`${bench.url}/town/shop/issues/${issues()[0]?.number}`)
  const text = await page.text()
  expect(text).toContain('It is live.')
  expect(text).not.toContain('migration 107')
})

test('open pull requests can be shown something, and the panel shows it', async () => {
  await bench.town.resume()
  const { pulls } = await openPulls(client, AT)
  expect(pulls.map(({ number }) => number)).toEqual([502, 501, 104, 103, 102, 101])
  const sha = pulls.at(-1)?.sha ?? ''
  const status = {
    context: 'signalbox/shop',
    state: 'failure',
    description: 'shop was stopped by ana: Stocktaking',
    url: 'http://localhost:3000',
  } as const
  expect(await tellStatus(client, { repository: 'town/shop', sha }, status)).toBe('told')
  expect(bench.town.sight().next.map(({ number, status: its }) => [number, its])).toEqual([
    [101, { context: 'signalbox/shop', isWelcome: false, description: status.description }],
    [102, null],
    [103, null],
    [104, null],
  ])
  const unknown = { repository: 'town/shop', sha: '0'.repeat(40) }
  expect(await tellStatus(client, unknown, status)).toBe('gone')
})

test('a deployment is shown as it goes, once for each key', async () => {
  const sha = await merge()
  const known = new Map<string, MirrorEntry>()
  const book = {
    find: async (key: string) => known.get(key) ?? null,
    remember: async (key: string, id: number) => void known.set(key, { id, state: null }),
    told: async () => {},
    replacedBy: async () => [],
  }
  const deployment = {
    key: 'shop/1:staging:forward:1',
    repository: 'town/shop',
    environment: 'staging',
    isProduction: false,
    sha,
    isSuperseded: false,
    description: 'Deployment of shop train #1',
    logUrl: 'http://localhost:3000/log',
  }
  const parts = { client, book, assertHeld: () => {} }
  await mirrorDeployment(parts, { ...deployment, status: 'running' })
  expect(bench.town.sight().deployments).toEqual([
    { environment: 'staging', sha, state: 'in_progress' },
  ])
  known.clear()
  await mirrorDeployment(parts, { ...deployment, status: 'succeeded' })
  expect(bench.town.sight().deployments).toEqual([
    { environment: 'staging', sha, state: 'success' },
  ])
})

test('an agent’s git fetches from it; a wrong token is refused', async () => {
  const sha = await merge()
  const webUrl = webUrlOf(bench.apiUrl)
  const home = join(bench.sample.sites, '..', 'agent')
  const { token } = bench.store.state.github
  const checkouts = createCheckouts({ home, github: { webUrl, token } })
  await expect(checkouts.checkOut('town/shop', sha, 'run')).resolves.toContain('run')
  const strange = createCheckouts({ home: `${home}-2`, github: { webUrl, token: 'ghp_another' } })
  await expect(strange.checkOut('town/shop', sha, 'run')).rejects.toThrow()
  const asked = createAccount(clientWith('ghp_another')).head(AT)
  expect(await asked.catch(statusOf)).toBe(401)
})

test('the links in Slack lead to pages, on which a hostile title is only text', async () => {
  const before = await createAccount(client).head(AT)
  const sha = await merge()
  const read = async (path: string): Promise<string> =>
    (await fetch(`${bench.url}/town/shop/${path}`)).text()
  expect(await read('pull/101')).toContain('features/10-cache.mjs')
  expect(await read(`commit/${sha}`)).toContain('Merge pull request #101')
  expect(await read(`compare/${before}...${sha}`)).toContain('2 commits')
  const { github } = bench.store.state
  github.heads = { ...github.heads, 113: sha }
  const hostile = await read('pull/113')
  expect(hostile).toContain('&lt;https://evil.example|click me&gt;')
  expect(hostile).not.toContain('<https://evil')
  expect((await fetch(`${bench.url}/town/shop/pull/999`)).status).toBe(404)
})
