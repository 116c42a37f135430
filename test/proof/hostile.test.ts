/**
 * Hostile texts through everything that shows, stores or runs something.
 *
 * Invariant: each sink is judged by its reader's own rules: a shell by what it ran, PostgreSQL by
 * what it gives back, Slack by its control characters, a log by its lines.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pino from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAgents } from '../../src/app/agents.ts'
import { createDispatch, type Dispatch } from '../../src/app/dispatch.ts'
import { pipelineState } from '../../src/app/state.ts'
import { board, type StateJson } from '../../src/cli/board.ts'
import { verifyAudit } from '../../src/db/audit.ts'
import { type Configured, ensurePipeline, loadPipeline } from '../../src/db/load.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { titleOf } from '../../src/github/text.ts'
import { parseCommand } from '../../src/http/body.ts'
import { twoStage } from '../../src/playground/gallery/cast.ts'
import { Ride } from '../../src/playground/gallery/ride.ts'
import { announcement } from '../../src/slack/views/announcement.ts'
import { clip, code, command, link, logTail, md, ours } from '../../src/slack/words/mrkdwn.ts'
import { label } from '../../src/slack/words/plain.ts'
import { actor } from '../core/line-story.ts'
import { newBench, newRepository } from '../runs/bench.ts'
import { flawsOf, textsOf } from '../slack/limits.ts'
import { type TestDatabase, testDatabase } from '../world/database.ts'
import { environment, people, policy, sha } from '../world/policy.ts'
import { hostile } from './hostile.ts'
import { measured, randomOf, SEED, size } from './size.ts'

const STRINGS = size({ ci: 1_000, full: 20_000 })
const DEPLOYS = size({ ci: 4, full: 40 })

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

/** What Slack would act on: a control sequence, a formatting character, a line of one's own. */
const RAW = /[<>*`~\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u
const LONE = /&(?!(?:amp|lt|gt);)/

test('in a message of Slack they mention nobody, link nowhere and format nothing', () => {
  const random = randomOf(SEED * 17)
  for (let count = 0; count < STRINGS; count += 1) {
    const text = hostile(random, `canary${count}`)
    for (const shown of [md`${text}`.mrkdwn, clip(text, 300).mrkdwn]) {
      expect(RAW.exec(shown) ?? LONE.exec(shown), text).toBeNull()
    }
    for (const quoted of [code(text).mrkdwn, command(text).mrkdwn]) {
      expect(quoted).toMatch(/^`[^`<>\n]+`$/u)
      expect(LONE.exec(quoted), text).toBeNull()
    }
    const tail = logTail(text.split('\n'), 500).mrkdwn
    expect(tail === '' || /^```\n(?:(?!```)[^<>])*\n```$/u.test(tail), tail).toBe(true)
    expect(link(text, ours('it')).mrkdwn).toBe('it')
    expect(label(text, 75)).not.toMatch(/\p{Cc}/u)
  }
  measured('hostile texts into Slack’s mrkdwn: a mention, a link, a format', `${STRINGS}: 0`)
}, 300_000)

test('an announcement of hostile titles, authors and reasons is one that Slack takes', () => {
  const random = randomOf(SEED * 19)
  const rides = Math.ceil(STRINGS / 40)
  for (let count = 0; count < rides; count += 1) {
    const text = (): string => hostile(random, `canary${count}`)
    const ride = new Ride(twoStage())
    ride.merge('a', { title: titleOf(text()), author: text(), mergedBy: 'cem' })
    ride.merge('b', { title: titleOf(text()), author: 'ana', parent: sha('a'), labels: [text()] })
    ride.act('bob', { type: 'hold', train: 41, reason: text() })
    ride.act('dee', { type: 'stop', reason: text() })
    ride.depart()
    const drawn = announcement(ride.scene(41))
    expect(flawsOf(drawn)).toEqual([])
    for (const shown of [drawn.text, ...textsOf(drawn.blocks)]) {
      expect(shown).not.toMatch(/<!(?!date\^)|<#|<https?:\/\/evil/)
    }
  }
  measured(
    'announcements of hostile titles, names and reasons: refused by Slack’s rules',
    `${rides}: 0`,
  )
}, 300_000)

test('in a log they are one line, and on a terminal they steer nothing', () => {
  const random = randomOf(SEED * 23)
  const lines: string[] = []
  const log = pino({}, { write: (line: string) => lines.push(line) })
  for (let count = 0; count < STRINGS; count += 1) {
    const text = hostile(random, `canary${count}`)
    lines.length = 0
    log.warn({ err: new Error(text), reason: text }, text)
    expect(lines.length).toBe(1)
    expect(lines[0]?.indexOf('\n')).toBe((lines[0]?.length ?? 0) - 1)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 40 })
    if (count % 20 !== 0) continue
    const shown = boardOf(text)
    expect(shown.split('\n').length).toBe(boardOf('plain').split('\n').length)
    expect(shown.replaceAll('\n', '')).not.toMatch(/\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u)
  }
  measured(
    'hostile texts into a log and onto a terminal: a forged line, a control character',
    `${STRINGS}: 0`,
  )
}, 300_000)

function boardOf(text: string): string {
  const ride = new Ride(twoStage())
  ride.merge('a', { title: titleOf(text), author: text })
  ride.act('bob', { type: 'hold', train: 41, reason: text })
  ride.depart()
  const state = { ...pipelineState(ride.pipeline, ride.now), policy_conflict: null }
  return board(state as unknown as StateJson)
}

const CONFIGURED: Configured = {
  policy: policy({ environments: [environment('production')] }),
  people,
  carries: () => true,
  ridesAlone: () => false,
}

async function open(configured: Configured): Promise<Dispatch> {
  const { pool } = database
  await inTransaction(pool, (tx) => ensurePipeline(tx, configured))
  const pipelines = new Map([[configured.policy.pipeline, configured]])
  return createDispatch({ pool, pipelines, changed: () => undefined, clock: null })
}

test('through the API and PostgreSQL they come back as they went in, or are refused by name', async () => {
  const random = randomOf(SEED * 29)
  const strings = Math.ceil(STRINGS / 4)
  const { pool } = database
  const dispatch = await open(CONFIGURED)
  let refused = 0
  for (let count = 0; count < strings; count += 1) {
    const reason = hostile(random, `canary${count}`)
    const body = { type: 'lock', environment: 'production', reason }
    const sent: unknown = JSON.parse(JSON.stringify(body))
    const parsed = parseCommand(sent, { id: `lock-${count}`, now: 0 })
    if (!parsed.ok) {
      expect([parsed.field, /\p{Surrogate}/u.test(reason) || reason.length > 1_000]).toEqual([
        'reason',
        true,
      ])
      refused += 1
      continue
    }
    const outcome = await dispatch('api', parsed.command, actor('ana'))
    expect(outcome.ok).toBe(true)
    const { rows } = await pool.query(`SELECT reason FROM locks`)
    expect(rows).toEqual([{ reason }])
    const { rows: told } = await pool.query(
      `SELECT body->'lock'->>'reason' AS reason FROM events WHERE type = 'locked' ORDER BY seq DESC LIMIT 1`,
    )
    expect(told).toEqual([{ reason }])
    await dispatch('api', { type: 'unlock', environment: 'production', id: null }, actor('ana'))
  }
  expect(await inTransaction(pool, verifyAudit)).toEqual([])
  measured(
    'hostile texts through the API into PostgreSQL and its audit: changed on the way, a fault',
    `${strings} (${refused} refused by name): 0, 0`,
  )
}, 1_800_000)

test('in a real deployment they reach no command line and no variable', async () => {
  const random = randomOf(SEED * 31)
  const repository = newRepository()
  const script = 'env; tr "\\0" " " < /proc/$$/cmdline; git log -1 --format=%H'
  writeFileSync(join(repository.path, 'deploy.sh'), script)
  for (let count = 0; count < DEPLOYS; count += 1) {
    const canary = `canary-of-${count}-x`
    const its = repository.commit(hostile(random, canary).replaceAll(/\p{Surrogate}/gu, ''))
    execFileSync('git', ['-C', repository.path, 'branch', '-f', `a;touch\${IFS}${canary}`])
    const where = environment('production', {
      deploy: {
        ...(CONFIGURED.policy.environments[0]?.deploy ?? {
          in: null,
          timeoutMs: 1,
          silenceTimeoutMs: null,
        }),
        run: 'sh deploy.sh',
      },
    })
    const pipeline = `shop-${count}`
    const configured: Configured = {
      ...CONFIGURED,
      policy: policy({
        pipeline,
        repository: repository.path,
        branch: `main-${count}`,
        environments: [where],
      }),
    }
    const dispatch = await open(configured)
    const text = (): string => titleOf(hostile(random, canary))
    const facts = { sha: its, title: text(), author: text(), labels: [text()], mergedAt: 1 }
    const open_ = {
      number: 7,
      coAuthors: [text()],
      mergedBy: text(),
      parent: null,
      lines: 1,
      paths: [text()],
    }
    const change = {
      ...facts,
      ...open_,
      reverts: null,
      carried: true,
      alone: false,
      watched: [],
      migrates: false,
      contracts: false,
    }
    await dispatch(pipeline, { type: 'record_change', change }, actor('ci'))
    const depart = { train: null, ref: null, environment: null, plan: null }
    await dispatch(
      pipeline,
      { type: 'depart', ...depart },
      { name: text(), kind: 'person', groups: [text()] },
    )
    const agents = createAgents({
      pool: database.pool,
      dispatch,
      pipelines: new Map([[pipeline, configured]]),
      setAside: async () => undefined,
    })
    const polled = { agent: 'embedded', instance: pipeline, runs: [], draining: false, waitMs: 0 }
    const [order] = (await agents.look(polled)).claims
    if (order === undefined) throw new Error('nothing was started')
    expect(JSON.stringify(order)).not.toContain(canary)
    const bench = newBench()
    const ended = await bench.run(order)
    expect(ended).toMatchObject({ outcome: 'succeeded' })
    const said = readFileSync(join(bench.home, 'runs', `${order.run}.log`), 'utf8')
    expect(said).toContain(`SIGNALBOX_SHA=${its}`)
    expect(said).toContain(its)
    expect(said).not.toContain(canary)
    for (const folder of [bench.home, repository.path, process.cwd()]) {
      expect(readdirSync(folder).some((file) => file.includes(canary))).toBe(false)
    }
    expect(existsSync(join(bench.home, canary))).toBe(false)
    const { pipeline: after } = await inTransaction(database.pool, (tx) =>
      loadPipeline(tx, configured, []),
    )
    expect(after.changes[0]?.title).toBe(facts.title)
  }
  measured(
    'real deployments of hostile titles, people and branches: a canary in a command line, a variable, a file',
    `${DEPLOYS}: 0`,
  )
}, 600_000)
