/**
 * The relay: delivers what waits in the outbox, lane by lane.
 *
 * Invariant: within a lane in order and by one process at a time; a lane in trouble keeps no other
 * waiting, and a killed process's lanes are taken over within seconds. Deciding never waits for
 * this: Slack may be slow, limited or gone.
 */
import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { SYSTEM } from '../core/system.ts'
import { appendAudit } from '../db/audit.ts'
import {
  beginAttempt,
  dueLanes,
  giveUp,
  holdLane,
  leaveLane,
  postpone,
  purgeOutbox,
  settleDelivered,
  type Waiting,
  waitingIn,
} from '../db/outbox.ts'
import { inTransaction, type Pool } from '../db/transaction.ts'
import { GithubBusy } from '../github/busy.ts'
import { isAway } from '../github/client.ts'
import { SlackFault } from '../slack/fault.ts'
import { LEASE_MS, type Lease, LeaseLost, underLease } from './lease.ts'
import { fenced, type Performing, perform } from './perform.ts'

export interface Relaying extends Performing {
  readonly pool: Pool
  /** The pipelines whose effects this process delivers: a reload may change them. */
  readonly pipelines: () => readonly string[]
  readonly log: Logger
  readonly rest: (ms: number, signal: AbortSignal) => Promise<void>
}

const LANES_AT_ONCE = 6
/** Narrations older than this are told together. */
const LATE_MS = 10 * 60_000
const BACKOFF_MS_MAX = 30_000
/** What GitHub does not take is tried this often, then given up. */
const ATTEMPTS_MAX = 12
/** What could not even be asked is kept for longer than an outage lasts. */
const AWAY_MS_MAX = 7 * 24 * 60 * 60_000
const LOOK_MS = 1_000
const PURGE_MS = 10 * 60_000

export interface Relay {
  /** Delivers everything that is due now. */
  readonly drain: () => Promise<void>
  /** Delivers until the signal aborts. */
  readonly run: (signal: AbortSignal) => Promise<void>
}

export function createRelay(relaying: Relaying): Relay {
  const holder = randomUUID()
  const kept = new Set<string>()
  const drain = async (): Promise<void> => {
    // Else it would wait for our own lease, long after the database is back.
    for (const lane of kept) {
      await inTransaction(relaying.pool, (tx) => leaveLane(tx, lane, holder))
      kept.delete(lane)
    }
    const lanes = [
      ...(await inTransaction(relaying.pool, (tx) => dueLanes(tx, relaying.pipelines()))),
    ]
    const worker = async (): Promise<void> => {
      for (let lane = lanes.shift(); lane !== undefined; lane = lanes.shift()) {
        await drainLane(relaying, lane, { holder, kept })
      }
    }
    await Promise.all(Array.from({ length: LANES_AT_ONCE }, worker))
  }
  return { drain, run: (signal) => runRelay(relaying, drain, signal) }
}

async function runRelay(
  { pool, log, rest }: Relaying,
  drain: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let purgeAt = performance.now()
  while (!signal.aborted) {
    try {
      await drain()
      if (performance.now() >= purgeAt) {
        purgeAt = performance.now() + PURGE_MS
        await inTransaction(pool, purgeOutbox)
      }
    } catch (fault) {
      log.warn({ err: fault }, 'the outbox could not be drained; the next look tries again')
    }
    await rest(LOOK_MS, signal)
  }
}

interface Holding {
  readonly holder: string
  /** Lanes that we could not leave: the database was away. */
  readonly kept: Set<string>
}

async function drainLane(
  relaying: Relaying,
  lane: string,
  { holder, kept }: Holding,
): Promise<void> {
  const { pool, log } = relaying
  const failed = (fault: unknown): void =>
    log.warn({ err: fault, lane }, 'a lane of the outbox could not be drained')
  const renew = () => inTransaction(pool, (tx) => holdLane(tx, { lane, holder, leaseMs: LEASE_MS }))
  try {
    await underLease({ renew, failed }, async (lease) => {
      while (await lease.renew()) {
        const batch = batchOf(await inTransaction(pool, (tx) => waitingIn(tx, lane)))
        //! failpoint outbox.lane_held
        if (batch === null || !(await deliver(relaying, batch, lease))) break
      }
    })
  } catch (fault) {
    failed(fault)
  } finally {
    await inTransaction(pool, (tx) => leaveLane(tx, lane, holder)).catch((fault: unknown) => {
      kept.add(lane)
      log.warn({ err: fault, lane }, 'a lane could not be left; it is left with the next look')
    })
  }
}

