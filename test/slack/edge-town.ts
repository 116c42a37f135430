/**
 * One pipeline with Slack at both ends: real PostgreSQL, real HTTP, the fake workspace.
 *
 * Invariant: effects are delivered only when a test says so (`settle`, `drain`), so outages can be
 * told as stories. Every story ends with a sound audit.
 */
import type { ServerType } from '@hono/node-server'
import { Hono } from 'hono'
import { expect } from 'vitest'
import { createDispatch, type Dispatch, type Outcome } from '../../src/app/dispatch.ts'
import { createFlagOff } from '../../src/app/flag-off.ts'
import { createLockAll } from '../../src/app/lock-all.ts'
import { createRelay, type Relay } from '../../src/app/relay.ts'
import { createSends } from '../../src/app/send.ts'
import { createTokens } from '../../src/app/tokens.ts'
import { createWatch, type Watch } from '../../src/app/watching.ts'
import { carriesPaths } from '../../src/config/paths.ts'
import { secretOf } from '../../src/config/secret.ts'
import type { Command } from '../../src/core/command.ts'
import { linkedPeople, reservedNames } from '../../src/core/links.ts'
import type { LookUp } from '../../src/core/look-up.ts'
import type { Actor } from '../../src/core/model.ts'
import type { Person, Policy } from '../../src/core/policy.ts'
import { brokenInvariants, verifyAudit } from '../../src/db/audit.ts'
import { readLinked } from '../../src/db/links.ts'
import { type Configured, ensurePipeline, loadPipeline } from '../../src/db/load.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { listen } from '../../src/http/server.ts'
import { createSlackEdge, type SlackEdge, toldInSlack } from '../../src/slack-edge.ts'
import { quiet, type TestDatabase, testDatabase } from '../world/database.ts'
import { askAuthors, change, environment, policy } from '../world/policy.ts'
import { CHANNEL, FakeSlack, type Posted, SIGNING_SECRET } from '../world/slack.ts'

const MACHINE: Actor = { name: 'ci', kind: 'machine', groups: [] }

/** Ana is linked by member id, Bob by e-mail alone; Cem is nobody the configuration knows. */
const PEOPLE: readonly Person[] = [
  { name: 'ana', slack: 'U0ANA', github: 'ana', email: null, groups: [], active: true },
  { name: 'bob', slack: null, github: 'bob', email: 'bob@example.com', groups: [], active: true },
]

export const ANA = 'U0ANA'
export const BOB = 'U0BOB'

const ONE_APPROVAL = environment('production', { approvals: { ...askAuthors, others: 1 } })

/** `socket`: Socket Mode instead of HTTP; `clock`: a virtual one instead of the database's. */
type Opening = Partial<Policy> & {
  readonly socket?: boolean
  readonly clock?: () => number
  /** People besides Ana and Bob. */
  readonly known?: readonly Person[]
}

export class EdgeTown {
  readonly slack: FakeSlack
  readonly database: TestDatabase
  readonly dispatch: Dispatch
  readonly relay: Relay
  private configured: Configured
  private readonly pipelines: Map<string, Configured>
  private readonly edge: SlackEdge
  private readonly clock: (() => number) | null
  private server: ServerType | null = null
  /** What the repository answers about a REF. */
  lookUp: LookUp['ref'] = async () => ({ ok: false, code: 'no_such_ref' })
  private parent: string | null = null

  private constructor(database: TestDatabase, slack: FakeSlack, over: Opening) {
    this.slack = slack
    const { socket = false, clock = null, known = [], ...rules } = over
    this.database = database
    this.clock = clock
    const { pool } = database
    const its = policy({ channel: CHANNEL, environments: [ONE_APPROVAL], ...rules })
    this.configured = {
      policy: its,
      people: [...PEOPLE, ...known],
      carries: (paths, globs) => carriesPaths(globs)(paths),
      ridesAlone: () => false,
    }
    const pipelines = new Map([[its.pipeline, this.configured]])
    this.pipelines = pipelines
    const changed = (): void => {}
    this.dispatch = createDispatch({
      pool,
      pipelines,
      changed,
      clock,
      delivers: (its, effect) => effect.type === 'flag_off' || toldInSlack(its, effect),
    })
    const staging = {
      pool,
      pipelines,
      clock,
      url: 'http://box',
      logOf: (run: string) => `http://box/${run}`,
      pageOf: () => null,
    }
    this.edge = createSlackEdge({
      config: {
        botToken: secretOf('xoxb-of-the-tests-1'),
        signingSecret: socket ? null : secretOf(SIGNING_SECRET),
        appToken: socket ? secretOf('xapp-of-the-tests-1') : null,
        apiUrl: `${slack.url}/api/`,
      },
      staging,
      people: () => this.configured.people,
      dispatch: this.dispatch,
      lockAll: createLockAll({ pool, pipelines, changed, clock }),
      tokens: createTokens(pool),
      logTail: async () => ['Installing', 'Restarting'],
      find: createSends({
        pool,
        pipelines,
        dispatch: this.dispatch,
        lookUp: { ref: (asked) => this.lookUp(asked), merged: async () => null },
        failed: () => {},
      }).find,
      log: quiet,
      rest,
    })
    this.relay = this.anotherRelay()
  }

  static async open(over: Opening = {}): Promise<EdgeTown> {
    const slack = new FakeSlack()
    await slack.start()
    const town = new EdgeTown(await testDatabase(), slack, over)
    await inTransaction(town.database.pool, (tx) => ensurePipeline(tx, town.configured))
    const app = new Hono()
    town.edge.routes(app)
    town.server = await listen(app, { port: 0, host: '127.0.0.1' })
    const address = town.server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    slack.botUrl = `http://127.0.0.1:${address.port}`
    town.edge.start()
    await until('the members are known', async () => (await town.rows('slack_people')) > 0)
    return town
  }

