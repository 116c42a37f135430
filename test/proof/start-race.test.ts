/**
 * Sixteen contenders for one start, over connections and pools of their own, on real PostgreSQL.
 *
 * Invariant: each round ends with one start and one holder, counted in the audit and in what
 * agents were told, never in the state that the code under test shows.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Agents, createAgents } from '../../src/app/agents.ts'
import { createDispatch, type Dispatch } from '../../src/app/dispatch.ts'
import type { Command } from '../../src/core/command.ts'
import { brokenInvariants, verifyAudit } from '../../src/db/audit.ts'
import { type Configured, ensurePipeline } from '../../src/db/load.ts'
import { createPool } from '../../src/db/pool.ts'
import { inTransaction, type Pool } from '../../src/db/transaction.ts'
import type { PollRequest, RunOrder } from '../../src/runs/protocol.ts'
import { actor } from '../core/line-story.ts'
import { quiet, type TestDatabase, testDatabase } from '../world/database.ts'
import { askAuthors, change, environment, people, policy, sha } from '../world/policy.ts'
import { measured, size } from './size.ts'

const ROUNDS = size({ ci: 60, full: 1_000 })
const CONTENDERS = 16

const ITS = policy({ environments: [environment('production', { approvals: askAuthors })] })
const CONFIGURED: Configured = {
  policy: ITS,
  people,
  carries: () => true,
  ridesAlone: () => false,
}

/** What one server process has: a pool, a dispatcher, its side of the run protocol. */
interface Process {
  readonly pool: Pool
  readonly dispatch: Dispatch
  readonly agents: Agents
}

let database: TestDatabase
let processes: readonly [Process, Process]

const openProcess = (url: string): Process => {
  const pool = createPool(url, { log: quiet, max: CONTENDERS / 2 })
  const pipelines = new Map([['api', CONFIGURED]])
  const dispatch = createDispatch({ pool, pipelines, changed: () => undefined, clock: null })
  const agents = createAgents({ pool, dispatch, pipelines, setAside: async () => undefined })
  return { pool, dispatch, agents }
}

beforeAll(async () => {
  database = await testDatabase()
  await inTransaction(database.pool, (tx) => ensurePipeline(tx, CONFIGURED))
  processes = [openProcess(database.url), openProcess(database.url)]
})

afterAll(async () => {
  for (const { pool } of processes) await pool.end()
  await database.drop()
})

const processOf = (contender: number): Process => processes[contender % 2 === 0 ? 0 : 1]

const DEPART = { type: 'depart', train: null, ref: null, environment: null, plan: null } as const
const TICK = { type: 'tick' } as const

interface Trigger {
  /** What is said before, so that one word is all that is missing. */
  readonly before: (train: number) => readonly Command[]
  readonly word: (train: number) => Command
}

const lock = (train: number): Command => {
  const facts = { reason: 'look', forMs: null, takeOver: false }
  return { type: 'lock', id: `lock-${train}`, environment: 'production', ...facts }
}

/** Each way in which the last obstacle may fall while everybody looks. */
const TRIGGERS: readonly [Trigger, ...Trigger[]] = [
  { before: () => [DEPART], word: (train) => ({ type: 'consent', train }) },
  { before: (train) => [{ type: 'consent', train }], word: () => DEPART },
  {
    before: (train) => [{ type: 'stop', reason: 'look' }, DEPART, { type: 'consent', train }],
    word: () => ({ type: 'resume', reason: 'seen' }),
  },
  {
    before: (train) => [lock(train), DEPART, { type: 'consent', train }],
    word: () => ({ type: 'unlock', environment: 'production', id: null }),
  },
]

async function say(command: Command, who = 'ana'): Promise<void> {
  const outcome = await processes[0].dispatch('api', command, actor(who))
  if (!outcome.ok) throw new Error(`${command.type}: ${outcome.refusal.code}`)
}

/** Every contender at once; a fault fails the round. */
const all = <T>(act: (contender: number) => Promise<T>): Promise<readonly T[]> =>
  Promise.all(Array.from({ length: CONTENDERS }, (_, contender) => act(contender)))

