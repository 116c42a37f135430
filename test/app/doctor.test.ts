/** What `signalbox doctor` finds, each planted in a real database. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { examine, type Finding, type Patient } from '../../src/app/doctor.ts'
import { createPolicies } from '../../src/app/policies.ts'
import { withRepositoryFile } from '../../src/config/repository-file.ts'
import { noteAgent } from '../../src/db/agents.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { quiet, type TestDatabase, testDatabase } from '../world/database.ts'
import { askAuthors, environment, people, policy, sha } from '../world/policy.ts'

const FILE: Patient['file'] = {
  path: '/etc/signalbox.yml',
  people,
  policies: [
    policy({
      environments: [
        environment('staging'),
        environment('production', {
          agent: 'builder',
          approvals: { ...askAuthors, others: 1, from: ['sre'] },
        }),
      ],
      permissions: { ...policy().permissions, roll_back: ['ana'] },
    }),
  ],
  lines: { api: { environments: 12 } },
}
const PATIENT: Patient = { file: FILE, tokenNames: ['ana', 'dee'], resting: ['embedded'] }

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
  const policies = createPolicies({
    pool: database.pool,
    carries: () => true,
    ridesAlone: () => false,
    understand: withRepositoryFile,
    delivers: () => false,
    log: quiet,
  })
  await policies.propose(FILE)
  await hear()
})
afterAll(() => database.drop())

const hear = (): Promise<void> =>
  inTransaction(database.pool, (tx) => noteAgent(tx, { agent: 'builder', instance: 'one' }))

const sql = (text: string, values: readonly unknown[] = []): Promise<unknown> =>
  database.pool.query(text, [...values])

const said = async (level: Finding['level'], over: Partial<Patient> = {}) =>
  (await examine(database.pool, { ...PATIENT, ...over }))
    .filter((one) => one.level === level)
    .map(({ what }) => what)

test('everything is fine, and each look says so', async () => {
  expect(await said('wrong')).toEqual([])
  expect(await said('warning')).toEqual([])
  expect(await said('fine')).toHaveLength(13)
})

test('a permission that the server lacks at GitHub is named', async () => {
  await sql(`UPDATE pipelines SET merges = '{"refused": "statuses"}' WHERE name = 'api'`)
  expect(await said('warning')).toEqual([
    expect.stringMatching(/^api: .* "Commit statuses: write"; it is tried again every hour$/),
  ])
  await sql(`UPDATE pipelines SET merges = NULL`)
})

test('a migration that waits for somebody is named as a shell takes it, and by what went wrong', async () => {
  await sql(
    `INSERT INTO changes (repository, branch, sha, number, title, author, merged_at)
     SELECT repository, branch, repeat('c', 40), 12, 'Move', 'ana', now() FROM pipelines
      WHERE name = 'api'`,
  )
  await sql(
    `INSERT INTO migrations (pipeline, change, environment, opened_at, increments, runs)
     SELECT 'api', repeat('c', 40), name, now(), 3, 4 FROM environments
      WHERE pipeline = 'api' LIMIT 1`,
  )
  await sql(
    `INSERT INTO migration_runs (run, pipeline, environment, change, kind, number, sha, epoch,
       deploy, agent, cursor, size, status, requested_at, reason)
     SELECT 'm-4', pipeline, environment, change, 'verify', 3, change, 0, '{}', 'a', '', 1,
       'failed', now(), '7 rows are missing' FROM migrations`,
  )
  await sql(`UPDATE migrations SET run = 'm-4'`)
  expect(await said('wrong')).toContainEqual(
    expect.stringMatching(
      /^the migration of 12: its verification failed \(7 rows are missing\); .* `signalbox migration resume api 12 --environment /,
    ),
  )
  await sql(`UPDATE migrations SET run = NULL`)
  await sql(`DELETE FROM migration_runs`)
  await sql(`DELETE FROM migrations`)
  await sql(`DELETE FROM changes WHERE sha = repeat('c', 40)`)
})

test('people with rights in the last environment and no token are named, others are not', async () => {
  expect(await said('warning', { tokenNames: [] })).toEqual([
    expect.stringMatching(/while Slack is away: ana, dee \(/),
  ])
  await sql(
    `INSERT INTO api_tokens (id, person, digest, issued_at, expires_at)
     VALUES ('1', 'ana', sha256('a'), now(), now() + interval '1 day'),
            ('2', 'dee', sha256('b'), now() - interval '2 days', now() - interval '1 day')`,
  )
  expect(await said('warning', { tokenNames: [] })).toEqual([
    expect.stringMatching(/while Slack is away: dee \(/),
  ])
})

test('authors and mergers of the last month who are not linked are named, until they are', async () => {
  await sql(
    `INSERT INTO changes (repository, branch, sha, title, author, co_authors, merged_by, merged_at)
     VALUES ('acme/api', 'main', $1, 'A change', 'Zoe', '["ana"]', 'dependabot[bot]', now())`,
    [sha('of a stranger')],
  )
  expect(await said('warning')).toEqual([
    'not linked, so never asked, though they wrote or merged in the last 30 days: Zoe (`/deploy link LOGIN`, or `people` in /etc/signalbox.yml)',
  ])
  await sql(`INSERT INTO slack_workspace (team, url) VALUES ('T0HOME', 'https://acme.slack.com/')`)
  await sql(
    `INSERT INTO links (team, member, login, how, by_name, at)
     VALUES ('T0HOME', 'U0ZOE', 'zoe', 'confirmed', 'dee', now())`,
  )
  expect(await said('warning')).toEqual([])
  await sql(`DELETE FROM changes`)
  await sql(`DELETE FROM links`)
  await sql(`DELETE FROM slack_workspace`)
})

test('an agent that fell silent is a warning, and wrong once a deployment waits for it', async () => {
  await sql(`UPDATE agents SET seen_at = now() - interval '5 minutes'`)
  expect(await said('warning')).toEqual([
    expect.stringMatching(/^the agent builder of api\/production is silent for 30\d s: nothing/),
  ])
  await sql('DELETE FROM agents')
  expect((await said('warning'))[0]).toContain('was never heard of')
  await deploymentTo('production', 'requested')
  expect(await said('wrong')).toEqual([
    expect.stringMatching(/^the agent builder .* 1 of its deployments wait: start it/),
  ])
  await sql('DELETE FROM deployments')
  await hear()
})

test('an agent that its own server starts is not missed while that server rests', async () => {
  expect(await said('warning', { resting: [] })).toEqual([
    expect.stringMatching(/^the agent embedded of api\/staging was never heard of/),
  ])
})

test('a deployment whose end is unknown is wrong, with the way out', async () => {
  await deploymentTo('staging', 'unknown')
  expect(await said('wrong')).toEqual([
    expect.stringMatching(
      /^nobody knows how api\/1:staging:forward:1 ended.*signalbox settle api staging succeeded\|failed/,
    ),
  ])
  await sql('DELETE FROM deployments')
})

test('what an agent did by hand is wrong until somebody has looked, and nothing to settle', async () => {
  await deploymentTo('staging', 'unknown')
  await sql(`UPDATE deployments SET account = $1, reason = 'no word'`, [
    JSON.stringify({ agent: 'builder', epoch: 1, status: 'unknown', hand: { by: 'ana' } }),
  ])
  expect(await said('wrong')).toEqual([
    expect.stringMatching(
      /^api\/staging: agent builder ran \w{8} there, ordered by ana by hand.*record-release/,
    ),
  ])
  await sql('DELETE FROM deployments')
})

test('deliveries of GitHub that were given up are wrong, and those that wait long a warning', async () => {
  await sql(
    `INSERT INTO inbox (delivery, event, sha256, repository, body, received_at, gave_up_at, last_error)
     VALUES ('d1', 'push', repeat('a', 64), 'a/b', '{}', now(), now(), 'no such branch'),
            ('d2', 'push', repeat('b', 64), 'a/b', '{}', now() - interval '20 minutes', NULL, NULL)`,
  )
  expect(await said('wrong')).toEqual([
    'GitHub delivery d1 (push) was given up: no such branch; redeliver it from the webhook settings on GitHub',
  ])
  expect(await said('warning')).toEqual([
    expect.stringMatching(/^1 GitHub deliveries wait, the oldest for 20 min/),
  ])
  await sql('DELETE FROM inbox')
})

test('messages that were given up are wrong, and those long due a warning', async () => {
  await sql(
    `INSERT INTO outbox (pipeline, lane, effect, seq, due_at, gave_up_at, last_error)
     VALUES ('api', 'a', '{"type":"narrate"}', 1, now(), now(), 'channel_not_found'),
            ('api', 'b', '{"type":"narrate"}', 2, now() - interval '30 minutes', NULL, NULL),
            ('api', 'c', '{"type":"narrate"}', 3, now() + interval '30 minutes', NULL, NULL)`,
  )
  expect(await said('wrong')).toEqual([
    expect.stringMatching(/^1 messages to Slack or GitHub were given up.*channel_not_found/),
  ])
  expect(await said('warning')).toEqual([
    expect.stringMatching(/^1 messages to Slack or GitHub wait, the oldest for 30 min/),
  ])
  await sql('DELETE FROM outbox')
})

test('a pipeline that no file names is told of, and so is a policy that waits', async () => {
  await sql(`INSERT INTO pipelines (name, repository, branch) VALUES ('gone', 'a/b', 'main')`)
  await sql(
    `INSERT INTO policy_conflicts (pipeline, policy, hash, file, lines, since, conflicts)
     VALUES ('api', '{}', 'x', '/etc/signalbox.yml', '{}', now(), $1)`,
    [JSON.stringify([{ place: 'environments', line: 12, message: 'no', ends: 'it ends' }])],
  )
  expect(await said('warning')).toEqual([
    '/etc/signalbox.yml:12 (api) is not in force yet: no; it waits until it ends',
    expect.stringMatching(/^the pipeline gone is in the database, but \/etc\/signalbox\.yml/),
  ])
  await sql(`DELETE FROM policy_conflicts`)
  await sql(`DELETE FROM pipelines WHERE name = 'gone'`)
})

test('a broken invariant and a cut audit are wrong', async () => {
  await sql(`UPDATE chains SET hash = repeat('0', 64) WHERE chain = 'api'`)
  expect(await said('wrong')).toEqual([
    'broken invariant chain_head: api',
    expect.stringMatching(/^audit chain api, row 2: /),
  ])
})

async function deploymentTo(place: string, status: 'requested' | 'unknown'): Promise<void> {
  await sql(
    `INSERT INTO trains (pipeline, number, status, opened_at, sha)
     VALUES ('api', 1, 'departed', now(), $1) ON CONFLICT DO NOTHING`,
    [sha('a')],
  )
  await sql(`UPDATE environments SET epoch = 1 WHERE pipeline = 'api' AND name = $1`, [place])
  await sql(
    `INSERT INTO deployments (key, run, pipeline, train, environment, kind, attempt, sha, epoch,
                              plan, deploy, agent, status, requested_at)
     VALUES ($1, $1, 'api', 1, $2, 'forward', 1, $3, 1, '', '{}', 'builder', $4,
             now() - interval '2 minutes')`,
    [`api/1:${place}:forward:1`, place, sha('a'), status],
  )
}
