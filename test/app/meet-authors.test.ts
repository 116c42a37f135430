/**
 * Authors linked by the address that GitHub and Slack both show: the fake GitHub over HTTP, members
 * as Slack last described them.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Meeting, meetAuthors } from '../../src/app/meet-authors.ts'
import type { Person } from '../../src/core/policy.ts'
import { brokenInvariants, verifyAudit } from '../../src/db/audit.ts'
import { ensurePipeline } from '../../src/db/load.ts'
import { type Member, saveHomeWorkspace, saveMembers } from '../../src/db/slack-people.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { createClient } from '../../src/github/client.ts'
import { createAccount } from '../../src/github/rest-account.ts'
import { quiet, type TestDatabase, testDatabase } from '../world/database.ts'
import { FakeGithub } from '../world/github.ts'
import { policy, sha } from '../world/policy.ts'

let database: TestDatabase
let github: FakeGithub

beforeEach(async () => {
  database = await testDatabase()
  github = new FakeGithub()
  await github.start()
  const workspace = { team: 'T0HOME', url: 'https://acme.slack.com/' }
  await inTransaction(database.pool, (tx) => saveHomeWorkspace(tx, workspace))
  await inTransaction(database.pool, (tx) => ensurePipeline(tx, { policy: policy() }))
})

afterEach(async () => {
  expect(await inTransaction(database.pool, brokenInvariants)).toEqual([])
  expect(await inTransaction(database.pool, verifyAudit)).toEqual([])
  github.stop()
  await database.drop()
})

const meeting = (people: readonly Person[] = []): Meeting => {
  const configured = { policy: policy(), people, carries: () => true, ridesAlone: () => false }
  const branch = { repository: 'acme/api', branch: 'main' }
  const auth = { kind: 'token', token: 'a-token' } as const
  return {
    pool: database.pool,
    pipelines: new Map([['api', configured]]),
    observer: { followed: () => [{ ...branch, github: branch }] },
    account: createAccount(createClient({ apiUrl: github.url, auth })),
    log: quiet,
  }
}

const meet = (people: readonly Person[] = []): Promise<void> => meetAuthors(meeting(people))

async function merged(author: string, by: string | null = null): Promise<void> {
  await database.pool.query(
    `INSERT INTO changes (repository, branch, sha, title, author, merged_by, merged_at)
     VALUES ('acme/api', 'main', $1, 'A change', $2, $3, now())`,
    [sha(author), author, by],
  )
}

async function member(id: string, email: string | null, over: Partial<Member> = {}): Promise<void> {
  const no = { guest: false, deactivated: false, foreigner: false, bot: false }
  const one = { team: 'T0HOME', id, name: id, email, ...no, ...over }
  await inTransaction(database.pool, (tx) => saveMembers(tx, [one]))
}

async function links(): Promise<readonly string[]> {
  const { rows } = await database.pool.query<{ login: string; member: string; how: string }>(
    `SELECT login, member, how FROM links WHERE ended_at IS NULL ORDER BY login`,
  )
  return rows.map(({ login, member: of, how }) => `${login} ${of} ${how}`)
}

test('an author is linked to the member with the address of the profile', async () => {
  github.profiles.set('EveGH', 'Eve@Example.com')
  await member('U0EVE', 'eve@example.com')
  await merged('evegh')
  await meet()
  expect(await links()).toEqual(['EveGH U0EVE email'])
  const { rows } = await database.pool.query(
    `SELECT type, actor, body FROM events WHERE chain = 'system'`,
  )
  expect(rows).toMatchObject([
    { type: 'link_confirmed', actor: 'signalbox', body: { login: 'EveGH', how: 'email' } },
  ])
})

test('whoever merged is met too, also one whose name another person bears', async () => {
  github.profiles.set('ana', 'other@example.com')
  await member('U0OTHER', 'other@example.com')
  await merged('dependabot[bot]', 'github:ana')
  await meet()
  expect(github.asked).toEqual(['GET /users/ana'])
  expect(await links()).toEqual(['ana U0OTHER email'])
})

test('a login is asked about once a day, also one that does not exist', async () => {
  github.profiles.set('eve', null)
  await merged('eve')
  await merged('nobody')
  await meet()
  await meet()
  expect(github.asked.sort()).toEqual(['GET /users/eve', 'GET /users/nobody'])
  await database.pool.query(`UPDATE github_profiles SET asked_at = now() - interval '25 hours'`)
  await meet()
  expect(github.asked.length).toBe(4)
})

test('a member who comes later is linked without another question', async () => {
  github.profiles.set('eve', 'eve@example.com')
  await merged('eve')
  await meet()
  expect(await links()).toEqual([])
  await member('U0EVE', 'eve@example.com')
  await meet()
  expect(await links()).toEqual(['eve U0EVE email'])
  expect(github.asked.length).toBe(1)
})

test.each([
  ['a guest', { guest: true }],
  ['deactivated', { deactivated: true }],
  ['of another workspace', { foreigner: true }],
  ['a bot', { bot: true }],
])('a member who is %s is linked to nobody', async (_, over) => {
  github.profiles.set('eve', 'eve@example.com')
  await member('U0EVE', 'eve@example.com', over)
  await merged('eve')
  await meet()
  expect(await links()).toEqual([])
})

test('whoever the file names is not linked beside it', async () => {
  const person = { name: 'eve', groups: [], active: true }
  github.profiles.set('eve-gh', 'eve@example.com')
  await member('U0EVE', 'eve@example.com')
  await merged('eve-gh')
  await meet([{ ...person, slack: 'U0EVE', github: null, email: null }])
  await meet([{ ...person, slack: null, github: null, email: 'eve@example.com' }])
  await meet([{ ...person, slack: null, github: 'Eve-GH', email: null }])
  expect(await links()).toEqual([])
})

test('a link that somebody ended does not come back by itself', async () => {
  github.profiles.set('eve', 'eve@example.com')
  await member('U0EVE', 'eve@example.com')
  await merged('eve')
  await meet()
  await database.pool.query(`UPDATE links SET ended_at = now(), ended_by = 'bob'`)
  await meet()
  expect(await links()).toEqual([])
})

test('a GitHub that is away keeps nobody from being linked whom it named before', async () => {
  github.profiles.set('eve', 'eve@example.com')
  await merged('eve')
  await meet()
  await member('U0EVE', 'eve@example.com')
  await merged('zoe')
  github.trouble(/users\/zoe/, { kind: 'status', status: 502 })
  await expect(meet()).rejects.toThrow()
  expect(await links()).toEqual(['eve U0EVE email'])
})
