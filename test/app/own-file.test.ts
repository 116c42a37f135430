/** A repository's own file, read from real git as changes arrive and go back. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { createDispatch, type Dispatch } from '../../src/app/dispatch.ts'
import { examine } from '../../src/app/doctor.ts'
import { createPolicies, type Policies } from '../../src/app/policies.ts'
import { createOwnFiles } from '../../src/app/read-own-files.ts'
import { ownFileState } from '../../src/app/state.ts'
import { withRepositoryFile } from '../../src/config/repository-file.ts'
import type { Command } from '../../src/core/command.ts'
import type { Pipeline } from '../../src/core/model.ts'
import type { Person, Policy } from '../../src/core/policy.ts'
import { readAudit, type Written } from '../../src/db/audit.ts'
import { findRepositoryFile } from '../../src/db/repository-files.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { createGitLookUp } from '../../src/git/look-up.ts'
import { actor } from '../core/line-story.ts'
import { quiet, type TestDatabase, testDatabase } from '../world/database.ts'
import { change, environment, people, policy } from '../world/policy.ts'

const NOBODY = {
  GIT_AUTHOR_NAME: 'Ana',
  GIT_AUTHOR_EMAIL: 'ana@example.com',
  GIT_COMMITTER_NAME: 'Ana',
  GIT_COMMITTER_EMAIL: 'ana@example.com',
}

let database: TestDatabase
let repository: string
let home: string
let now = 0

beforeEach(async () => {
  database = await testDatabase()
  repository = mkdtempSync(join(tmpdir(), 'signalbox-own-'))
  home = mkdtempSync(join(tmpdir(), 'signalbox-home-'))
  git('init', '--quiet', '--initial-branch=main')
  onTestFinished(() => {
    for (const folder of [repository, home]) rmSync(folder, { recursive: true, force: true })
  })
})
afterEach(async () => {
  await database.dropWhole()
})

const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-C', repository, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, ...NOBODY },
  }).trim()

const OWN = '.github/signalbox.yml'

/** A commit with this as the repository's own file; null: it is taken out. */
function commit(body: string | null): string {
  mkdirSync(join(repository, '.github'), { recursive: true })
  if (body === null) rmSync(join(repository, OWN), { force: true })
  else writeFileSync(join(repository, OWN), body)
  git('add', '--all')
  git('commit', '--quiet', '--allow-empty', '-m', 'Say what this part may say')
  return git('rev-parse', 'HEAD')
}

const soaking = (soak: string): string =>
  `pipelines: { api: { environments: [{ name: production, soak: ${soak} }] } }\n`

interface Process {
  readonly policies: Policies
  readonly dispatch: Dispatch
  readonly look: () => Promise<void>
}

async function start(
  over: Partial<Policy> = {},
  named: readonly Person[] = people,
): Promise<Process> {
  const { pool } = database
  const policies = createPolicies({
    pool,
    carries: (paths, globs) => globs === null || paths === null || paths.includes(globs[0] ?? ''),
    ridesAlone: () => false,
    understand: withRepositoryFile,
    delivers: () => false,
    log: quiet,
  })
  await tellFile(policies, over, named)
  const { pipelines } = policies
  const { file } = createGitLookUp({
    home,
    webUrl: 'https://github.com',
    tokenFor: async () => null,
  })
  const look = createOwnFiles({ pool, policies, file, log: quiet, clock: () => now })
  return {
    policies,
    dispatch: createDispatch({ pool, pipelines, changed: () => {}, clock: null }),
    look: async () => {
      await look()
      await policies.look()
    },
  }
}

function tellFile(
  policies: Policies,
  over: Partial<Policy>,
  named: readonly Person[] = people,
): Promise<void> {
  const all = policy({
    repository,
    fromRepository: { addresses: [] },
    environments: [environment('production')],
    ...over,
  })
  return policies.propose({ path: 'signalbox.yml', people: named, policies: [all], lines: {} })
}

