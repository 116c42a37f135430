/**
 * The outbox: effects that wait for delivery, lane by lane.
 *
 * Invariant: a row is written in the transaction of its event, and nothing outside is called while
 * a transaction is open. A lane has one holder at a time; an announcement or mirror that a newer
 * event touched during its delivery stays waiting.
 */
import type { Effect } from '../core/effect.ts'
import type { Tx } from './transaction.ts'

export interface Waiting {
  readonly id: number
  readonly pipeline: string
  readonly train: number | null
  readonly lane: string
  readonly effect: Effect
  readonly seq: number
  readonly createdAt: number
  readonly dueAt: number
  readonly attempts: number
  readonly unsure: boolean
  /** The database's clock when it was read. */
  readonly now: number
}

export interface NewEffect {
  readonly pipeline: string
  readonly train: number | null
  readonly lane: string
  readonly effect: Effect
  readonly seq: number
  readonly delayMs: number
}

/** What shows the present, whenever it is delivered. */
const SHOWN: readonly Effect['type'][] = ['announce', 'mirror', 'migration', 'issue']

/**
 * Adds an effect; one that waits and will show the present anyway takes the newer event instead:
 * the announcement of the same train, the mirror of the same deployment, the card of the same
 * migration. What is drawn anew without
 * an event (`seq` 0) makes it due a millisecond later: whoever delivers it now sees that by this.
 */
export async function putEffect(tx: Tx, one: NewEffect): Promise<void> {
  const isShown = one.effect.type !== 'announce' && SHOWN.includes(one.effect.type)
  if (isShown && (await isTakenOver(tx, one))) return
  await tx.query(
    `INSERT INTO outbox (pipeline, train, lane, effect, seq, due_at)
     VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6 * interval '1 ms')
     ON CONFLICT (pipeline, train) WHERE effect->>'type' = 'announce'
       AND delivered_at IS NULL AND gave_up_at IS NULL
     DO UPDATE SET seq = greatest(outbox.seq, EXCLUDED.seq),
       due_at = CASE WHEN EXCLUDED.seq = 0 THEN outbox.due_at + interval '1 ms'
                     ELSE outbox.due_at END`,
    [one.pipeline, one.train, one.lane, JSON.stringify(one.effect), one.seq, one.delayMs],
  )
}

/** Adds an effect unless its lane was ever used: what is done once, whoever asks for it again. */
export async function putOnce(tx: Tx, one: NewEffect): Promise<void> {
  const { rows } = await tx.query(`SELECT 1 FROM outbox WHERE lane = $1 LIMIT 1`, [one.lane])
  if (rows.length === 0) await putEffect(tx, one)
}

/** Puts of one pipeline never meet: each holds its row. */
async function isTakenOver(tx: Tx, { lane, effect, seq }: NewEffect): Promise<boolean> {
  const { rowCount } = await tx.query(
    `UPDATE outbox SET seq = greatest(seq, $3)
      WHERE lane = $1 AND effect = $2 AND delivered_at IS NULL AND gave_up_at IS NULL`,
    [lane, JSON.stringify(effect), seq],
  )
  return (rowCount ?? 0) > 0
}

/** Lanes whose first waiting row is due, of these pipelines, not held by anybody. */
export async function dueLanes(tx: Tx, pipelines: readonly string[]): Promise<readonly string[]> {
  const { rows } = await tx.query<{ lane: string }>(
    `SELECT h.lane FROM (
       SELECT DISTINCT ON (lane) lane, pipeline, due_at FROM outbox
        WHERE delivered_at IS NULL AND gave_up_at IS NULL ORDER BY lane, id) h
       LEFT JOIN outbox_lanes l ON l.lane = h.lane AND l.until > clock_timestamp()
      WHERE h.due_at <= clock_timestamp() AND l.lane IS NULL AND h.pipeline = ANY($1::text[])
      ORDER BY h.due_at`,
    [pipelines],
  )
  return rows.map(({ lane }) => lane)
}

/** Takes or keeps a lane; false: somebody else holds it. */
export async function holdLane(
  tx: Tx,
  {
    lane,
    holder,
    leaseMs,
  }: { readonly lane: string; readonly holder: string; readonly leaseMs: number },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `INSERT INTO outbox_lanes (lane, holder, until)
     VALUES ($1, $2, clock_timestamp() + $3 * interval '1 ms')
     ON CONFLICT (lane) DO UPDATE SET holder = EXCLUDED.holder, until = EXCLUDED.until
      WHERE outbox_lanes.holder = EXCLUDED.holder OR outbox_lanes.until <= clock_timestamp()`,
    [lane, holder, leaseMs],
  )
  return rowCount === 1
}

export async function leaveLane(tx: Tx, lane: string, holder: string): Promise<void> {
  await tx.query(`DELETE FROM outbox_lanes WHERE lane = $1 AND holder = $2`, [lane, holder])
}

const AHEAD_MAX = 200

