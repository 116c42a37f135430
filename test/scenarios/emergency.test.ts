/**
 * The bad day with everything real: PostgreSQL away, then back, or back as it was long ago.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { backUp, giveBack, takeAway } from '../world/backup.ts'
import { type TestDatabase, testDatabase } from '../world/database.ts'
import { Installation } from '../world/serving.ts'

const ONE = `    checks: { require: [] }
    environments:
      - { name: production, approvals: { authors: none }, deploy: { run: sh deploy.sh } }`

let database: TestDatabase
let world: Installation

beforeEach(async () => {
  database = await testDatabase()
})

afterEach(async () => {
  await world.clean()
  await database.dropWhole()
})

async function begin(script = 'echo deploying'): Promise<void> {
  world = new Installation(database.url, { script: () => script, pipeline: ONE })
  await world.start()
}

async function ride(title: string): Promise<string> {
  const sha = await world.merge('ana', title)
  await world.command('ana', { type: 'depart' })
  await world.until(`${title} arrives`, ({ trains }) => trains.length === 0)
  return sha
}

/** The `signalbox` command, to its end. */
function signalbox(...args: readonly string[]): {
  readonly status: number | null
  readonly said: string
} {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [resolve('dist/cli.js'), ...args],
    {
      encoding: 'utf8',
      env: { ...process.env, SIGNALBOX_HOME: world.home, DATABASE_URL: database.url },
    },
  )
  return { status, said: stdout + stderr }
}

const byHand = (sha: string, ...more: readonly string[]) =>
  signalbox(
    'agent',
    'deploy',
    'production',
    sha,
    '--by',
    'ana',
    '--reason',
    'prices are wrong',
    ...more,
  )

/** A commit that no server has heard of. */
function fix(): string {
  world.git('commit', '--quiet', '--allow-empty', '-m', 'Fix the prices')
  return world.git('rev-parse', 'HEAD')
}

/** As an agent does whose acknowledgement was lost. */
async function tellAgain(): Promise<number> {
  const journal = readFileSync(join(world.home, 'agent', 'journal.jsonl'), 'utf8')
  const entries = journal
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const { order, hand } = entries.findLast(({ type }) => type === 'claimed')
  const { run, epoch, pipeline, environment, kind, sha } = order
  const its = { run, epoch, pipeline, environment, kind, sha, hand, begun: true }
  const account = { ...its, status: 'succeeded', reason: 'exit status 0', tail: [] }
  const token = readFileSync(join(world.home, 'agent', 'token'), 'utf8')
  const answer = await fetch(`${world.url}/api/v1/agent/account`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ instance: 'the-same', account }),
  })
  return answer.status
}

const events = async (): Promise<readonly { readonly type: string; readonly actor: string }[]> =>
  (await world.call('ana', '/pipelines/api/events')).body['events'] as {
    type: string
    actor: string
  }[]

test('with PostgreSQL away a person deploys on the agent’s machine, and it is recorded once it is back', async () => {
  await begin()
  await ride('Before the bad day')
  await takeAway(database.url)
  const sha = fix()
  const agent = world.agentPid()
  const beside = byHand(sha)
  expect(beside).toMatchObject({ status: 1 })
  expect(beside.said).toContain(
    `the agent of this home lives (pid ${agent}): stop its server first`,
  )

  await world.stop()
  await world.agentEnded()
  const done = byHand(sha)
  expect(done.said).toContain('deploying')
  expect(done).toMatchObject({ status: 0 })
  expect(world.witness().at(-1)).toMatch(`production ${sha} api-production-by-hand-2-`)

  await giveBack(database.url)
  await world.start()
  const back = await world.until('it is told', ({ environments }) =>
    Boolean(environments[0]?.live?.sha === sha),
  )
  expect(back.environments[0]).toMatchObject({ epoch: 2, live: { by: 'ana', train: null } })
  expect(await tellAgain()).toBe(200)
  const told = (await events()).filter(({ actor }) => actor === 'ana').map(({ type }) => type)
  expect(told.slice(-2)).toEqual(['deployment_told', 'release_recorded'])
  expect(told.filter((type) => type === 'deployment_told')).toHaveLength(1)
  expect(world.witness()).toHaveLength(2)
})

test('a deploy by hand that failed keeps its environment closed until somebody says what is live', async () => {
  await begin('echo "kind $SIGNALBOX_KIND"; [ "$SIGNALBOX_TRAIN" ] || exit 3')
  const before = await ride('Before the bad day')
  await world.stop()
  await world.agentEnded()
  await takeAway(database.url)
  const failed = byHand(fix(), '--rollback')
  expect(failed.said).toContain('kind rollback')
  expect(failed).toMatchObject({ status: 2 })

  await giveBack(database.url)
  await world.start()
  await world.until('it is told', ({ environments }) =>
    Boolean(environments[0]?.deployment?.status === 'failed'),
  )
  await world.merge('bob', 'Afterwards')
  await world.command('ana', { type: 'depart' })
  const closed = await world.state()
  const failure = closed.trains[0]?.blockers.find(({ gate }) => gate === 'failed')
  expect(failure?.message).toContain('ana deployed')
  expect(failure?.message).toContain('by hand (prices are wrong): failed, exit status 3')
  expect(closed.environments[0]).toMatchObject({
    live: { sha: before },
    deployment: { tail: ['kind rollback'], account: { hand: { by: 'ana' } } },
  })
  expect(closed.environments[0]?.unanswered?.gate).toBe('failed')
  const doctor = signalbox('doctor')
  expect(doctor).toMatchObject({ status: 1 })
  expect(doctor.said).toContain('api/production: agent embedded ran')
  const said = { environment: 'production', sha: before, reason: 'nothing was changed' }
  await world.command('bob', { type: 'record_release', ...said })
  expect(signalbox('doctor')).toMatchObject({ status: 0 })
})

test('a database restored from an older backup believes its agent, and gives no epoch twice', async () => {
  await begin()
  await ride('Before the backup')
  await world.stop()
  const restore = await backUp(database.url)
  await world.start()
  const parent = world.git('rev-parse', 'HEAD')
  const lost = await ride('After the backup')
  await world.stop()
  await restore()
  await world.start()
  const closed = await world.until('the agent is believed', ({ environments }) =>
    Boolean(environments[0]?.deployment?.status === 'unknown'),
  )
  expect(closed.environments[0]).toMatchObject({
    epoch: 2,
    deployment: { sha: lost, account: { status: 'succeeded', hand: null } },
  })
  expect(signalbox('doctor').said).toContain('which this database has forgotten (succeeded')

  const change = { type: 'record_change', sha: lost, parent, title: 'After the backup' }
  await world.command('ci', { ...change, author: 'ana', merged_at: new Date().toISOString() })
  const said = { environment: 'production', sha: lost, reason: 'I looked' }
  expect((await world.command('bob', { type: 'record_release', ...said })).status).toBe(200)
  const next = await ride('Afterwards')
  expect(world.witness().slice(1)).toEqual([
    `production ${lost} api-2-production-forward-1`,
    `production ${next} api-2-production-forward-1`,
  ])
})