async function act({ dispatch }: Process, who: string, command: Command): Promise<Pipeline> {
  const outcome = await dispatch('api', command, actor(who))
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.refusal))
  return outcome.pipeline
}

const state = (process: Process): Promise<Pipeline> => act(process, 'signalbox', { type: 'tick' })

const soakOf = async (process: Process): Promise<number | undefined> =>
  (await state(process)).policy.environments[0]?.soakMs

async function merge(process: Process, sha: string): Promise<void> {
  const parent = git('rev-list', '--parents', '-n', '1', sha).split(' ')[1] ?? null
  const its = change(sha, { sha, parent, mergedAt: Date.now(), paths: [OWN] })
  await act(process, 'ci', { type: 'record_change', change: its })
}

/** Merged, sent, and arrived. */
async function ride(process: Process, sha: string): Promise<void> {
  await merge(process, sha)
  await act(process, 'ana', {
    type: 'depart',
    train: null,
    ref: null,
    environment: null,
    plan: null,
  })
  await succeed(process)
}

async function succeed(process: Process): Promise<void> {
  const { deployments } = await state(process)
  const open = deployments.find(({ status }) => status === 'requested')
  if (open === undefined) throw new Error('nothing is under way')
  const { run, epoch } = open
  await act(process, 'signalbox', { type: 'claim_run', run })
  const ended = { status: 'succeeded', reason: null, tail: [] } as const
  await act(process, 'signalbox', { type: 'record_run', run, epoch, ...ended })
}

const rows = async (): Promise<readonly Written[]> =>
  (
    await inTransaction(database.pool, (tx) => readAudit(tx, 'api', { after: 0, limit: 500 }))
  ).filter(({ type }) => type.startsWith('policy'))

const audited = async (): Promise<readonly string[]> => (await rows()).map(({ type }) => type)

const bodiesOf = async (wanted: string): Promise<readonly Written['body'][]> =>
  (await rows()).filter(({ type }) => type === wanted).map(({ body }) => body)

const refusals = () => bodiesOf('policy_refused')
const accepted = () => bodiesOf('policy_accepted')

/** What `doctor` says of repositories' files. */
const warnings = async (): Promise<readonly string[]> =>
  (
    await examine(database.pool, {
      file: { path: 'signalbox.yml', people, policies: [], lines: {} },
      tokenNames: [],
      resting: [],
    })
  )
    .map(({ what }) => what)
    .filter((what) => what.startsWith(OWN))

const kept = () => inTransaction(database.pool, (tx) => findRepositoryFile(tx, 'api'))

test('before anything is live, it counts as it stands on the branch', async () => {
  commit(soaking('1s'))
  const process = await start()
  expect(await soakOf(process)).toBe(0)
  await process.look()
  expect(await soakOf(process)).toBe(1_000)
})

test('an edit counts once its change has arrived, and goes back with it', async () => {
  const first = commit(null)
  const process = await start()
  await ride(process, first)
  const second = commit(
    'pipelines: { api: { environments: [{ name: production, approvals: { authors: all } }] } }\n',
  )
  await merge(process, second)
  await process.look()
  expect((await state(process)).policy.environments[0]?.approvals.authors).toBe('none')
  await act(process, 'ana', {
    type: 'depart',
    train: null,
    ref: null,
    environment: null,
    plan: null,
  })
  await process.look()
  expect((await state(process)).policy.environments[0]?.approvals.authors).toBe('none')
  await succeed(process)
  await process.look()
  expect((await state(process)).policy.environments[0]?.approvals.authors).toBe('all')
  const words = { environment: null, to: null, reason: 'too strict' }
  const clear = { takeOver: false, settle: false, abort: false }
  await act(process, 'ana', { type: 'roll_back', ...words, ...clear })
  await succeed(process)
  await process.look()
  expect((await state(process)).policy.environments[0]?.approvals.authors).toBe('none')
})