async function count(type: string): Promise<number> {
  const { rows } = await database.pool.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM events WHERE chain = 'api' AND type = $1`,
    [type],
  )
  return rows[0]?.n ?? 0
}

const poll = (contender: number): PollRequest => ({
  agent: 'embedded',
  instance: `instance-${contender}`,
  runs: [],
  draining: false,
  waitMs: 0,
})

/** One winner reports how it went; whoever else reports the run is told that it is not theirs. */
async function finish(order: RunOrder, holder: number): Promise<void> {
  const { run, epoch } = order
  const answers = await all((contender) =>
    processOf(contender).agents.report({
      ...{ run, epoch, instance: `instance-${contender}` },
      ...{ status: 'succeeded', reason: 'exit status 0', tail: [], at: new Date().toISOString() },
    }),
  )
  expect(answers.flatMap((said, at) => (said === 'recorded' ? [at] : []))).toEqual([holder])
}

test('however the last obstacle falls, there is one start, and one agent gets it', async () => {
  let before: string | null = null
  for (let round = 1; round <= ROUNDS; round += 1) {
    const trigger = TRIGGERS[round % TRIGGERS.length] ?? TRIGGERS[0]
    const facts = { parent: before, mergedAt: round, author: 'ana' }
    await say({ type: 'record_change', change: change(`r${round}`, facts) }, 'ci')
    before = sha(`r${round}`)
    for (const command of trigger.before(round)) await say(command)
    expect(await count('deployment_requested')).toBe(round - 1)

    const word = trigger.word(round)
    const words = await all((contender) =>
      processOf(contender).dispatch(
        'api',
        contender % 3 === 2 ? TICK : word,
        actor(contender % 3 === 2 ? 'signalbox' : 'ana'),
      ),
    )
    const starts = words.flatMap((one) =>
      one.ok ? one.events.filter(({ type }) => type === 'deployment_requested') : [],
    )
    expect([starts.length, await count('deployment_requested')]).toEqual([1, round])

    const told = await all((contender) => processOf(contender).agents.look(poll(contender)))
    const holders = told.flatMap(({ claims }, at) => claims.map((claim) => [at, claim] as const))
    expect(holders.length).toBe(1)
    expect(await count('run_claimed')).toBe(round)
    for (const [holder, order] of holders) {
      expect(order).toMatchObject({ epoch: round, sha: before })
      await finish(order, holder)
    }
    expect(await count('train_arrived')).toBe(round)
  }
  expect(await inTransaction(database.pool, brokenInvariants)).toEqual([])
  expect(await inTransaction(database.pool, verifyAudit)).toEqual([])
  measured(
    'rounds of 16 contenders for one start: two starts, no start, two holders',
    `${ROUNDS} rounds: 0, 0, 0`,
  )
}, 1_800_000)

test('the database by itself admits one of sixteen deployments, whoever writes them', async () => {
  const rounds = Math.ceil(ROUNDS / 4)
  await database.pool.query(
    `INSERT INTO pipelines (name, repository, branch) VALUES ('raw', 'raw', 'main')`,
  )
  await database.pool.query(
    `INSERT INTO trains (pipeline, number, status, opened_at, sha)
     VALUES ('raw', 1, 'departed', now(), $1)`,
    [sha('raw')],
  )
  for (let round = 1; round <= rounds; round += 1) {
    const place = `place-${round}`
    await database.pool.query(`INSERT INTO environments (pipeline, name) VALUES ('raw', $1)`, [
      place,
    ])
    const ends = await all((contender) =>
      processOf(contender)
        .pool.query(
          `INSERT INTO deployments (key, run, pipeline, train, environment, kind, attempt, sha,
                                    epoch, plan, deploy, agent, status, requested_at)
           VALUES ($1, $1, 'raw', 1, $2, 'forward', $3, $4, $3, '', '{}', 'embedded',
                   'requested', now())`,
          [`${place}:${contender}`, place, contender + 1, sha('raw')],
        )
        .then(
          () => 'in',
          (fault: { readonly constraint?: string }) => fault.constraint ?? String(fault),
        ),
    )
    expect([...ends].sort()).toEqual([
      ...Array.from({ length: CONTENDERS - 1 }, () => 'deployments_one_active'),
      'in',
    ])
  }
  measured(
    'rounds of 16 raw inserts of a deployment into one environment: more than one, none',
    `${rounds} rounds: 0, 0`,
  )
}, 600_000)
