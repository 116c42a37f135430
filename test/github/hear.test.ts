/**
 * What GitHub tells becomes changes and checks: over real HTTP, git and PostgreSQL, with webhooks
 * that are late, lost, repeated and shuffled.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createDispatch } from '../../src/app/dispatch.ts'
import { type Hearing, hearDue } from '../../src/app/hear.ts'
import { createObserver, type Observer } from '../../src/app/observe.ts'
import { reconcileBranches, reconcileChecks, reconcileWriters } from '../../src/app/reconcile.ts'
import { hearInAll } from '../../src/app/siblings.ts'
import { carriesPaths } from '../../src/config/paths.ts'
import type { Person } from '../../src/core/policy.ts'
import { storeDeliveries } from '../../src/db/inbox.ts'
import { type Configured, ensurePipeline } from '../../src/db/load.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import type { Account } from '../../src/github/account.ts'
import { createClient } from '../../src/github/client.ts'
import { createAccount } from '../../src/github/rest-account.ts'
import { createGithubRoutes } from '../../src/http/github-routes.ts'
import { quiet, type TestDatabase, testDatabase } from '../world/database.ts'
import { FakeGithub, SECRET } from '../world/github.ts'
import { people as four, policy } from '../world/policy.ts'

const people: readonly Person[] = [
  ...four.filter(({ name }) => name !== 'cem'),
  { name: 'cem', slack: null, github: 'CemGH', email: 'cem@example.com', groups: [], active: true },
]

let database: TestDatabase
let github: FakeGithub
let server: Server
let to: string
let observer: Observer
let account: Account
let pipelines: Map<string, Configured>

beforeEach(async () => {
  github = new FakeGithub()
  await github.start()
  await install()
})

/** A fresh database and everything on it. */
async function install(): Promise<void> {
  database = await testDatabase()
  const own = (name: string, paths: readonly string[] | null): [string, Configured] => [
    name,
    {
      policy: policy({
        pipeline: name,
        paths,
        checks: { require: null, timeoutMs: 1e7, settleMs: 1e7 },
      }),
      people,
      carries: carriesPaths(paths),
      ridesAlone: () => false,
    },
  ]
  pipelines = new Map([own('api', null), own('docs', ['docs/**'])])
  for (const one of pipelines.values()) {
    await inTransaction(database.pool, (tx) => ensurePipeline(tx, one))
  }
  const { pool } = database
  const plain = createDispatch({ pool, pipelines, changed: () => {}, clock: null })
  const dispatch = hearInAll({ pipelines, dispatch: plain })
  observer = createObserver({ pool, pipelines, dispatch, apiUrl: 'https://api.github.com' })
  account = accountThatWaits(10_000)
  const store = (one: Parameters<typeof storeDeliveries>[1][number]): Promise<void> =>
    inTransaction(pool, (tx) => storeDeliveries(tx, [one]))
  const routes = createGithubRoutes({
    secret: SECRET,
    store,
    follows: observer.follows,
    log: quiet,
  })
  await new Promise<void>((ready) => {
    const { fetch } = new Hono().route('/github', routes)
    server = serve({ fetch, port: 0 }, ({ port }) => {
      to = `http://127.0.0.1:${port}/github/webhooks`
      ready()
    }) as Server
  })
}

function accountThatWaits(timeoutMs: number): Account {
  const auth = { kind: 'token', token: 'ghp_0123456789abcdef' } as const
  return createAccount(createClient({ apiUrl: github.url, auth, timeoutMs }))
}

async function remove(): Promise<void> {
  server.close()
  await database.drop()
}

afterEach(async () => {
  await remove()
  github.stop()
})

const hearing = (withApi: boolean): Hearing => ({
  pool: database.pool,
  observer,
  account: withApi ? account : null,
  log: quiet,
})

async function work(withApi: boolean): Promise<void> {
  for (const stage of ['hear', 'ask'] as const) {
    while ((await hearDue(hearing(withApi), stage)) > 0);
  }
}

