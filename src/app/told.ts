/**
 * Audit rows as the events they were written from.
 *
 * Invariant: rows that are no event of the core (refusals, deliveries given up, policies,
 * concerns) are left out.
 */
import type { Event } from '../core/event.ts'
import { readAudit, type Written } from '../db/audit.ts'
import type { Tx } from '../db/transaction.ts'
import type { Told } from '../slack/scene.ts'

const NO_EVENTS = new Set([
  'refused',
  'delivery_failed',
  'policy_accepted',
  'policy_deferred',
  'policy_withdrawn',
  'concern_told',
])

/** The event in a row; undefined: it is none. */
export function toldOf({ seq, at, actor, type, body }: Written): Told | undefined {
  if (NO_EVENTS.has(type)) return undefined
  // Written by dispatch from an Event, whose type stands in a column of its own.
  return { seq, at, actor, event: { type, ...body } as unknown as Event }
}

export async function findTold(tx: Tx, chain: string, seq: number): Promise<Told | undefined> {
  const [row] = await readAudit(tx, chain, { after: seq - 1, limit: 1 })
  return row === undefined ? undefined : toldOf(row)
}
