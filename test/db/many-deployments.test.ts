/** However many deployments are over, what is asked of those under way does not read through them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newsAmong } from '../../src/db/accounts.ts'
import { ensurePipeline, loadPipeline } from '../../src/db/load.ts'
import { runsUnderVerification } from '../../src/db/looks.ts'
import { renewLeases, runsOf, silentRuns, waitingRuns } from '../../src/db/runs.ts'
import { inTransaction, type Tx } from '../../src/db/transaction.ts'
import { type TestDatabase, testDatabase } from '../world/database.ts'
import { people, policy, sha } from '../world/policy.ts'

const OVER = 20_000

const configured = { policy: policy(), people, carries: () => true, ridesAlone: () => false }
let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
  const { pool } = database
  await inTransaction(pool, (tx) => ensurePipeline(tx, configured))
  const insert = (what: string) =>
    pool.query(
      `INSERT INTO deployments (key, run, pipeline, train, environment, kind, attempt, sha, epoch,
         plan, deploy, agent, status, requested_at, instance, lease_until, claimed, settled)
       SELECT 'key-' || n, 'run-' || n, 'api', 1 + n / 100, 'production',
              CASE WHEN n % 10 = 0 THEN 'rollback' ELSE 'forward' END, n, $1, n, 'plan', '{}',
              'agent', ${what}`,
      [sha('a')],
    )
  await pool.query(
    `INSERT INTO trains (pipeline, number, status, opened_at, departed_at, sha, carried)
     SELECT 'api', n, CASE WHEN n > ${OVER} / 100 THEN 'departed' ELSE 'arrived' END, now(), now(), $1,
            CASE WHEN n > ${OVER} / 100 THEN NULL ELSE '[]'::jsonb END
       FROM generate_series(1, ${OVER} / 100 + 1) n`,
    [sha('a')],
  )
  await insert(
    `CASE WHEN n % 50 = 0 THEN 'failed' ELSE 'verified' END, now(), 'one', now(), true, true
       FROM generate_series(1, ${OVER} - 1) n`,
  )
  await insert(
    `'running', now(), 'one', now() - interval '1 minute', true, false
       FROM generate_series(${OVER}, ${OVER}) n`,
  )
  await pool.query(`UPDATE environments SET epoch = ${OVER}`)
  await pool.query('ANALYZE')
})

afterAll(() => database.drop())

interface Node {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly Node[]
}

/** Rows of deployments that a plan touched, also those that it threw away. */
const touched = (node: Node): number => {
  const own = node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)
  const isHere = node['Relation Name'] === 'deployments'
  const below = (node.Plans ?? []).reduce((sum, one) => sum + touched(one), 0)
  return below + (isHere ? own * node['Actual Loops'] : 0)
}

/** How many rows of deployments a question reads, and what it answers. */
async function readBy<T>(
  work: (tx: Tx) => Promise<T>,
): Promise<{ readonly rows: number; readonly found: T }> {
  return inTransaction(database.pool, async (tx) => {
    let rows = 0
    const query: Tx['query'] = async (text, values) => {
      if (/\bdeployments\b/.test(text)) {
        const explained = await tx.query<{ 'QUERY PLAN': readonly [{ readonly Plan: Node }] }>(
          `EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${text}`,
          values,
        )
        rows +=
          explained.rows[0] === undefined ? 0 : touched(explained.rows[0]['QUERY PLAN'][0].Plan)
      }
      return tx.query(text, values)
    }
    const found = await work({ query })
    return { rows, found }
  })
}

/** More than this is history. */
const FEW = 200

const RUNNING = `run-${OVER}`
const seen = {
  pipeline: 'api',
  environment: 'production',
  ...{ run: 'unheard', epoch: OVER, status: 'running', told: 'unheard' },
}

test.each<[string, (tx: Tx) => Promise<unknown>, object | undefined]>([
  ['which agents are silent', silentRuns, [{ run: RUNNING, pipeline: 'api', epoch: OVER }]],
  ['what an instance works on', (tx) => runsOf(tx, 'one'), [{ run: RUNNING }]],
  ['what waits for an agent', (tx) => waitingRuns(tx, 'agent'), []],
  [
    'whose lease is renewed',
    (tx) => renewLeases(tx, { instance: 'one', runs: [RUNNING], leaseMs: 1 }),
    undefined,
  ],
  ['what is looked at', (tx) => runsUnderVerification(tx, ['api']), []],
  ['what an agent tells', (tx) => newsAmong(tx, { instance: 'one', seen: [seen] }), []],
  [
    'what a decision needs',
    (tx) => loadPipeline(tx, configured, []),
    { pipeline: { deployments: [{ run: RUNNING }] } },
  ],
])('%s is found without reading what is over', async (_, work, answer) => {
  const { rows, found } = await readBy(work)
  if (answer === undefined) expect(found).toBeUndefined()
  else expect(found).toMatchObject(answer)
  expect(rows).toBeLessThan(FEW)
})
