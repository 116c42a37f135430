/**
 * A database of the version before, with everything under way, is taken over: nothing that was said
 * is lost, and the line goes on.
 */
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDispatch } from '../../src/app/dispatch.ts'
import { createPolicies } from '../../src/app/policies.ts'
import { pipelineState } from '../../src/app/state.ts'
import { withRepositoryFile } from '../../src/config/repository-file.ts'
import type { Command } from '../../src/core/command.ts'
import { digest } from '../../src/core/digest.ts'
import { blockers } from '../../src/core/gate.ts'
import type { Pipeline } from '../../src/core/model.ts'
import type { Policy } from '../../src/core/policy.ts'
import { brokenInvariants, readAudit, verifyAudit } from '../../src/db/audit.ts'
import { migrate } from '../../src/db/migrate.ts'
import { mergesTold } from '../../src/db/pulls.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { actor } from '../core/line-story.ts'
import { quiet, type TestDatabase, testDatabase } from '../world/database.ts'
import { askAuthors, environment, people, policy, sha } from '../world/policy.ts'

const SOAK_MS = 60_000
const APPROVALS = { ...askAuthors, others: 1 }

const NOW = policy({
  environments: [
    environment('staging', { soakMs: SOAK_MS }),
    environment('production', { approvals: APPROVALS }),
  ],
})

/** As the version before kept it: without what it did not know. */
function before(its: Policy): object {
  const { backlog: _, environments, ...rest } = its
  const places = environments.map(({ windows, verify, reality, ...place }) => place)
  return { ...rest, environments: places }
}

/** What ana has approved, as the version before computed it. */
const PLAN = digest({
  environment: 'production',
  base: sha('a'),
  sha: sha('b'),
  changes: [sha('b')],
  deploy: NOW.environments[1]?.deploy,
  approvals: APPROVALS,
})

let database: TestDatabase
let folder: string

beforeEach(async () => {
  database = await testDatabase({ empty: true })
  folder = await mkdtemp(join(tmpdir(), 'signalbox-upgrade-'))
})