test('what is wrong is told once, and what was right before stays in force', async () => {
  const first = commit(soaking('1s'))
  const process = await start()
  await process.look()
  expect(await soakOf(process)).toBe(1_000)
  const second = commit('pipelines: { api: { environments: [{ name: staging }] } }\n')
  expect(first).not.toBe(second)
  await inTransaction(database.pool, (tx) =>
    tx.query(`UPDATE repository_files SET seen = 'nothing'`),
  )
  await process.policies.read('api', {
    ok: true,
    sha: second,
    text: git('show', `${second}:${OWN}`),
  })
  await process.policies.read('api', {
    ok: true,
    sha: second,
    text: git('show', `${second}:${OWN}`),
  })
  await process.policies.look()
  expect(await soakOf(process)).toBe(1_000)
  expect(await audited()).toEqual(['policy_accepted', 'policy_accepted', 'policy_refused'])
  expect((await kept())?.problems).toEqual([
    `${OWN}:1 \`pipelines.api.environments[0].name\`: \`staging\` is no environment of the server’s file; there are production`,
  ])
  const again = await start()
  expect(await soakOf(again)).toBe(1_000)
})

test('the server’s file stays the authority: what it stops allowing ends, and it can end all of it', async () => {
  commit(soaking('1s'))
  const process = await start()
  await process.look()
  const strict = environment('production', {
    approvals: { ...environment('production').approvals, others: 1 },
  })
  await tellFile(process.policies, { environments: [strict] })
  expect((await state(process)).policy.environments[0]).toMatchObject({
    soakMs: 1_000,
    approvals: { others: 1 },
  })
  await tellFile(process.policies, {
    environments: [environment('production')],
    fromRepository: null,
  })
  expect(await soakOf(process)).toBe(0)
  expect(await kept()).toBeUndefined()
})

test('a file that no longer fits is told as refused, and the server’s counts alone until they fit', async () => {
  commit('pipelines: { api: { environments: [{ name: production, approvals: { others: 1 } }] } }\n')
  const process = await start()
  await process.look()
  const last = async () => (await state(process)).policy.environments[0]
  const strict = environment('production', {
    approvals: { ...environment('production').approvals, others: 2 },
    deploy: { ...environment('production').deploy, run: './another.sh' },
  })
  await tellFile(process.policies, { environments: [strict] })
  await process.policies.look()
  expect(await last()).toMatchObject({ approvals: { others: 2 }, deploy: { run: './another.sh' } })
  const problem = `${OWN}:1 \`pipelines.api.environments[0].approvals.others\`: must be at least 2, as the server’s file has it`
  expect(await refusals()).toMatchObject([{ alone: true, problems: [problem] }])
  expect(await warnings()).toEqual([expect.stringContaining(problem)])
  expect(ownFileState(await kept())?.['problems']).toEqual([problem])
  await start({ environments: [strict] })
  expect(await refusals()).toHaveLength(1)
  expect((await last())?.approvals.others).toBe(2)
  await tellFile(process.policies, {})
  expect((await last())?.approvals.others).toBe(1)
  expect(await warnings()).toEqual([])
  expect((await accepted()).at(-1)).toMatchObject({ file: OWN })
})

test('a newer file that is wrong too does not hide that the one before fits no longer', async () => {
  const first = commit(
    'pipelines: { api: { environments: [{ name: production, approvals: { others: 1 } }] } }\n',
  )
  const process = await start()
  await process.look()
  const second = commit('pipelines: { api: { deploy: x } }\n')
  expect(first).not.toBe(second)
  await process.policies.read('api', {
    ok: true,
    sha: second,
    text: git('show', `${second}:${OWN}`),
  })
  const strict = environment('production', {
    approvals: { ...environment('production').approvals, others: 2 },
  })
  await tellFile(process.policies, { environments: [strict] })
  expect((await state(process)).policy.environments[0]?.approvals.others).toBe(2)
  expect(await refusals()).toMatchObject([
    { sha: second, alone: false },
    { sha: second, alone: true, problems: [expect.stringContaining('`deploy` is not a key')] },
  ])
})

