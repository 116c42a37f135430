/**
 * Announcements drawn anew because the people behind them have changed, not the line.
 *
 * Invariant: harmless to repeat: one waiting announcement per train is enough, and one that shows
 * nothing new is not sent.
 */
import type { Policy } from '../core/policy.ts'
import { trainsUnderWay } from '../db/links.ts'
import { putEffect } from '../db/outbox.ts'
import type { Tx } from '../db/transaction.ts'
import { laneOf } from './outgoing.ts'

/** Every process has met who is linked by then. */
const AFTER_MS = 3_000

/** Of every train under way whose pipeline has a channel. */
export async function redrawTrains(tx: Tx, policies: readonly Policy[]): Promise<void> {
  const told = policies.flatMap(({ pipeline, channel }) => (channel === null ? [] : [pipeline]))
  for (const { pipeline, train } of await trainsUnderWay(tx, told)) {
    const effect = { type: 'announce', train } as const
    const lane = laneOf(pipeline, train, effect)
    // It shows no event of its own: the number of one that waits already stays.
    await putEffect(tx, { pipeline, train, lane, effect, seq: 0, delayMs: AFTER_MS })
  }
}
