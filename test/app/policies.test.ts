/** One database, several processes, and files that change: which policy is in force. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDispatch, type Dispatch } from '../../src/app/dispatch.ts'
import { createPolicies, type Policies } from '../../src/app/policies.ts'
import { withRepositoryFile } from '../../src/config/repository-file.ts'
import type { Command } from '../../src/core/command.ts'
import type { Pipeline } from '../../src/core/model.ts'
import { askedFor } from '../../src/core/people.ts'
import type { Policy } from '../../src/core/policy.ts'
import { readAudit } from '../../src/db/audit.ts'
import { waitingPolicies } from '../../src/db/policies.ts'
import { saveMembers } from '../../src/db/slack-people.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { actor } from '../core/line-story.ts'
import { quiet, type TestDatabase, testDatabase } from '../world/database.ts'
import { change, environment, people, policy, sha } from '../world/policy.ts'

const [staging, production] = [environment('staging'), environment('production')]
const BOTH = policy({ environments: [staging, production] })
const STAGING_ONLY = policy({ environments: [staging] })

interface Process {
  readonly policies: Policies
  readonly dispatch: Dispatch
}

let database: TestDatabase

beforeEach(async () => {
  database = await testDatabase()
})
afterEach(async () => {
  await database.dropWhole()
})

function start(): Process {
  const { pool } = database
  const policies = createPolicies({
    pool,
    carries: () => true,
    ridesAlone: () => false,
    understand: withRepositoryFile,
    delivers: () => false,
    log: quiet,
  })
  const { pipelines } = policies
  return {
    policies,
    dispatch: createDispatch({ pool, pipelines, changed: () => {}, clock: null }),
  }
}

const tellFile = ({ policies }: Process, ...all: readonly Policy[]): Promise<void> =>
  policies.propose({ path: 'signalbox.yml', people, policies: all, lines: {} })

async function act({ dispatch }: Process, who: string, command: Command): Promise<Pipeline> {
  const outcome = await dispatch('api', command, actor(who))
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.refusal))
  return outcome.pipeline
}

const state = (process: Process): Promise<Pipeline> => act(process, 'signalbox', { type: 'tick' })

const inForce = async (process: Process): Promise<string> =>
  (await state(process)).policy.environments.map(({ name }) => name).join()

async function depart(process: Process, name: string, parent: string | null): Promise<void> {
  const its = change(name, { mergedAt: Date.now(), parent: parent && sha(parent) })
  await act(process, 'ci', { type: 'record_change', change: its })
  const by = { train: null, ref: null, environment: null, plan: null }
  await act(process, 'ana', { type: 'depart', ...by })
}

/** Whatever is under way succeeds. */
async function succeed(process: Process): Promise<void> {
  const { deployments } = await state(process)
  const open = deployments.find(({ status }) => status === 'requested')
  if (open === undefined) throw new Error('nothing is under way')
  const { run, epoch } = open
  await act(process, 'signalbox', { type: 'claim_run', run })
  const ended = { status: 'succeeded', reason: null, tail: [] } as const
  await act(process, 'signalbox', { type: 'record_run', run, epoch, ...ended })
}

const told = async (): Promise<readonly string[]> =>
  (await inTransaction(database.pool, (tx) => readAudit(tx, 'api', { after: 0, limit: 500 })))
    .map(({ type }) => type)
    .filter((type) => type.startsWith('policy'))

test('every process decides by the policy in force, also before it has heard of it', async () => {
  const [first, second] = [start(), start()]
  await tellFile(first, BOTH)
  await tellFile(second, BOTH)
  await tellFile(second, STAGING_ONLY)
  expect(await inForce(first)).toBe('staging')
  expect(first.policies.pipelines.get('api')?.policy.environments).toHaveLength(2)
  expect(await first.policies.look()).toEqual(['api'])
  expect(first.policies.pipelines.get('api')?.policy.environments).toHaveLength(1)
  expect(await first.policies.look()).toEqual([])
})

test('a policy waits, is audited once however often it is told, and any process accepts it', async () => {
  const [first, second] = [start(), start()]
  await tellFile(first, BOTH)
  await depart(first, 'a', null)
  for (const process of [second, first, second]) await tellFile(process, STAGING_ONLY)
  for (let looks = 0; looks < 3; looks += 1) await first.policies.look()
  expect(await inForce(second)).toBe('staging,production')
  expect(await told()).toEqual(['policy_accepted', 'policy_deferred'])
  await succeed(first)
  await succeed(first)
  expect(await first.policies.look()).toEqual(['api'])
  expect(await second.policies.look()).toEqual(['api'])
  expect(await inForce(second)).toBe('staging')
  expect(await told()).toEqual(['policy_accepted', 'policy_deferred', 'policy_accepted'])
  expect(await inTransaction(database.pool, waitingPolicies)).toEqual([])
})