test('what the server’s file allows later is read again, and told only where it is still wrong otherwise', async () => {
  const first = commit(null)
  const process = await start()
  await ride(process, first)
  const up = '{ name: up, http: { url: "http://web-01:8080/up" } }'
  await ride(
    process,
    commit(`pipelines: { api: { environments: [{ name: production, verify: [${up}] }] } }\n`),
  )
  await process.look()
  expect(await refusals()).toHaveLength(1)
  await tellFile(process.policies, { timeZone: 'Europe/Berlin' })
  await process.look()
  expect(await refusals()).toHaveLength(1)
  await tellFile(process.policies, { environments: [environment('live', { was: 'production' })] })
  await process.look()
  expect(await refusals()).toMatchObject([
    { problems: [expect.stringContaining('asks http://web-01:8080')] },
    { problems: [expect.stringContaining('is no environment of the server’s file')] },
  ])
  const fromRepository = { addresses: ['http://web-01:8080'] }
  await tellFile(process.policies, {
    fromRepository,
    environments: [environment('production', { was: 'live' })],
  })
  await process.look()
  expect((await state(process)).policy.environments[0]?.verify).toMatchObject([{ name: 'up' }])
  expect((await kept())?.problems).toEqual([])
  expect((await accepted()).at(-1)).toMatchObject({ file: OWN })
})

test('a process that knows an older file puts the repository’s on the one that was told last', async () => {
  const worker = await start()
  const deploy = { ...environment('production').deploy, run: './another.sh' }
  const approvals = { ...environment('production').approvals, from: ['sre-2'], others: 1 }
  const more = ['eve', 'fay'].map((name) => ({
    name,
    github: name,
    slack: null,
    email: null,
    groups: ['sre-2'],
    active: true,
  }))
  const web = await start({ environments: [environment('production', { deploy, approvals })] }, [
    ...people,
    ...more,
  ])
  commit(
    'pipelines: { api: { environments: [{ name: production, soak: 1s, approvals: { stand_in: [fay] } }] } }\n',
  )
  await worker.look()
  for (const process of [worker, web]) {
    expect((await state(process)).policy.environments[0]).toMatchObject({
      soakMs: 1_000,
      deploy: { run: './another.sh' },
      approvals: { from: ['sre-2'], standIn: ['fay'] },
    })
  }
})

test('no process reads what the file told last does not let it read', async () => {
  const worker = await start()
  await start({ fromRepository: null })
  commit(soaking('1s'))
  await worker.look()
  await worker.policies.read('api', { ok: true, sha: 'c'.repeat(40), text: soaking('1s') })
  expect(await soakOf(worker)).toBe(0)
  expect(await kept()).toBeUndefined()
})

test('without an answer from git nothing changes, and it is asked again after a minute', async () => {
  const process = await start({ repository: join(home, 'nowhere') })
  await process.look()
  expect(await kept()).toBeUndefined()
  git('clone', '--quiet', '--bare', repository, join(home, 'nowhere'))
  commit(soaking('1s'))
  git('push', '--quiet', join(home, 'nowhere'), 'main')
  await process.look()
  expect(await soakOf(process)).toBe(0)
  now += 60_000
  await process.look()
  expect(await soakOf(process)).toBe(1_000)
})

test('what is no plain file is refused, wherever it leads', async () => {
  mkdirSync(join(repository, '.github'))
  symlinkSync('/etc/hostname', join(repository, OWN))
  git('add', '--all')
  git('commit', '--quiet', '-m', 'Lead elsewhere')
  const process = await start()
  await process.look()
  expect((await kept())?.problems).toEqual([`${OWN} is not a plain file`])
})

test('a change that edits it concerns the pipeline, whatever part it ships', async () => {
  const process = await start({ paths: ['services/api'] })
  await merge(process, commit(soaking('1s')))
  expect((await state(process)).changes.map(({ carried }) => carried)).toEqual([true])
})