async function deliverAll(): Promise<void> {
  for (const one of github.take()) expect(await github.deliver(to, one)).toBe(202)
}

async function changes(): Promise<readonly Record<string, unknown>[]> {
  const { rows } = await database.pool.query(
    `SELECT sha, number, title, author, co_authors, merged_by, parent, lines, paths, labels, reverts
       FROM changes`,
  )
  const line = github.git('rev-list', '--first-parent', '--reverse', 'main').split('\n')
  return rows.sort((a, b) => line.indexOf(a.sha) - line.indexOf(b.sha))
}

async function checks(): Promise<readonly Record<string, unknown>[]> {
  return (await database.pool.query('SELECT sha, name, status FROM checks ORDER BY name')).rows
}

async function reconcile(): Promise<void> {
  const reconciling = { pool: database.pool, observer, account, log: quiet, settledMs: 0 }
  await reconcileBranches(reconciling)
  await reconcileChecks(reconciling)
}

describe('with an API', () => {
  test.each(['squash', 'merge', 'rebase'] as const)(
    'a pull request merged by %s is one change',
    async (how) => {
      const start = github.head
      const pull = github.merge('Cache prices', { how, commits: 3, labels: ['hotfix'] })
      await deliverAll()
      await work(true)
      expect(await changes()).toMatchObject([
        {
          sha: pull.sha,
          number: 1,
          title: 'Cache prices',
          author: 'ana',
          merged_by: 'bob',
          parent: start,
          lines: 3,
          paths: ['file-2', 'file-3', 'file-4'],
          labels: ['hotfix'],
        },
      ])
    },
  )

  test("a direct push of several commits is as many changes, all of them the pusher's", async () => {
    const start = github.head
    github.push('dee', 'One', 'Two')
    await deliverAll()
    await work(true)
    const [one, two] = await changes()
    expect(one).toMatchObject({ title: 'One', author: 'dee', parent: start, number: null })
    expect(two).toMatchObject({ title: 'Two', author: 'dee', parent: one?.['sha'] })
  })

  test('co-authors count where their address leads to a known person, and author lines never', async () => {
    const message = [
      'Co-authored-by: C <cem@example.com>',
      'Co-authored-by: D <12+Dee@users.noreply.github.com>',
      'Co-authored-by: Stranger <bob@elsewhere.example>',
    ].join('\n')
    github.merge('Together', { message })
    await deliverAll()
    await work(true)
    expect(await changes()).toMatchObject([{ author: 'ana', co_authors: ['CemGH', 'dee'] }])
  })

  test('a co-author whose address becomes known later is asked for what still waits', async () => {
    github.merge('Together', {
      message:
        'Co-authored-by: E <eve@example.com>\nCo-authored-by: F <7+fay@users.noreply.github.com>',
    })
    await deliverAll()
    await work(true)
    expect(await changes()).toMatchObject([{ author: 'ana', co_authors: ['fay'] }])
    const eve = { name: 'eve', slack: null, github: 'EveGH', email: 'eve@example.com' }
    for (const [name, one] of pipelines) {
      pipelines.set(name, { ...one, people: [...people, { ...eve, groups: [], active: true }] })
    }
    await reconcileWriters({ pool: database.pool, observer, account, log: quiet })
    expect(await changes()).toMatchObject([{ author: 'ana', co_authors: ['EveGH', 'fay'] }])
  })

  test('every path of a large change is known, and a part of the repository it does not touch is left out', async () => {
    const before = github.head
    mkdirSync(join(github.folder, 'src'))
    for (let at = 0; at < 350; at += 1) writeFileSync(join(github.folder, `src/${at}`), '')
    github.git('add', '.')
    github.git('commit', '--quiet', '-m', 'Many files')
    const after = github.head
    const body = JSON.stringify({
      ref: 'refs/heads/main',
      before,
      after,
      commits: [{ id: after, message: 'Many files' }],
      repository: { full_name: 'acme/api', pushed_at: 1_772_360_000 },
      sender: { login: 'ana' },
    })
    await github.deliver(to, { id: 'many', event: 'push', body })
    await work(true)
    const [change] = await changes()
    expect(change?.['paths']).toHaveLength(350)
    const { rows } = await database.pool.query(
      "SELECT body->'change'->'carried' AS carried FROM events WHERE chain = 'docs' AND type LIKE 'change_%'",
    )
    expect(rows.filter(({ carried }) => carried === true)).toEqual([])
  })

  test('a revert says what it takes back', async () => {
    github.merge('Bad')
    github.merge('Revert "Bad"', { body: 'Reverts acme/api#1', branch: 'revert-1-work' })
    await deliverAll()
    await work(true)
    expect((await changes()).map(({ reverts }) => reverts)).toEqual([null, '#1'])
  })

  test('an API that fails delays no boarding, and its answers are added when it is back', async () => {
    github.merge('Cache prices')
    await deliverAll()
    github.trouble(/./, { kind: 'status', status: 502 }, 1_000)
    await work(true)
    expect(await changes()).toMatchObject([{ number: 1, author: 'ana', paths: null }])
    const open = await database.pool.query('SELECT last_error FROM inbox WHERE taken_at IS NULL')
    expect(open.rows.length).toBe(2)
    github.calm()
    await database.pool.query('UPDATE inbox SET due_at = now()')
    await work(true)
    expect(await changes()).toMatchObject([{ number: 1, paths: ['file-2'] }])
  })

  test('a rate limit is waited for, and costs no attempt', async () => {
    github.merge('Cache prices')
    await deliverAll()
    github.trouble(/./, { kind: 'status', status: 429, headers: { 'retry-after': '30' } })
    await work(true)
    const { rows } = await database.pool.query(
      `SELECT attempts, due_at > now() + interval '20 s' AS waits FROM inbox WHERE taken_at IS NULL`,
    )
    expect(rows).toEqual([
      { attempts: 0, waits: true },
      { attempts: 0, waits: true },
    ])
    expect(github.asked.length).toBe(1)
  })

  test('an API that hangs is given up in time', async () => {
    github.merge('Cache prices')
    await deliverAll()
    github.trouble(/./, { kind: 'hang' }, 2)
    account = accountThatWaits(300)
    await work(true)
    expect(await changes()).toHaveLength(1)
  })

  test('a delivery that never succeeds is given up, and a redelivery tries again', async () => {
    github.merge('Cache prices')
    const [first] = github.outgoing
    await deliverAll()
    github.trouble(/./, { kind: 'status', status: 500 }, 1_000)
    for (let round = 0; round < 16; round += 1) {
      await work(true)
      await database.pool.query('UPDATE inbox SET due_at = now() WHERE gave_up_at IS NULL')
    }
    const givenUp = 'SELECT delivery FROM inbox WHERE gave_up_at IS NOT NULL'
    expect((await database.pool.query(givenUp)).rows).toHaveLength(2)
    github.calm()
    if (first !== undefined) await github.deliver(to, first)
    await work(true)
    expect((await database.pool.query(givenUp)).rows).toHaveLength(1)
    expect(await changes()).toMatchObject([{ paths: ['file-2'] }])
  })

  test('facts are the same in whatever order deliveries come, how often, and what is lost', async () => {
    github.merge('First', { how: 'rebase', commits: 2 })
    github.push('dee', 'Direct one', 'Direct two')
    github.merge('Second', { how: 'merge', commits: 2 })
    github.merge('Third')
    const sent = github.take()
    for (const one of sent) await github.deliver(to, one)
    await work(true)
    const expected = await changes()
    expect(expected).toHaveLength(5)
    const parents = expected.map(({ parent }) => parent)
    expect(parents.slice(1)).toEqual(expected.slice(0, -1).map(({ sha }) => sha))
    await remove()
    await install()
    const last = sent.filter(({ event }) => event === 'pull_request').at(-1)
    for (const one of [...sent].reverse().filter((_, at) => at % 3 !== 1)) {
      await github.deliver(to, one)
      await github.deliver(to, { ...one, id: 'again' })
      await work(true)
    }
    if (last !== undefined) await github.deliver(to, last)
    await work(true)
    const first = github.git('rev-list', '--max-parents=0', 'main')
    await database.pool.query(
      `INSERT INTO github_branches (repository, branch, head) VALUES ('acme/api', 'main', $1)`,
      [first],
    )
    await reconcile()
    expect(await changes()).toEqual(expected)
  })
})