afterEach(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

async function migrateTo(last: string): Promise<void> {
  const files = (await readdir('migrations')).filter((name) => name <= last)
  for (const name of files) await copyFile(join('migrations', name), join(folder, name))
  await migrate(database.pool, folder)
}

/**
 * The line is stopped. Train 1 has arrived; train 2 is approved and consented to for production, and
 * soaks in staging; change c boards train 3; production is locked.
 */
async function fill(): Promise<void> {
  const { pool } = database
  const old = before(NOW)
  const ago = (seconds: number): string => `now() - interval '${seconds} seconds'`
  const release = { sha: sha('a'), train: 1, epoch: 1, since: 1_000, by: null }
  await pool.query(
    `INSERT INTO pipelines (name, repository, branch, next_train, tip, stopped, policy, policy_hash,
                            policy_since)
     VALUES ('api', 'acme/api', 'main', 4, $1, $2, $3, $4, now())`,
    [
      sha('a'),
      JSON.stringify({ by: 'bob', reason: 'smoke', since: 1_000 }),
      JSON.stringify(old),
      digest(old),
    ],
  )
  await pool.query(
    `INSERT INTO changes (repository, branch, sha, title, author, merged_at, parent)
     SELECT 'acme/api', 'main', s, t, 'ana', now() - n * interval '1 hour', p
       FROM (VALUES ($1, 'a', 3, NULL), ($2, 'b', 2, $1), ($3, 'c', 1, $2)) v(s, t, n, p)`,
    [sha('a'), sha('b'), sha('c')],
  )
  const approval = { by: 'bob', environment: 'production', plan: PLAN, at: Date.now() - 60_000 }
  const pass = { by: 'cem', environment: 'production', plan: PLAN }
  await pool.query(
    `INSERT INTO trains (pipeline, number, status, opened_at, departed_at, sha, approvals, passes,
                         carried, journey)
     VALUES ('api', 1, 'arrived', ${ago(900)}, ${ago(800)}, $1, '[]', '[]', $5, $6),
            ('api', 2, 'departed', ${ago(700)}, ${ago(600)}, $2, $3, $4, NULL, $6),
            ('api', 3, 'boarding', ${ago(500)}, NULL, NULL, '[]', '[]', NULL, NULL)`,
    [
      sha('a'),
      sha('b'),
      JSON.stringify([approval]),
      JSON.stringify([pass]),
      JSON.stringify([sha('a')]),
      JSON.stringify(['staging', 'production']),
    ],
  )
  await pool.query(
    `INSERT INTO environments (pipeline, name, epoch, live_sha, live_train, live_epoch, live_since,
                               chain)
     VALUES ('api', 'staging', 2, $2, 2, 2, ${ago(10)}, $3),
            ('api', 'production', 1, $1, 1, 1, ${ago(700)}, $3)`,
    [sha('a'), sha('b'), JSON.stringify([release])],
  )
  const deployments: readonly (readonly [number, string, string, number, string])[] = [
    [1, 'staging', sha('a'), 1, 'verified'],
    [1, 'production', sha('a'), 1, 'verified'],
    [2, 'staging', sha('b'), 2, 'succeeded'],
  ]
  for (const [train, place, its, epoch, status] of deployments) {
    const key = `api/${train}:${place}:forward:1`
    await pool.query(
      `INSERT INTO deployments (key, run, pipeline, train, environment, kind, attempt, sha, epoch,
                                plan, deploy, agent, status, requested_at, started_at, ended_at)
       VALUES ($1, md5($1), 'api', $2, $3, 'forward', 1, $4, $5, 'x', $6, 'embedded', $7,
               ${ago(30)}, ${ago(20)}, ${ago(10)})`,
      [key, train, place, its, epoch, JSON.stringify(NOW.environments[0]?.deploy), status],
    )
  }
  await pool.query(`INSERT INTO shipped (pipeline, sha, train, epoch) VALUES ('api', $1, 1, 1)`, [
    sha('a'),
  ])
  await pool.query(
    `INSERT INTO consents (pipeline, change, by_name, at) VALUES ('api', $1, 'ana', now())`,
    [sha('b')],
  )
  await pool.query(
    `INSERT INTO locks (id, pipeline, environment, by_name, reason, since)
     VALUES ('l1', 'api', 'production', 'cem', 'a migration', now())`,
  )
  expect(await inTransaction(pool, brokenInvariants)).toEqual([])
}

test('what was under way goes on, and every word that was said still counts', async () => {
  const { pool } = database
  await migrateTo('0012_log_links.sql')
  await fill()
  expect((await migrate(pool, 'migrations'))[0]).toBe('0013_verification.sql')
  expect(await inTransaction(pool, brokenInvariants)).toEqual([])

  const its = {
    carries: () => true,
    ridesAlone: () => false,
    understand: withRepositoryFile,
    delivers: () => false,
    log: quiet,
  }
  const policies = createPolicies({ pool, ...its })
  const { pipelines } = policies
  let now = Date.now()
  const dispatch = createDispatch({ pool, pipelines, changed: () => {}, clock: () => now })
  const act = async (who: string, command: Command): Promise<Pipeline> => {
    const outcome = await dispatch('api', command, actor(who))
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.refusal))
    return outcome.pipeline
  }
  const gates = (pipeline: Pipeline): readonly string[] => {
    const train = pipeline.trains.find(({ number }) => number === 2)
    const place = pipeline.policy.environments.at(-1)
    if (train === undefined || place === undefined) throw new Error('train 2 is gone')
    return blockers(pipeline, train, { policy: place, now }).map(({ gate }) => gate)
  }

  await policies.propose({ path: 'signalbox.yml', people, policies: [NOW], lines: {} })
  const first = await act('signalbox', { type: 'tick' })
  expect(first.stopped).toEqual({ by: 'bob', reason: 'smoke', since: 1_000, owner: null })
  expect(pipelineState(first, now)).toMatchObject({ environments: [{}, { drift: null }] })
  expect(first.deployments.map(({ verification }) => verification)).toContainEqual({
    findings: [],
    accepted: null,
  })
  // Neither consent nor approval is asked for again, and cem's word still opens cem's lock.
  expect(gates(first)).toEqual(['stopped', 'soak'])
  expect(await inTransaction(pool, (tx) => mergesTold(tx, 'api'))).toBeNull()

  now += SOAK_MS
  await act('signalbox', { type: 'tick' })
  const resumed = await act('ana', { type: 'resume', reason: 'a fuse' })
  const under = resumed.deployments.find(({ environment: at }) => at === 'production')
  expect(under?.sha).toBe(sha('b'))
  const { rows } = await pool.query(`SELECT stops, stood_ms > 0 AS stood FROM pipelines`)
  expect(rows).toEqual([{ stops: 1, stood: true }])
  expect(await inTransaction(pool, brokenInvariants)).toEqual([])
  expect(await inTransaction(pool, verifyAudit)).toEqual([])
  const told = await inTransaction(pool, (tx) => readAudit(tx, 'api', { after: 0, limit: 99 }))
  expect(told.map(({ type }) => type)).toEqual([
    'policy_accepted',
    'deployment_verified',
    'line_resumed',
    'deployment_requested',
  ])
})
