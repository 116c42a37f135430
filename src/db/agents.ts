/**
 * When each agent was last heard of.
 *
 * Invariant: a note for people (`signalbox doctor`); nothing is decided on it. Leases decide.
 */
import type { Tx } from './transaction.ts'

/** Notes a poll; more than one in ten seconds costs no write. */
export async function noteAgent(
  tx: Tx,
  { agent, instance }: { readonly agent: string; readonly instance: string },
): Promise<void> {
  await tx.query(
    `INSERT INTO agents (name, instance, seen_at) VALUES ($1, $2, clock_timestamp())
     ON CONFLICT (name, instance) DO UPDATE SET seen_at = EXCLUDED.seen_at
      WHERE agents.seen_at < clock_timestamp() - interval '10 s'`,
    [agent, instance],
  )
}

/** By agent: how long ago any instance of it was heard of. */
export async function agentSilences(tx: Tx): Promise<ReadonlyMap<string, number>> {
  const { rows } = await tx.query<{ name: string; silence: number }>(
    `SELECT name, (extract(epoch FROM clock_timestamp() - max(seen_at)) * 1000)::float8 AS silence
       FROM agents GROUP BY name`,
  )
  return new Map(rows.map(({ name, silence }) => [name, silence]))
}

/** Agents that were replaced long ago are no longer of interest. */
export async function forgetOldAgents(tx: Tx): Promise<void> {
  await tx.query(`DELETE FROM agents WHERE seen_at < clock_timestamp() - interval '90 days'`)
}