/** A lane's waiting rows in order, as many as one catch-up can tell. */
export async function waitingIn(tx: Tx, lane: string): Promise<readonly Waiting[]> {
  const { rows } = await tx.query<
    Omit<Waiting, 'id' | 'seq' | 'createdAt' | 'dueAt' | 'now'> & {
      id: string
      seq: string
      created_at: Date
      due_at: Date
      now: Date
    }
  >(
    `SELECT id, pipeline, train, lane, effect, seq, created_at, due_at, attempts, unsure,
            clock_timestamp() AS now
       FROM outbox WHERE lane = $1 AND delivered_at IS NULL AND gave_up_at IS NULL
      ORDER BY id LIMIT ${AHEAD_MAX}`,
    [lane],
  )
  return rows.map(({ id, seq, created_at, due_at, now, ...row }) => ({
    ...row,
    id: Number(id),
    seq: Number(seq),
    createdAt: created_at.getTime(),
    dueAt: due_at.getTime(),
    now: now.getTime(),
  }))
}

/** Before the call: from here on, a crash leaves it in doubt. */
export async function beginAttempt(tx: Tx, ids: readonly number[]): Promise<void> {
  await tx.query(
    `UPDATE outbox SET attempts = attempts + 1, unsure = true WHERE id = ANY($1::bigint[])`,
    [ids],
  )
}

/** Delivered, unless it was touched meanwhile: then the row waits again, all sure. */
export async function settleDelivered(
  tx: Tx,
  rows: readonly Pick<Waiting, 'id' | 'seq' | 'dueAt'>[],
): Promise<void> {
  for (const { id, seq, dueAt } of rows) {
    await tx.query(
      `UPDATE outbox
          SET delivered_at = CASE WHEN seq = $2 AND due_at = $3 THEN clock_timestamp() END,
              attempts = CASE WHEN seq = $2 AND due_at = $3 THEN attempts ELSE 0 END,
              unsure = false, last_error = NULL
        WHERE id = $1`,
      [id, seq, new Date(dueAt)],
    )
  }
}

export interface Postponed {
  readonly ids: readonly number[]
  readonly delayMs: number
  /** True when the attempt may have taken effect. */
  readonly unsure: boolean
  readonly error: string | null
  /** False: nothing was tried, so it does not count. */
  readonly counts: boolean
}

export async function postpone(tx: Tx, one: Postponed): Promise<void> {
  await tx.query(
    `UPDATE outbox SET due_at = clock_timestamp() + $2 * interval '1 ms', unsure = $3,
            last_error = coalesce($4, last_error), attempts = attempts - $5
      WHERE id = ANY($1::bigint[])`,
    [one.ids, one.delayMs, one.unsure, one.error, one.counts ? 0 : 1],
  )
}

export async function giveUp(tx: Tx, id: number, error: string): Promise<void> {
  await tx.query(
    `UPDATE outbox SET gave_up_at = clock_timestamp(), last_error = $2 WHERE id = $1`,
    [id, error],
  )
}

/** What waits or was given up, for `doctor`: counts, the oldest, and the latest complaint. */
export async function outboxHealth(tx: Tx): Promise<{
  readonly waiting: number
  readonly oldestMs: number
  readonly gaveUp: number
  readonly lastError: string | null
}> {
  const { rows } = await tx.query<{
    waiting: number
    oldest: string | null
    gave_up: number
    last_error: string | null
  }>(
    `SELECT count(*) FILTER (WHERE w)::int AS waiting,
            floor(extract(epoch FROM clock_timestamp() - min(due_at) FILTER (WHERE w)) * 1000)
              AS oldest,
            count(*) FILTER (WHERE gave_up_at > clock_timestamp() - interval '1 day')::int
              AS gave_up,
            (SELECT last_error FROM outbox WHERE last_error IS NOT NULL AND delivered_at IS NULL
              ORDER BY id DESC LIMIT 1) AS last_error
       FROM (SELECT *, delivered_at IS NULL AND gave_up_at IS NULL
                       AND due_at <= clock_timestamp() AS w FROM outbox) o`,
  )
  const row = rows[0]
  return {
    waiting: row?.waiting ?? 0,
    oldestMs: Number(row?.oldest ?? 0),
    gaveUp: row?.gave_up ?? 0,
    lastError: row?.last_error ?? null,
  }
}

/** Forgets what is delivered for 30 days, and requests no longer repeatable. */
export async function purgeOutbox(tx: Tx): Promise<void> {
  await tx.query(
    `DELETE FROM outbox
      WHERE coalesce(delivered_at, gave_up_at) < clock_timestamp() - interval '30 days'`,
  )
  await tx.query(`DELETE FROM outbox_lanes WHERE until < clock_timestamp() - interval '1 hour'`)
  await tx.query(`DELETE FROM slack_seen WHERE at < clock_timestamp() - interval '10 minutes'`)
  await tx.query(`DELETE FROM slack_previews WHERE at < clock_timestamp() - interval '1 day'`)
}