  /** Meets who is linked now, as every process does again and again. */
  async meet(): Promise<readonly Person[]> {
    const known = await inTransaction(this.database.pool, (tx) => readLinked(tx, PEOPLE))
    const reserved = reservedNames(PEOPLE, [this.configured.policy])
    this.configured = {
      ...this.configured,
      people: linkedPeople(PEOPLE, { ...known, reserved }),
    }
    this.pipelines.set(this.configured.policy.pipeline, this.configured)
    return this.configured.people
  }

  /** What this process serves. */
  known(): ReadonlyMap<string, Configured> {
    return this.pipelines
  }

  /** As a second process would have. */
  anotherRelay(): Relay {
    const { pool } = this.database
    const { dispatch, pipelines } = this
    const slack = this.edge.announcing
    const flagOff = createFlagOff({ pool, pipelines, dispatch })
    return createRelay({
      slack,
      mirror: null,
      flagOff,
      retire: null,
      issue: null,
      pool,
      pipelines: () => ['api'],
      log: quiet,
      rest,
    })
  }

  /** The watchdogs of one process. */
  anotherWatch(): Watch {
    const { pool } = this.database
    const { pipelines, clock } = this
    return createWatch({ pool, pipelines, clock, delivers: toldInSlack, log: quiet })
  }

  async close(): Promise<void> {
    const { pool } = this.database
    expect(await inTransaction(pool, brokenInvariants)).toEqual([])
    expect(await inTransaction(pool, verifyAudit)).toEqual([])
    await this.edge.stop()
    this.server?.close()
    await this.slack.stop()
    await this.database.drop()
  }

  async rows(table: 'outbox' | 'slack_people' | 'slack_seen' | 'locks'): Promise<number> {
    const { rows } = await this.database.pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM ${table}`,
    )
    return rows[0]?.n ?? 0
  }

  async waiting(): Promise<number> {
    const { rows } = await this.database.pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM outbox WHERE delivered_at IS NULL AND gave_up_at IS NULL
          AND effect->>'type' <> 'remind'`,
    )
    return rows[0]?.n ?? 0
  }

  /** Delivers until nothing waits. */
  settle(): Promise<void> {
    return until('everything is delivered', async () => {
      await this.relay.drain()
      return (await this.waiting()) === 0
    })
  }

  act(command: Command, actor: Actor = MACHINE): Promise<Outcome> {
    return this.dispatch('api', command, actor)
  }

  /** A change of `author` is merged: the next one on the branch. */
  async merge(name: string, author = 'ana'): Promise<void> {
    const parent = this.parent
    const one = change(name, { author, parent, mergedAt: Date.now() - 60_000 })
    this.parent = one.sha
    await this.act({ type: 'record_change', change: one })
  }

  async pipeline() {
    const load = inTransaction(this.database.pool, (tx) => loadPipeline(tx, this.configured, []))
    return (await load).pipeline
  }

  /** The announcement of a train. */
  root(train = 1): Posted {
    const found = this.slack.roots().find(({ metadata }) => {
      const payload = metadata?.['event_payload'] as { train?: number } | undefined
      return metadata?.['event_type'] === 'signalbox_train' && payload?.train === train
    })
    if (found === undefined) throw new Error(`train #${train} is not announced`)
    return found
  }

  /** The message in a train's thread that has this button. */
  button(action: string, train = 1): Posted {
    const found = this.slack
      .thread(this.root(train).ts)
      .findLast(({ blocks }) => JSON.stringify(blocks).includes(`"${action}"`))
    if (found === undefined) throw new Error(`no message in the thread has ${action}`)
    return found
  }

  /** The number of the newest event of a type. */
  async seqOf(type: string): Promise<number> {
    return (await this.events()).findLastIndex((one) => one.type === type) + 1
  }

  /** Replies in a train's thread that tell an event, alone or among others. */
  telling(seq: number, train = 1): readonly Posted[] {
    return this.slack.thread(this.root(train).ts).filter(({ metadata }) => {
      const told = metadata?.['event_payload'] as { event: number; from: number }
      return told.from <= seq && seq <= told.event
    })
  }

  /** The agent does what waits for it. */
  async deploys(status: 'succeeded' | 'failed' = 'succeeded'): Promise<void> {
    const { deployments } = await this.pipeline()
    for (const { run, epoch, status: its } of deployments) {
      if (its !== 'requested') continue
      const report = { type: 'record_run', run, epoch, reason: null, tail: [] } as const
      await this.act({ type: 'claim_run', run }, AGENT)
      await this.act({ ...report, status: 'running' }, AGENT)
      await this.act({ ...report, status }, AGENT)
    }
  }

  /** What was audited beside the pipelines. */
  async systemEvents(): Promise<readonly { readonly type: string; readonly actor: string }[]> {
    const { rows } = await this.database.pool.query<{ type: string; actor: string }>(
      `SELECT type, actor FROM events WHERE chain = 'system' ORDER BY seq`,
    )
    return rows
  }

  async events(): Promise<readonly { readonly type: string; readonly actor: string }[]> {
    const { rows } = await this.database.pool.query<{ type: string; actor: string }>(
      `SELECT type, actor FROM events WHERE chain = 'api' ORDER BY seq`,
    )
    return rows
  }
}

const AGENT: Actor = { name: 'agent', kind: 'system', groups: [] }

function rest(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** Looks often, for a bounded time. */
export async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const limit = Date.now() + 15_000
  while (!(await holds())) {
    if (Date.now() > limit) throw new Error(`never: ${what}`)
    await new Promise((look) => setTimeout(look, 40))
  }
}