describe('what webhooks missed', () => {
  test('is found by comparing, with parents, pushers and checks', async () => {
    await reconcile()
    expect(await changes()).toEqual([])
    const start = github.head
    const pull = github.merge('Never heard', { how: 'merge', commits: 2 })
    const direct = github.push('dee', 'Never heard either')
    github.check(direct, 'test', 'success')
    github.take()
    await reconcile()
    expect(await changes()).toMatchObject([
      { sha: pull.sha, number: 1, author: 'ana', parent: start },
      { sha: direct, author: 'dee', parent: pull.sha },
    ])
    expect(await checks()).toMatchObject([{ sha: direct, name: 'test', status: 'success' }])
  })

  test('is found together with the checks that nobody told of either', async () => {
    await reconcile()
    const pull = github.merge('Never heard')
    github.check(pull.sha, 'test', 'success')
    github.take()
    await reconcileBranches({ pool: database.pool, observer, account, log: quiet })
    expect(await checks()).toMatchObject([{ sha: pull.sha, name: 'test', status: 'success' }])
  })

  test('costs one question where nothing has moved', async () => {
    await reconcile()
    github.asked.length = 0
    await reconcile()
    expect(github.asked).toHaveLength(1)
  })

  test('is found also when it is more than one page of commits', async () => {
    await reconcile()
    const pull = github.merge('Huge', { how: 'merge', commits: 120 })
    github.take()
    await reconcile()
    expect(await changes()).toMatchObject([{ sha: pull.sha, number: 1 }])
    expect(github.asked.filter((line) => /compare.*&page=/.test(line))).toHaveLength(2)
  }, 120_000)

  test('is a force-push too: the line stops and names what vanished', async () => {
    await reconcile()
    github.merge('Gone soon')
    await deliverAll()
    await work(true)
    github.forcePush('bob', 'Rewritten', 1)
    github.take()
    await reconcile()
    const { rows } = await database.pool.query(
      "SELECT stopped->>'reason' AS reason FROM pipelines WHERE name = 'api'",
    )
    expect(rows[0].reason).toBe('bob force-pushed main: it no longer contains #1 (Gone soon)')
  })

  test('is also a force-push that takes what is live: the branch goes on from further down', async () => {
    await reconcile()
    const pull = github.merge('Live, then gone')
    await deliverAll()
    await work(true)
    const dispatch = createDispatch({
      ...{ pool: database.pool, pipelines, clock: null },
      changed: () => undefined,
    })
    const live = { environment: 'production', sha: pull.sha, reason: 'by hand' }
    const dee = { name: 'dee', kind: 'person', groups: [] } as const
    await dispatch('api', { type: 'record_release', ...live }, dee)
    github.forcePush('bob', 'Rewritten', 1)
    github.take()
    await reconcile()
    const { rows } = await database.pool.query("SELECT sha FROM dropped WHERE pipeline = 'api'")
    expect(rows).toEqual([{ sha: pull.sha }])
  })

  test('is also what a force-push took and a merge brought back: it is part of that merge', async () => {
    await reconcile()
    github.merge('Stays')
    const lost = github.merge('Lost')
    await deliverAll()
    await work(true)
    github.forcePush('bob', 'Instead', 1)
    github.git('merge', '--quiet', '--no-ff', '-m', 'Merge what was made on it', lost.sha)
    github.take()
    await reconcile()
    const { rows } = await database.pool.query("SELECT sha FROM dropped WHERE pipeline = 'api'")
    expect(rows).toEqual([{ sha: lost.sha }])
    await reconcile()
    const told = await database.pool.query(
      "SELECT 1 FROM events WHERE chain = 'api' AND type = 'branch_rewritten'",
    )
    expect(told.rows).toHaveLength(1)
  })

  test('waits when GitHub is away, and is found later', async () => {
    await reconcile()
    github.merge('Never heard')
    github.take()
    github.trouble(/pulls/, { kind: 'status', status: 503 })
    await reconcile()
    expect(await changes()).toEqual([])
    await reconcile()
    expect(await changes()).toHaveLength(1)
  })
})

