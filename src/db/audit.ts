/**
 * The audit: every state change, one row, in the transaction that made it, hash-chained.
 *
 * Invariant: `seq` has no gaps and each hash covers the row before, so an edit, a deletion, a swap
 * or an insertion anywhere is found. One chain per pipeline and one, `system`, for the rest.
 */
import { digest } from '../core/digest.ts'
import type { Tx } from './transaction.ts'

export interface Entry {
  readonly type: string
  readonly actor: string
  readonly at: number
  readonly body: Readonly<Record<string, unknown>>
}

export interface Written extends Entry {
  readonly seq: number
  readonly hash: string
}

const GENESIS = '0'.repeat(64)

const hashOf = (chain: string, seq: number, entry: Entry, previous: string): string =>
  digest({
    chain,
    seq,
    previous,
    type: entry.type,
    actor: entry.actor,
    at: entry.at,
    body: entry.body,
  })

/** Appends entries to a chain whose head row stays locked until the commit: it cannot fork. */
export async function appendAudit(
  tx: Tx,
  chain: string,
  entries: readonly Entry[],
): Promise<readonly Written[]> {
  if (entries.length === 0) return []
  await tx.query(
    `INSERT INTO chains (chain, seq, hash) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING`,
    [chain, GENESIS],
  )
  const { rows } = await tx.query<{ seq: string; hash: string }>(
    `SELECT seq, hash FROM chains WHERE chain = $1 FOR UPDATE`,
    [chain],
  )
  let seq = Number(rows[0]?.seq ?? 0)
  let hash = rows[0]?.hash ?? GENESIS
  const written: Written[] = []
  for (const entry of entries) {
    seq += 1
    const previous = hash
    hash = hashOf(chain, seq, entry, previous)
    await tx.query(
      `INSERT INTO events (chain, seq, at, type, actor, body, prev_hash, hash)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        chain,
        seq,
        new Date(entry.at),
        entry.type,
        entry.actor,
        JSON.stringify(entry.body),
        previous,
        hash,
      ],
    )
    written.push({ ...entry, seq, hash })
  }
  //! failpoint audit.row_written
  await tx.query(`UPDATE chains SET seq = $2, hash = $3 WHERE chain = $1`, [chain, seq, hash])
  return written
}

interface Row {
  readonly seq: string
  readonly at: Date
  readonly type: string
  readonly actor: string
  readonly body: Readonly<Record<string, unknown>>
  readonly prev_hash: string
  readonly hash: string
}

/** Up to `limit` events of a chain after `seq`, in order. */
export async function readAudit(
  tx: Tx,
  chain: string,
  page: { readonly after: number; readonly limit: number },
): Promise<readonly Written[]> {
  const { rows } = await tx.query<Row>(
    `SELECT seq, at, type, actor, body, prev_hash, hash FROM events
      WHERE chain = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
    [chain, page.after, page.limit],
  )
  return rows.map(({ seq, at, type, actor, body, hash }) => ({
    seq: Number(seq),
    at: at.getTime(),
    type,
    actor,
    body,
    hash,
  }))
}

/** Every chain there is: one per pipeline, and `system`. */
export async function chainNames(tx: Tx): Promise<readonly string[]> {
  const { rows } = await tx.query<{ chain: string }>('SELECT chain FROM chains ORDER BY chain')
  return rows.map(({ chain }) => chain)
}

/** The newest `limit` events of a chain, oldest first. */
export async function readLatest(
  tx: Tx,
  chain: string,
  limit: number,
): Promise<readonly Written[]> {
  const { rows } = await tx.query<{ seq: string }>(`SELECT seq FROM chains WHERE chain = $1`, [
    chain,
  ])
  return readAudit(tx, chain, { after: Math.max(0, Number(rows[0]?.seq ?? 0) - limit), limit })
}

export interface Broken {
  readonly chain: string
  readonly seq: number
  readonly why: string
}

/** Recomputes every chain from its first row; names the first bad row of each broken one. */
export async function verifyAudit(tx: Tx): Promise<readonly Broken[]> {
  const { rows: heads } = await tx.query<{
    chain: string
    seq: string | null
    hash: string | null
  }>(
    `SELECT coalesce(c.chain, e.chain) AS chain, c.seq, c.hash
       FROM chains c FULL JOIN (SELECT DISTINCT chain FROM events) e ON e.chain = c.chain ORDER BY 1`,
  )
  const broken: Broken[] = []
  for (const head of heads) {
    const found = await verifyChain(tx, head)
    if (found !== undefined) broken.push(found)
  }
  return broken
}

const PAGE = 1_000

async function verifyChain(
  tx: Tx,
  head: { readonly chain: string; readonly seq: string | null; readonly hash: string | null },
): Promise<Broken | undefined> {
  const { chain } = head
  let previous = GENESIS
  let last = 0
  for (;;) {
    const { rows } = await tx.query<Row>(
      `SELECT seq, at, type, actor, body, prev_hash, hash FROM events
        WHERE chain = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
      [chain, last, PAGE],
    )
    for (const row of rows) {
      const seq = Number(row.seq)
      if (seq !== last + 1) return { chain, seq: last + 1, why: 'the row is missing' }
      const entry = { type: row.type, actor: row.actor, at: row.at.getTime(), body: row.body }
      if (row.prev_hash !== previous)
        return { chain, seq, why: 'it does not follow the row before' }
      if (row.hash !== hashOf(chain, seq, entry, previous)) {
        return { chain, seq, why: 'its content was changed' }
      }
      previous = row.hash
      last = seq
    }
    if (rows.length < PAGE) break
  }
  if (Number(head.seq ?? 0) !== last || (head.hash ?? GENESIS) !== previous) {
    return { chain, seq: last + 1, why: 'rows after the last one were cut off' }
  }
  return undefined
}

/** The names of broken invariants, from the view that must be empty. */
export async function brokenInvariants(
  tx: Tx,
): Promise<readonly { readonly invariant: string; readonly what: string }[]> {
  const { rows } = await tx.query<{ invariant: string; what: string }>(
    `SELECT invariant, what FROM broken_invariants ORDER BY 1, 2`,
  )
  return rows
}
