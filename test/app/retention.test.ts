/** What the database lets go, what it spares, and what is said of it to Prometheus. */
import { mkdtempSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import pino from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { retainLogs, retainRows } from '../../src/app/retention.ts'
import { createHealth } from '../../src/http/health.ts'
import { createMetrics } from '../../src/http/metrics.ts'
import { lookAtInvariants } from '../../src/upkeep.ts'
import { quiet, type TestDatabase, testDatabase } from '../world/database.ts'
import { sha } from '../world/policy.ts'

let database: TestDatabase

const sql = (text: string, values: readonly unknown[] = []) =>
  database.pool.query(text, [...values])

beforeAll(async () => {
  database = await testDatabase()
  await sql(`INSERT INTO pipelines (name, repository, branch) VALUES ('api', 'acme/api', 'main')`)
  await sql(`INSERT INTO environments (pipeline, name, epoch) VALUES ('api', 'production', 3)`)
  await sql(
    `INSERT INTO trains (pipeline, number, status, opened_at, sha)
     VALUES ('api', 1, 'departed', now() - interval '2 hours', $1)`,
    [sha('a')],
  )
  for (const [epoch, status] of [
    [1, 'aborted'],
    [2, 'failed'],
    [3, 'failed'],
  ] as const) {
    await sql(
      `INSERT INTO deployments (key, run, pipeline, train, environment, kind, attempt, sha, epoch,
                                plan, deploy, agent, status, requested_at, settled)
       VALUES ($1, $1, 'api', 1, 'production', 'forward', $2, $3, $2, '', '{}', 'x', $4, now(), true)`,
      [`run-${epoch}`, epoch, sha('a'), status],
    )
  }
})
afterAll(() => database.drop())

test('logs of old runs go, but for the newest deployment of an environment', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-logs-'))
  for (const run of ['run-1', 'run-2', 'run-3']) {
    writeFileSync(join(directory, `${run}.log`), 'said')
    utimesSync(join(directory, `${run}.log`), 0, 0)
  }
  await retainLogs(database.pool, { directory, now: Date.now(), log: quiet })
  expect(readdirSync(directory)).toEqual(['run-3.log'])
  await rm(directory, { recursive: true })
})

test('logs of the steps before stay while a rollout is under way', async () => {
  await sql(`INSERT INTO environments (pipeline, name, epoch) VALUES ('api', 'staging', 6)`)
  for (const [run, epoch, status] of [
    ['over', 4, 'failed'],
    ['steps', 6, 'running'],
  ] as const) {
    await sql(
      `INSERT INTO deployments (key, run, pipeline, train, environment, kind, attempt, sha, epoch,
                                plan, deploy, agent, status, requested_at, settled, rollout)
       VALUES ($1, $1 || '-step-2', 'api', 1, 'staging', 'forward', $2, $3, $2, '', '{}', 'x', $4,
               now(), $4 = 'failed', '{"at": 1, "steps": [{}, {}], "bakesSince": null}')`,
      [run, epoch, sha('a'), status],
    )
    await sql(
      `INSERT INTO step_runs (run, pipeline, deployment, step, epoch) VALUES ($1, 'api', $1, 0, $2)`,
      [run, epoch - 1],
    )
  }
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-logs-'))
  for (const run of ['over', 'steps', 'steps-step-2']) {
    writeFileSync(join(directory, `${run}.log`), 'said')
    utimesSync(join(directory, `${run}.log`), 0, 0)
  }
  await retainLogs(database.pool, { directory, now: Date.now(), log: quiet })
  expect(readdirSync(directory).sort()).toEqual(['steps-step-2.log', 'steps.log'])
  await rm(directory, { recursive: true })
  await sql(`DELETE FROM step_runs`)
  await sql(`DELETE FROM deployments WHERE environment = 'staging'`)
})

test('checks of shas that nobody knows go after 30 days; those of known ones stay', async () => {
  const heard = async (name: string, days: number): Promise<void> => {
    await sql(
      `INSERT INTO checks (repository, sha, name, status, at, heard_at)
       VALUES ('acme/api', $1, 'test', 'success', now() - interval '90 days',
               now() - $2 * interval '1 day')`,
      [sha(name), days],
    )
  }
  await sql(
    `INSERT INTO changes (repository, branch, sha, title, author, merged_at)
     VALUES ('acme/api', 'main', $1, 'b', 'ana', now())`,
    [sha('b')],
  )
  await heard('a', 31) // The sha of a train.
  await heard('b', 31) // A known change.
  await heard('c', 31)
  await heard('d', 29)
  await retainRows(database.pool, quiet)
  const { rows } = await sql('SELECT sha FROM checks')
  expect(rows.map((row) => row.sha).sort()).toEqual([sha('a'), sha('b'), sha('d')].sort())
})

test('a broken invariant is told at error level and counted, with what waits', async () => {
  const lines: Record<string, unknown>[] = []
  const sink = new Writable({
    write: (chunk, _, done) => {
      lines.push(JSON.parse(String(chunk)))
      done()
    },
  })
  const metrics = createMetrics(database.pool)
  const health = createHealth({ pool: database.pool, metrics, lookAtQueue: async () => {} })
  const scrape = async (): Promise<string> => (await health.request('/metrics')).text()
  await lookAtInvariants(database.pool, metrics, pino(sink))
  expect(lines).toEqual([])
  await sql(`INSERT INTO chains (chain, seq, hash) VALUES ('api', 1, 'x')`)
  await lookAtInvariants(database.pool, metrics, pino(sink))
  expect(lines).toEqual([expect.objectContaining({ level: 50, invariant: 'chain_head' })])
  const text = await scrape()
  expect(text).toContain('signalbox_broken_invariants 1')
  expect(text).toContain('signalbox_trains_waiting 1')
  expect(text).toMatch(/signalbox_oldest_train_seconds 72\d\d/)
  expect(text).toContain('signalbox_deployments{status="failed"} 2')
  expect(text).toContain('signalbox_deployments{status="aborted"} 1')
  expect(await (await health.request('/readyz')).json()).toEqual({
    ok: true,
    database: 'ok',
    queue: 'ok',
  })
})
