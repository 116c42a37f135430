/**
 * Deployments as GitHub shows them: one each, in the present state, whatever is lost or repeated.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createClient } from '../../src/github/client.ts'
import { type MirrorBook, type Mirrored, mirrorDeployment } from '../../src/github/mirror.ts'
import { FakeGithub } from '../world/github.ts'
import { sha } from '../world/policy.ts'

let github: FakeGithub
let entries: Map<string, { id: number; state: string | null }>
let mirror: (deployment: Mirrored) => Promise<void>

beforeEach(async () => {
  github = new FakeGithub()
  await github.start()
  entries = new Map()
  const book: MirrorBook = {
    find: async (key) => entries.get(key) ?? null,
    remember: async (key, id) => void entries.set(key, { id, state: null }),
    told: async (key, state) => void entries.set(key, { id: entries.get(key)?.id ?? 0, state }),
    replacedBy: async (key) =>
      [...entries]
        .filter(([other, { state }]) => other < key && state === 'success')
        .map(([other, { id }]) => ({ key: other, id })),
  }
  const auth = { kind: 'token', token: 'ghp_0123456789abcdef' } as const
  const client = createClient({ apiUrl: github.url, auth })
  mirror = (deployment) => mirrorDeployment({ client, book, assertHeld: () => {} }, deployment)
})

afterEach(() => github.stop())

const deployment = (train: number, over: Partial<Mirrored> = {}): Mirrored => ({
  key: `api/${train}:production:forward:1`,
  repository: 'acme/api',
  environment: 'production',
  isProduction: true,
  sha: sha(`${train}`),
  status: 'running',
  isSuperseded: false,
  description: `Train #${train}`,
  logUrl: 'https://deploy.example.com/log',
  ...over,
})

const states = (at: number): readonly unknown[] =>
  github.deployments[at]?.statuses.map(({ state }) => state) ?? []

test("a deployment is made once, of the sha, without GitHub's own gates, and told as it goes", async () => {
  for (const status of ['requested', 'running', 'running', 'succeeded', 'verified'] as const) {
    await mirror(deployment(1, { status }))
  }
  expect(github.deployments).toHaveLength(1)
  expect(github.deployments[0]?.body).toEqual({
    ref: sha('1'),
    auto_merge: false,
    required_contexts: [],
    environment: 'production',
    production_environment: true,
    transient_environment: false,
    description: 'Train #1',
    payload: { signalbox: 'api/1:production:forward:1' },
  })
  expect(states(0)).toEqual(['queued', 'in_progress', 'success'])
  expect(github.headers['x-github-api-version']).toBe('2022-11-28')
  expect(github.headers['authorization']).toBe('token ghp_0123456789abcdef')
})

test('one whose answer was lost is found again, not made twice', async () => {
  github.trouble(/POST .*deployments$/, { kind: 'lost' })
  await expect(mirror(deployment(1))).rejects.toThrow()
  await mirror(deployment(1))
  expect(github.deployments).toHaveLength(1)
  expect(states(0)).toEqual(['in_progress'])
})

test('a success marks what it replaces as inactive', async () => {
  await mirror(deployment(1, { status: 'verified' }))
  await mirror(deployment(2, { status: 'verified' }))
  await mirror(deployment(2, { status: 'verified' }))
  expect(states(0)).toEqual(['success', 'inactive'])
  expect(states(1)).toEqual(['success'])
})

test('a telling that comes late shows the present', async () => {
  await mirror(deployment(1, { status: 'verified', isSuperseded: true }))
  expect(states(0)).toEqual(['inactive'])
})

test.each([
  ['failed', 'failure'],
  ['aborted', 'error'],
  ['unknown', 'error'],
] as const)('%s is %s on GitHub', async (status, state) => {
  await mirror(deployment(1, { status }))
  expect(states(0)).toEqual([state])
})

test('a long description is cut to what GitHub takes', async () => {
  await mirror(deployment(1, { description: '😀'.repeat(200) }))
  expect(github.deployments[0]?.statuses[0]?.['description']).toBe(`${'😀'.repeat(69)}…`)
})

test('a rate limit keeps every request at home until it is over', async () => {
  const { status } = { status: 403 }
  github.trouble(/./, { kind: 'status', status, headers: { 'retry-after': '1' } })
  await expect(mirror(deployment(1))).rejects.toThrow(/asks to wait until/)
  const asked = github.asked.length
  await expect(mirror(deployment(1))).rejects.toThrow(/asks to wait until/)
  expect(github.asked.length).toBe(asked)
})
