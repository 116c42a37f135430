/** What retires an old release is ordered while that may go, and never once it is back. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createRetire } from '../../src/app/retire.ts'
import { ensurePipeline } from '../../src/db/load.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { claimVerifyRuns } from '../../src/db/verify-runs.ts'
import { type TestDatabase, testDatabase } from '../world/database.ts'
import { environment, people, policy, sha } from '../world/policy.ts'

const afterVerified = { run: './retire.sh', in: null, timeoutMs: 60_000 }
const configured = {
  policy: policy({ environments: [environment('production', { afterVerified })] }),
  people,
  carries: () => true,
  ridesAlone: () => false,
}

let database: TestDatabase

const sql = (text: string, values: readonly unknown[] = []) =>
  database.pool.query<{ run: string }>(text, [...values])

/** `what` is put on `base`, as the environment's deployment of that epoch. */
async function deployed(
  epoch: number,
  [what, base]: readonly [string, string],
  { kind = 'forward', status = 'verified' } = {},
): Promise<void> {
  await sql(
    `INSERT INTO trains (pipeline, number, status, opened_at, departed_at, sha)
     VALUES ('api', $1, 'departed', now(), now(), $2)`,
    [epoch, sha(what)],
  )
  await sql(
    `INSERT INTO deployments (key, run, pipeline, train, environment, kind, attempt, sha, base_sha,
                              epoch, plan, deploy, agent, status, requested_at)
     VALUES ($1, $1, 'api', $2, 'production', $3, 1, $4, $5, $2, '', '{}', 'agent', $6, now())`,
    [`run-${epoch}`, epoch, kind, sha(what), sha(base), status],
  )
  await sql(`UPDATE environments SET epoch = $1`, [epoch])
  if (status === 'requested') return
  await sql(
    `UPDATE environments SET live_sha = $1, live_train = $2, live_epoch = $2, live_since = now()`,
    [sha(what), epoch],
  )
}

beforeEach(async () => {
  database = await testDatabase()
  await inTransaction(database.pool, (tx) => ensurePipeline(tx, configured))
  await deployed(1, ['b', 'a'])
})
afterEach(() => database.drop())

const verified = (): Promise<void> => {
  const pipelines = new Map([['api', configured]])
  return createRetire({ pool: database.pool, pipelines })(
    { pipeline: 'api', key: 'run-1' },
    () => {},
  )
}

/** What an agent is given to run. */
async function given(): Promise<readonly string[]> {
  const claim = { agent: 'agent', instance: 'one', leaseMs: 60_000 }
  await inTransaction(database.pool, (tx) => claimVerifyRuns(tx, claim))
  const { rows } = await sql(`SELECT run FROM verify_runs WHERE status = 'running'`)
  return rows.map(({ run }) => run)
}

const RETIRES = ['run-1-after-verified']

test('it is given to the agent once, also with the next release on its way', async () => {
  await deployed(2, ['c', 'b'], { status: 'requested' })
  await verified()
  await verified()
  expect(await given()).toEqual(RETIRES)
})

test('it is ordered also where the next release was quicker than the order', async () => {
  await deployed(2, ['c', 'b'])
  await verified()
  expect(await given()).toEqual(RETIRES)
})

test('it is not ordered once the old release is live again', async () => {
  await deployed(2, ['a', 'b'])
  await verified()
  expect(await given()).toEqual([])
})

test.each<[string, readonly [string, string], object]>([
  ['a rollback has begun', ['a', 'b'], { kind: 'rollback', status: 'requested' }],
  ['the old release is on its way once more', ['a', 'b'], { status: 'requested' }],
])('an order that waits for its agent is kept back when %s', async (_, on, its) => {
  await verified()
  await deployed(2, on, its)
  expect(await given()).toEqual([])
})

test('an order that waits for its agent is kept back when a rollback was ordered', async () => {
  await verified()
  await sql(`UPDATE environments SET rollback = '{}'`)
  expect(await given()).toEqual([])
})
