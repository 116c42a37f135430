/**
 * Two dispatchers on one database, each with a pool of its own, interleaved by the seed.
 *
 * Invariant: every query waits for its turn; who got the pipeline's row first is read from the
 * queries, and the core is asked in that order.
 */
import { createDispatch, type Outcome } from '../../src/app/dispatch.ts'
import { decide } from '../../src/core/decide.ts'
import { canonical } from '../../src/core/digest.ts'
import type { Lock, Pipeline } from '../../src/core/model.ts'
import { type Configured, ensurePipeline } from '../../src/db/load.ts'
import { inTransaction, type Pool } from '../../src/db/transaction.ts'
import type { History } from '../sim/history.ts'
import { PEOPLE, POLICIES } from '../sim/policies.ts'
import type { Asked } from '../sim/store.ts'
import type { TestDatabase } from '../world/database.ts'
import { emptyPipeline } from '../world/policy.ts'
import { below, type Random, randomOf } from './size.ts'

type Command = Extract<Asked, { command: unknown }>

export interface Town {
  readonly database: TestDatabase
  readonly random: Random
  readonly pools: readonly Pool[]
  configured: Configured
  /** The core's own account. */
  model: Pipeline
}

/** An empty installation with the history's policy. */
export async function begin(
  database: TestDatabase,
  pools: readonly Pool[],
  history: History,
): Promise<Town> {
  await clean(database)
  const [first] = POLICIES
  const policy = POLICIES[history.policy % POLICIES.length] ?? first
  if (policy === undefined) throw new Error('there are no policies')
  const configured: Configured = {
    policy,
    people: PEOPLE,
    carries: () => true,
    ridesAlone: (change) => change.labels.includes('solo'),
  }
  await inTransaction(database.pool, (tx) => ensurePipeline(tx, configured))
  return {
    ...{ database, pools, configured, random: randomOf(history.seed) },
    model: { ...emptyPipeline(policy), people: PEOPLE },
  }
}

/**
 * The audit refuses to be emptied; whoever owns the database can switch that off. A few rows are
 * deleted sooner than their tables truncated, after which every connection reads its catalog anew.
 */
async function clean({ pool }: TestDatabase): Promise<void> {
  await pool.query(`
    DO $$ BEGIN
      SET LOCAL session_replication_role = replica;
      EXECUTE (SELECT string_agg('DELETE FROM ' || quote_ident(tablename), '; ')
                 FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_migrations');
      INSERT INTO lock_all DEFAULT VALUES;
    END $$`)
}

/** Asks everything, in groups of up to four at once; answers how many were not asked alone. */
export async function askTogether(town: Town, asked: readonly Asked[]): Promise<number> {
  let together = 0
  for (let index = 0; index < asked.length; ) {
    const next = asked[index]
    if (next === undefined) break
    if ('set' in next) {
      await set(town, next.set)
      index += 1
      continue
    }
    const most = asked.slice(index, index + 1 + below(town.random, 4))
    const until = most.findIndex((one) => 'set' in one)
    const group = (until < 0 ? most : most.slice(0, until)) as readonly Command[]
    await askGroup(town, group)
    if (group.length > 1) together += group.length
    index += group.length
  }
  return together
}

async function set(town: Town, its: Extract<Asked, { set: unknown }>['set']): Promise<void> {
  const { policy, people, lockAll } = its
  const { configured } = town
  town.configured = {
    ...configured,
    policy: policy ?? configured.policy,
    people: people ?? configured.people,
  }
  if (lockAll !== undefined) await setLockAll(town, lockAll)
  town.model = { ...town.model, ...its }
}

async function setLockAll({ database }: Town, lock: Lock | null): Promise<void> {
  const time = (ms: number | null | undefined): Date | null => (ms == null ? null : new Date(ms))
  await database.pool.query(
    `UPDATE lock_all SET id = $1, by_name = $2, reason = $3, since = $4, expires = $5`,
    [lock?.id, lock?.by, lock?.reason, time(lock?.since), time(lock?.expires)],
  )
}

async function askGroup(town: Town, group: readonly Command[]): Promise<void> {
  const now = Math.round(group[0]?.at ?? 0)
  const { name } = town.model
  const order: number[] = []
  const turns = new Turns(town.random)
  const outcomes = await Promise.all(
    group.map(({ command, actor }, index) => {
      const pool = town.pools[index % town.pools.length]
      if (pool === undefined) throw new Error('there is no pool')
      const dispatch = createDispatch({
        pool: turned(pool, turns, () => order.push(index)),
        pipelines: new Map([[name, town.configured]]),
        changed: () => undefined,
        clock: () => now,
      })
      return dispatch(name, command, actor)
    }),
  )
  for (const index of order) {
    const [asked, outcome] = [group[index], outcomes[index]]
    if (asked === undefined || outcome === undefined) continue
    const decision = decide(town.model, asked.command, { actor: asked.actor, now })
    const [here, there] = [told(decision), told(outcome)]
    if (here !== there && !isForgotten(asked, here, { there: outcome, model: town.model })) {
      throw new Error(`${asked.command.type} by ${asked.actor.name}:\n${there}\nand not\n${here}`)
    }
    if (decision.ok) town.model = decision.pipeline
  }
}

/**
 * What is over is not loaded any more: that a report of its run is late is no news either way, nor
 * that a special train which was cancelled is on the branch by now.
 */
function isForgotten(
  { command }: Command,
  here: string,
  { there, model }: { readonly there: Outcome; readonly model: Pipeline },
): boolean {
  switch (command.type) {
    case 'record_run':
    case 'record_verification':
      return here === '' && !there.ok && there.refusal.code === 'no_such_run'
    case 'record_merged': {
      const its = model.trains.find(({ number }) => number === command.train)
      return its?.status === 'cancelled' && there.ok && there.events.length === 0
    }
    default:
      return false
  }
}

/** What was decided, a line each; several words of one moment have no order among themselves. */
function told(outcome: Outcome | ReturnType<typeof decide>): string {
  if (!outcome.ok) return `refused: ${canonical(outcome.refusal)}`
  return outcome.events
    .map((one) => ('event' in one ? one.event : { type: one.type, ...one.body }))
    .map(canonical)
    .sort()
    .join('\n')
}

/** Whose query is next, by the seed. */
class Turns {
  private readonly waiting: (() => void)[] = []
  private readonly random: Random

  constructor(random: Random) {
    this.random = random
  }

  next(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve)
      setImmediate(() => {
        const [one] = this.waiting.splice(below(this.random, this.waiting.length), 1)
        one?.()
      })
    })
  }
}

/** The pool, each query of which waits for its turn; told when the pipeline's row was got. */
function turned(pool: Pool, turns: Turns, got: () => void): Pool {
  const connect = async () => {
    const client = await pool.connect()
    const query = async (text: string, values: unknown[]) => {
      await turns.next()
      const answer = await client.query({ name: nameOf(text), text, values })
      if (/FROM pipelines WHERE name = \$1 FOR UPDATE/.test(text)) got()
      return answer
    }
    return { query, release: (fault?: Error | boolean) => client.release(fault) }
  }
  return { connect } as unknown as Pool
}

const names = new Map<string, string>()

/** Each statement is planned once by a connection, for one history asks the same as another. */
function nameOf(text: string): string {
  const name = names.get(text) ?? `statement ${names.size}`
  names.set(text, name)
  return name
}
