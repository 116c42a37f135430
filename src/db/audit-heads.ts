/**
 * The heads of the audit's chains, to be kept where whoever owns the database cannot write.
 *
 * Invariant: a chain is only ever appended to, so the row of a head that was once written down is
 * still there, with the same hash; and that hash covers every row before it.
 */
import type { Broken } from './audit.ts'
import type { Tx } from './transaction.ts'

/** The newest row of a chain, as it stood at some moment. */
export interface Head {
  readonly chain: string
  readonly seq: number
  /** SHA-256 in hex, of this row and so of every row before it. */
  readonly hash: string
}

const FORM = /^(?<chain>[a-z0-9-]+):(?<seq>[1-9][0-9]{0,14}):(?<hash>[0-9a-f]{64})$/

/** `api:1234:9f86…`: one word, for a line of a log, a mail or a notebook. */
export const headText = ({ chain, seq, hash }: Head): string => `${chain}:${seq}:${hash}`

/** The same read back; undefined: it is none. */
export function parseHead(text: string): Head | undefined {
  const found = FORM.exec(text)?.groups
  if (found === undefined) return undefined
  const { chain = '', seq = '', hash = '' } = found
  return { chain, seq: Number(seq), hash }
}

/** The head of every chain that has a row. */
export async function auditHeads(tx: Tx): Promise<readonly Head[]> {
  const { rows } = await tx.query<{ chain: string; seq: string; hash: string }>(
    `SELECT chain, seq, hash FROM chains WHERE seq > 0 ORDER BY chain`,
  )
  return rows.map(({ chain, seq, hash }) => ({ chain, seq: Number(seq), hash }))
}

/**
 * What no longer agrees with heads that were kept outside, in their order. Together with
 * `verifyAudit`, which finds what does not fit together, this also finds a chain that was cut at its
 * end or written anew as a whole since a head was kept.
 */
export async function compareHeads(tx: Tx, kept: readonly Head[]): Promise<readonly Broken[]> {
  const broken: Broken[] = []
  for (const { chain, seq, hash } of kept) {
    const { rows } = await tx.query<{ hash: string }>(
      `SELECT hash FROM events WHERE chain = $1 AND seq = $2`,
      [chain, seq],
    )
    const [row] = rows
    if (row === undefined) broken.push({ chain, seq, why: 'the row of a kept head is missing' })
    else if (row.hash !== hash) {
      broken.push({ chain, seq, why: 'up to here it is not what it was when its head was kept' })
    }
  }
  return broken
}
