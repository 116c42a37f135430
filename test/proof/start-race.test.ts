/**
 * Sixteen contenders in four processes for one start, on real PostgreSQL.
 *
 * Invariant: in each round all sixteen wait at the gate before it opens; it ends with one start and
 * one holder, counted in the audit and in what agents were told, never in the state that the code
 * under test shows.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDispatch, type Dispatch } from '../../src/app/dispatch.ts'
import type { Command } from '../../src/core/command.ts'
import { brokenInvariants, verifyAudit } from '../../src/db/audit.ts'
import { type Configured, ensurePipeline } from '../../src/db/load.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import type { RunOrder } from '../../src/runs/protocol.ts'
import { actor } from '../core/line-story.ts'
import { type TestDatabase, testDatabase } from '../world/database.ts'
import { askAuthors, change, environment, people, policy, sha } from '../world/policy.ts'
import type { Task } from './contender.ts'
import { CONTENDERS, type Contenders, type Gate, openContenders } from './contenders.ts'
import { measured, size } from './size.ts'

const ROUNDS = size({ ci: 200, full: 1_000 })
/** In so many of them all sixteen are agents, too, and race for the order; then one is. */
const HANDED_OUT = Math.min(ROUNDS, size({ ci: 64, full: 1_000 }))

const ITS = policy({ environments: [environment('production', { approvals: askAuthors })] })
const CONFIGURED: Configured = {
  policy: ITS,
  people,
  carries: () => true,
  ridesAlone: () => false,
}

let database: TestDatabase
let dispatch: Dispatch
let contenders: Contenders

beforeAll(async () => {
  database = await testDatabase()
  const { pool } = database
  await inTransaction(pool, (tx) => ensurePipeline(tx, CONFIGURED))
  const pipelines = new Map([['api', CONFIGURED]])
  dispatch = createDispatch({ pool, pipelines, changed: () => undefined, clock: null })
  contenders = openContenders(database, { policy: ITS, people })
})

afterAll(async () => {
  await contenders.end()
  await database.drop()
})

/** Every decision needs the row of its pipeline. */
const PIPELINE: Gate = { text: 'SELECT FROM pipelines WHERE name = $1 FOR UPDATE', values: ['api'] }

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
  const outcome = await dispatch('api', command, actor(who))
  if (!outcome.ok) throw new Error(`${command.type}: ${outcome.refusal.code}`)
}

async function count(type: string): Promise<number> {
  const { rows } = await database.pool.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM events WHERE chain = 'api' AND type = $1`,
    [type],
  )
  return rows[0]?.n ?? 0
}

const poll = (contender: number): Task => ({
  do: 'poll',
  request: {
    ...{ agent: 'embedded', instance: `instance-${contender}` },
    ...{ runs: [], draining: false, waitMs: 0 },
  },
})

const report = ({ run, epoch }: RunOrder, contender: number): Task => ({
  do: 'report',
  report: {
    ...{ run, epoch, instance: `instance-${contender}`, status: 'succeeded' },
    ...{ reason: 'exit status 0', tail: [], at: new Date().toISOString() },
  },
})

/** Everybody asks for the order: one gets it, and reports how it went; nobody else's word counts. */
async function handOut(order: object): Promise<void> {
  const told = await contenders.meet(PIPELINE, poll)
  const holders = told.flatMap(({ claims }, at) => claims.map((claim) => [at, claim] as const))
  expect(holders).toMatchObject([[expect.any(Number), order]])
  for (const [holder, its] of holders) {
    const answers = await contenders.all((contender) => report(its, contender))
    expect(answers.flatMap(({ isTaken }, at) => (isTaken ? [at] : []))).toEqual([holder])
  }
}

/** One asks for the order, gets it, and reports how it went. */
async function handTo(contender: number, order: object): Promise<void> {
  const { claims } = await contenders.one(contender, poll(contender))
  expect(claims).toMatchObject([order])
  for (const its of claims) {
    expect((await contenders.one(contender, report(its, contender))).isTaken).toBe(true)
  }
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
    const words = await contenders.meet(PIPELINE, (contender) =>
      contender % 3 === 2
        ? { do: 'dispatch', command: TICK, actor: actor('signalbox') }
        : { do: 'dispatch', command: word, actor: actor('ana') },
    )
    const starts = words.flatMap(({ events }) =>
      events.filter((type) => type === 'deployment_requested'),
    )
    expect([starts.length, await count('deployment_requested')]).toEqual([1, round])

    const order = { epoch: round, sha: before }
    await (round <= HANDED_OUT ? handOut(order) : handTo(round % CONTENDERS, order))
    expect(await count('run_claimed')).toBe(round)
    expect(await count('train_arrived')).toBe(round)
  }
  expect(contenders.met()).toBe(ROUNDS + HANDED_OUT)
  expect(await inTransaction(database.pool, brokenInvariants)).toEqual([])
  expect(await inTransaction(database.pool, verifyAudit)).toEqual([])
  measured(
    'rounds of 16 contenders in 4 processes for one start, all at its gate at once: two starts, none',
    `${ROUNDS} rounds: 0, 0`,
  )
  measured(
    'rounds of 16 agents in 4 processes for one order, all at its gate at once: two holders, none',
    `${HANDED_OUT} rounds: 0, 0`,
  )
}, 1_800_000)

test('the database by itself admits one of sixteen deployments, whoever writes them', async () => {
  const rounds = Math.ceil(ROUNDS / 4)
  const before = contenders.met()
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
    // The row that it is put into is held: whoever is first waits for it, and the rest for the first.
    const gate = {
      text: `SELECT FROM environments WHERE pipeline = 'raw' AND name = $1 FOR UPDATE`,
      values: [place],
    }
    const ends = await contenders.meet(gate, (contender) => ({
      do: 'insert',
      text: `INSERT INTO deployments (key, run, pipeline, train, environment, kind, attempt, sha,
                                    epoch, plan, deploy, agent, status, requested_at)
             VALUES ($1, $1, 'raw', 1, $2, 'forward', $3, $4, $3, '', '{}', 'embedded',
                     'requested', now())`,
      values: [`${place}:${contender}`, place, contender + 1, sha('raw')],
    }))
    expect(ends.filter(({ isTaken }) => isTaken).length).toBe(1)
    expect(ends.filter(({ constraint }) => constraint === 'deployments_one_active').length).toBe(
      CONTENDERS - 1,
    )
  }
  expect(contenders.met() - before).toBe(rounds)
  measured(
    'rounds of 16 raw inserts of a deployment into one environment, all at once: more than one, none',
    `${rounds} rounds: 0, 0`,
  )
}, 600_000)