type Batch = readonly [Waiting, ...Waiting[]]

/** The next row that is due; with a late narration, every late one. */
function batchOf(rows: readonly Waiting[]): Batch | null {
  const [head] = rows
  if (head === undefined || head.dueAt > head.now) return null
  const isLate = ({ effect, createdAt, now }: Waiting): boolean =>
    effect.type === 'narrate' && now - createdAt > LATE_MS
  return isLate(head) ? [head, ...rows.slice(1).filter(isLate)] : [head]
}

/** One attempt; true: the lane may go on. */
async function deliver(relaying: Relaying, batch: Batch, lease: Lease): Promise<boolean> {
  const { pool } = relaying
  const ids = batch.map(({ id }) => id)
  const [head] = batch
  await inTransaction(pool, (tx) => beginAttempt(tx, ids))
  try {
    //! failpoint outbox.attempt_begun (head.effect.type)
    const delivery = await perform(fenced(relaying, lease.assertHeld), batch)
    //! failpoint outbox.effect_sent (head.effect.type)
    await inTransaction(pool, (tx) =>
      delivery.done
        ? settleDelivered(tx, batch)
        : postpone(tx, {
            ids,
            delayMs: delivery.laterMs,
            unsure: head.unsure,
            error: null,
            counts: false,
          }),
    )
    //! failpoint outbox.settled (head.effect.type)
    return delivery.done
  } catch (fault) {
    if (fault instanceof LeaseLost) throw fault
    return stumble(relaying, batch, fault)
  }
}

/** What a fault means for the lane: wait, or give the row up and go on. */
async function stumble(relaying: Relaying, batch: Batch, fault: unknown): Promise<boolean> {
  const { pool, log } = relaying
  const [head] = batch
  const ids = batch.map(({ id }) => id)
  const slack = fault instanceof SlackFault ? fault : null
  const error = fault instanceof Error ? fault.message : String(fault)
  if (isFinal(head, fault)) {
    log.error(
      { err: fault, effect: head.effect, pipeline: head.pipeline },
      'a delivery is given up',
    )
    await inTransaction(pool, async (tx) => {
      for (const { id, effect, seq, pipeline } of batch) {
        const at = (
          await tx.query<{ now: Date }>(`SELECT clock_timestamp()::timestamptz(3) AS now`)
        ).rows[0]
        const body = { effect, of: seq, error }
        const entry = { type: 'delivery_failed', actor: SYSTEM, at: at?.now.getTime() ?? 0, body }
        await appendAudit(tx, pipeline, [entry])
        await giveUp(tx, id, error)
      }
    })
    return true
  }
  const asked = askedToWait(fault)
  const delayMs = asked ?? backoff(head.attempts)
  if (head.attempts < 3 || head.attempts % 20 === 0) {
    log.warn({ pipeline: head.pipeline, effect: head.effect.type, error }, 'a delivery has to wait')
  }
  const unsure = batch.some((row) => row.unsure) || slack === null || slack.kind === 'lost'
  await inTransaction(pool, (tx) =>
    postpone(tx, { ids, delayMs, unsure, error, counts: asked === null }),
  )
  return false
}

/** No more attempts: it was refused for good, or it has waited long enough. */
function isFinal({ attempts, createdAt, now }: Waiting, fault: unknown): boolean {
  if (fault instanceof SlackFault) return isNo(fault)
  return isAway(fault) ? now - createdAt > AWAY_MS_MAX : attempts + 1 >= ATTEMPTS_MAX
}

/** How long the other side wants to be left alone; null: it did not say. */
function askedToWait(fault: unknown): number | null {
  if (fault instanceof GithubBusy) return fault.forMs()
  return fault instanceof SlackFault && fault.kind === 'limited' ? fault.retryAfterMs : null
}

/** A person can mend what is `shut`; a message that is `gone` is posted anew. */
const isNo = ({ kind }: SlackFault): boolean => kind === 'refused' || kind === 'blocks'

/** Doubles, up to half a minute, and spreads: many lanes fail at the same moment. */
const backoff = (attempts: number): number =>
  Math.min(BACKOFF_MS_MAX, 500 * 2 ** Math.min(attempts, 10)) * (0.5 + Math.random() / 2)
