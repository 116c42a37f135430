/**
 * The watchdogs at work: each concern that stands is told once, to whoever can act.
 *
 * Invariant: the row that says it was told is written in the transaction of its audit row and its
 * effects, under the pipeline's lock: however many processes look, and whenever one dies, it is told
 * once. Looking decides nothing.
 */
import type { Logger } from 'pino'
import type { Effect } from '../core/effect.ts'
import type { Pipeline } from '../core/model.ts'
import type { Policy } from '../core/policy.ts'
import { SYSTEM } from '../core/system.ts'
import type { Concern } from '../core/watch/concern.ts'
import { concernsOf } from '../core/watch.ts'
import { appendAudit } from '../db/audit.ts'
import { type Configured, loadPipeline } from '../db/load.ts'
import { putEffect } from '../db/outbox.ts'
import { activeMembers } from '../db/slack-people.ts'
import { inTransaction, type Pool, type Tx } from '../db/transaction.ts'
import { endConcerns, loadHistory, noteConcern, takeWatch } from '../db/watch.ts'
import { withMemberIds } from '../slack/member.ts'
import { isReached } from '../slack/views/concern.ts'
import { type Delivers, laneOf } from './outgoing.ts'

/** Nothing that is watched is a matter of seconds. */
const EVERY_MS = 10_000

/** All pipelines at once: the one lock on everything is nobody's own. */
const EVERYWHERE = ''

export interface Watching {
  readonly pool: Pool
  readonly pipelines: ReadonlyMap<string, Configured>
  /** The virtual clock of tests; null: the database's. */
  readonly clock: (() => number) | null
  readonly delivers: Delivers
  readonly log: Logger
}

export interface Watch {
  /** Looks at every pipeline of which the look is due. */
  readonly look: () => Promise<void>
  /** Looks at one now; answers what was told. */
  readonly lookAt: (pipeline: string) => Promise<readonly Concern[]>
}

export function createWatch(watching: Watching): Watch {
  const { pool, pipelines, log } = watching
  const lookAt = async (name: string): Promise<readonly Concern[]> => {
    const configured = pipelines.get(name)
    if (configured === undefined) return []
    const told = await inTransaction(pool, (tx) => lookOnce(tx, watching, configured))
    for (const { kind, says } of told) log.warn({ pipeline: name, kind }, says)
    return told
  }
  return {
    lookAt,
    look: async () => {
      const due = { names: [...pipelines.keys()], everyMs: EVERY_MS }
      for (const name of await inTransaction(pool, (tx) => takeWatch(tx, due))) {
        try {
          await lookAt(name)
        } catch (fault) {
          log.error({ err: fault, pipeline: name }, 'a pipeline could not be watched')
        }
      }
    },
  }
}

async function lookOnce(
  tx: Tx,
  watching: Watching,
  configured: Configured,
): Promise<readonly Concern[]> {
  const { clock, delivers } = watching
  const loaded = await loadPipeline(tx, configured, [])
  const people = withMemberIds(loaded.pipeline.people, await activeMembers(tx))
  const pipeline = { ...loaded.pipeline, people }
  const now = clock?.() ?? loaded.now
  const standing = concernsOf(pipeline, await loadHistory(tx, pipeline.name), now)
  const fresh: Concern[] = []
  for (const concern of standing) {
    if (isLeftToAnother(watching, pipeline, concern)) continue
    if (await noteConcern(tx, placeOf(pipeline, concern), concern)) fresh.push(concern)
  }
  await endConcerns(tx, pipeline.name, standing)
  if (pipeline.lockAll === null) await endConcerns(tx, EVERYWHERE, [])
  for (const concern of fresh) await tell(tx, { pipeline, concern, now, delivers })
  return fresh
}

const placeOf = ({ name, lockAll }: Pipeline, { kind, about }: Concern): string =>
  kind === 'lock' && about === lockAll?.id ? EVERYWHERE : name

/** What stands everywhere is not noted as told where nobody would hear it, if elsewhere somebody does. */
function isLeftToAnother(
  { pipelines, delivers }: Watching,
  pipeline: Pipeline,
  concern: Concern,
): boolean {
  if (placeOf(pipeline, concern) !== EVERYWHERE) return false
  const { kind, about } = concern
  const isHeard = (policy: Policy): boolean =>
    policy.watch.lockMs !== null && delivers(policy, { type: 'concern', kind, about, person: null })
  return !isHeard(pipeline.policy) && [...pipelines.values()].some(({ policy }) => isHeard(policy))
}

async function tell(
  tx: Tx,
  {
    pipeline,
    concern,
    now,
    delivers,
  }: {
    readonly pipeline: Pipeline
    readonly concern: Concern
    readonly now: number
    readonly delivers: Delivers
  },
): Promise<void> {
  const { kind, about, train } = concern
  const entry = { type: 'concern_told', actor: SYSTEM, at: now, body: { ...concern } }
  const [written] = await appendAudit(tx, pipeline.name, [entry])
  for (const person of tellees(pipeline, concern)) {
    const effect: Effect = { type: 'concern', kind, about, person }
    if (!delivers(pipeline.policy, effect)) continue
    const lane = laneOf(pipeline.name, train, effect)
    const one = { pipeline: pipeline.name, train, lane, effect, seq: written?.seq ?? 0 }
    await putEffect(tx, { ...one, delayMs: 0 })
  }
}

/** Those who are told in person; null: the thread or the channel, also for whom Slack cannot reach. */
function tellees(pipeline: Pipeline, { to }: Concern): readonly (string | null)[] {
  if (to.at !== 'direct') return [null]
  const reached = to.people.filter((name) => isReached(pipeline, name))
  return reached.length === to.people.length && reached.length > 0 ? reached : [...reached, null]
}