describe('without an API', () => {
  test('merges and pushes are one chain by what the webhooks say', async () => {
    github.merge('First', { how: 'merge', commits: 2 })
    github.push('dee', 'Direct')
    github.merge('Second')
    await deliverAll()
    await work(false)
    const found = await changes()
    expect(found).toMatchObject([
      { number: 1, author: 'ana' },
      { number: null, author: 'dee' },
      { number: 2, author: 'ana' },
    ])
    expect(found.slice(1).map(({ parent }) => parent)).toEqual(
      found.slice(0, -1).map(({ sha }) => sha),
    )
    expect(github.asked).toEqual([])
  })

  test('a force-push stops the line for the head it replaced', async () => {
    github.merge('Gone soon')
    github.forcePush('bob', 'Rewritten', 1)
    await deliverAll()
    await work(false)
    const { rows } = await database.pool.query('SELECT stopped FROM pipelines')
    expect(rows[0].stopped).toMatchObject({
      reason: 'bob force-pushed main: it no longer contains #1 (Gone soon)',
    })
  })
})

describe('checks', () => {
  test('of the branch count at once, and the later report wins in whatever order they come', async () => {
    const pull = github.merge('One')
    github.check(pull.sha, 'test', 'failure')
    github.check(pull.sha, 'test', 'success')
    github.check(pull.sha, 'lint', 'skipped')
    for (const one of github.take().reverse()) await github.deliver(to, one)
    await work(false)
    expect(await checks()).toMatchObject([
      { name: 'lint', status: 'success' },
      { name: 'test', status: 'success' },
    ])
  })

  test('of a commit that nobody knows are recorded once, however often they are told', async () => {
    const dispatch = createDispatch({
      ...{ pool: database.pool, pipelines, clock: null },
      changed: () => undefined,
    })
    const ci = { name: 'ci', kind: 'machine', groups: [] } as const
    const check = { type: 'record_check', sha: '1'.repeat(40), name: 'test' } as const
    const tell = (status: 'success' | 'failure', at: number) =>
      dispatch('api', { ...check, status, at }, ci)
    expect(await tell('failure', 2_000)).toMatchObject({ events: [{ type: 'check_recorded' }] })
    expect(await tell('failure', 2_000)).toMatchObject({ events: [] })
    expect(await tell('success', 1_000)).toMatchObject({ events: [] })
  })

  test('of a commit that is merged later are kept until then', async () => {
    const start = github.head
    github.git('checkout', '--quiet', '-b', 'queue')
    github.git('commit', '--quiet', '--allow-empty', '-m', 'Tested in the queue')
    const tested = github.git('rev-parse', 'HEAD')
    github.git('checkout', '--quiet', 'main')
    github.check(tested, 'test', 'success', 'gh-readonly-queue/main/pr-1')
    await deliverAll()
    await work(false)
    expect(await checks()).toEqual([])
    github.git('merge', '--quiet', '--ff-only', 'queue')
    github.pushes.length = 0
    const body = JSON.stringify({
      ref: 'refs/heads/main',
      before: start,
      after: tested,
      commits: [{ id: tested, message: 'Tested in the queue' }],
      repository: { full_name: 'acme/api', pushed_at: 1_772_000_000 },
      sender: { login: 'ana' },
    })
    await github.deliver(to, { id: 'merge', event: 'push', body })
    await work(false)
    expect(await checks()).toMatchObject([{ sha: tested, name: 'test', status: 'success' }])
  })
})
