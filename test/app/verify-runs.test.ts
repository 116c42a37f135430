/** Commands of verifications: what is made of their last words, and how long their rows are kept. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Dispatch } from '../../src/app/dispatch.ts'
import { retainRows } from '../../src/app/retention.ts'
import { recordVerifyReport } from '../../src/app/verify-runs.ts'
import { quiet, type TestDatabase, testDatabase } from '../world/database.ts'
import { sha } from '../world/policy.ts'

let database: TestDatabase

beforeEach(async () => {
  database = await testDatabase()
  await database.pool.query(
    `INSERT INTO pipelines (name, repository, branch) VALUES ('api', 'acme/api', 'main')`,
  )
})
afterEach(() => database.drop())

async function ordered(run: string, status: 'running' | 'ended', days: number): Promise<void> {
  await database.pool.query(
    `INSERT INTO verify_runs (run, pipeline, environment, deployment, epoch, step, sha, deploy,
                              agent, status, requested_at, instance)
     VALUES ($1, 'api', 'production', $1, 1, 'smoke', $2, '{}', 'x', $3,
             now() - $4 * interval '1 day', 'one')`,
    [run, sha('a'), status, days],
  )
}

test('last words that are cut short can be stored', async () => {
  await ordered('r1', 'running', 0)
  const heard: string[] = []
  const dispatch: Dispatch = async (_, command) => {
    if (command.type === 'record_verification') heard.push(command.look.says)
    return { ok: false, refusal: { code: 'no_such_run', run: 'r1' } }
  }
  const start = 'exit status 1: '
  const words = 'x'.repeat(200 - start.length - 1)
  await recordVerifyReport(
    { pool: database.pool, dispatch },
    {
      run: 'r1',
      epoch: 1,
      instance: 'one',
      status: 'failed',
      at: new Date(0).toISOString(),
      reason: 'exit status 1',
      tail: [`${words}🚂`],
    },
  )
  expect(heard).toEqual([start + words])
})

test('those that ended 90 days ago are forgotten with their logs; one that is open is not', async () => {
  await ordered('old', 'ended', 91)
  await ordered('late', 'running', 91)
  await ordered('new', 'ended', 89)
  await retainRows(database.pool, quiet)
  const { rows } = await database.pool.query<{ run: string }>(
    'SELECT run FROM verify_runs ORDER BY run',
  )
  expect(rows.map(({ run }) => run)).toEqual(['late', 'new'])
})

test('a look that nobody ever told of is forgotten like the others', async () => {
  await database.pool.query(
    `INSERT INTO looks (subject, step, held_until) VALUES
       ('gone', 'smoke', now() - interval '31 days'), ('here', 'smoke', now())`,
  )
  await retainRows(database.pool, quiet)
  const { rows } = await database.pool.query<{ subject: string }>('SELECT subject FROM looks')
  expect(rows).toEqual([{ subject: 'here' }])
})