test('a file that is put back ends the waiting', async () => {
  const process = start()
  await tellFile(process, BOTH)
  await depart(process, 'a', null)
  await tellFile(process, STAGING_ONLY)
  expect(await inTransaction(database.pool, waitingPolicies)).toHaveLength(1)
  await tellFile(process, BOTH)
  expect(await inTransaction(database.pool, waitingPolicies)).toEqual([])
  expect(await told()).toEqual(['policy_accepted', 'policy_deferred', 'policy_withdrawn'])
})

test('where the environment before becomes the last, a rollback there takes back its own trains', async () => {
  const process = start()
  await tellFile(process, BOTH)
  for (const [name, parent] of [
    ['a', null],
    ['b', 'a'],
    ['c', 'b'],
  ] as const) {
    await depart(process, name, parent)
    await succeed(process)
    await succeed(process)
  }
  await tellFile(process, STAGING_ONLY)
  const { trains } = await state(process)
  expect(trains.filter(({ status }) => status === 'arrived').map(({ number }) => number)).toEqual([
    2, 3,
  ])
  const back = { environment: 'staging', to: sha('a'), reason: 'slow' } as const
  const words = { takeOver: false, settle: false, abort: false } as const
  await act(process, 'bob', { type: 'roll_back', ...back, ...words })
  await succeed(process)
  const after = await state(process)
  expect(after.environments[0]?.live?.sha).toBe(sha('a'))
  expect(after.tip).toBe(sha('a'))
  const { rows } = await database.pool.query('SELECT number, status FROM trains ORDER BY number')
  expect(rows.slice(0, 3).map(({ status }) => status)).toEqual([
    'arrived',
    'rolled_back',
    'rolled_back',
  ])
})

test('a pipeline that the file no longer names is kept, and not served', async () => {
  const process = start()
  await tellFile(process, BOTH, policy({ pipeline: 'web' }))
  await tellFile(process, BOTH)
  expect([...process.policies.pipelines.keys()]).toEqual(['api'])
  const { rows } = await database.pool.query('SELECT name FROM pipelines ORDER BY name')
  expect(rows.map(({ name }) => name)).toEqual(['api', 'web'])
})

test('every process meets who is linked, under a name that grants nothing, and draws trains anew', async () => {
  const [one, two] = [start(), start()]
  const told = policy({
    channel: 'C0DEPLOYS',
    permissions: { ...policy().permissions, link: ['sre'] },
  })
  for (const each of [one, two]) await tellFile(each, told)
  await act(one, 'ci', { type: 'record_change', change: change('a', { author: 'SRE' }) })
  const { pool } = database
  await pool.query(
    `INSERT INTO slack_workspace (team, url) VALUES ('T0HOME', 'https://acme.slack.com/')`,
  )
  const cem = { team: 'T0HOME', id: 'U0CEM', name: 'cem', email: null }
  const member = { ...cem, guest: false, deactivated: false, foreigner: false, bot: false }
  await inTransaction(pool, (tx) => saveMembers(tx, [member]))
  expect(await two.policies.look()).toEqual([])
  await pool.query(
    `INSERT INTO links (team, member, login, how, by_name, at)
     VALUES ('T0HOME', 'U0CEM', 'sre', 'confirmed', 'dee', now())`,
  )
  for (const { policies } of [one, two]) {
    expect(await policies.look()).toEqual(['api'])
    expect(await policies.look()).toEqual([])
    expect(policies.people().at(-1)).toMatchObject({ name: 'github:sre', active: true })
    expect(policies.listed()).toEqual(people)
  }
  expect(askedFor(await state(two), change('a', { author: 'SRE' }), null).people).toEqual([
    'github:sre',
  ])
  const { rows } = await pool.query(`SELECT effect FROM outbox WHERE effect->>'type' = 'announce'`)
  expect(rows).toEqual([{ effect: { type: 'announce', train: 1 } }])
  await inTransaction(pool, (tx) => saveMembers(tx, [{ ...member, deactivated: true }]))
  await two.policies.look()
  expect(two.policies.people().at(-1)?.active).toBe(false)
})
