/**
 * Where changes have gone to: what is live in the last environment, what is off the branch.
 *
 * Invariant: of what is asked about and what a rollback could reach, never all of history.
 */
import type { Environment, Shipment } from '../core/model.ts'
import type { Tx } from './transaction.ts'

export async function loadShipped(
  tx: Tx,
  name: string,
  { reach, shas }: { readonly reach: number; readonly shas: readonly string[] },
): Promise<ReadonlyMap<string, Shipment>> {
  const { rows } = await tx.query<Shipment & { sha: string }>(
    `SELECT sha, train, epoch FROM shipped
      WHERE pipeline = $1 AND (epoch > $2 OR sha = ANY($3::text[]))`,
    [name, reach, shas],
  )
  return new Map(rows.map(({ sha, train, epoch }) => [sha, { train, epoch }]))
}

export async function loadDropped(
  tx: Tx,
  name: string,
  shas: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await tx.query<{ sha: string }>(
    `SELECT sha FROM dropped WHERE pipeline = $1 AND sha = ANY($2::text[])`,
    [name, shas],
  )
  return new Set(rows.map(({ sha }) => sha))
}

/**
 * The epoch of the last environment up to which nothing is loaded: a rollback reaches back to the
 * oldest release of its chain, and a plan to what is live in whichever environment is behind.
 */
export async function reachOf(
  tx: Tx,
  name: string,
  environments: readonly Omit<Environment, 'lock'>[],
): Promise<number> {
  const live = environments.flatMap((one) => one.live?.sha ?? [])
  const { rows } = await tx.query<{ epoch: number | null }>(
    `SELECT min(epoch) AS epoch FROM shipped WHERE pipeline = $1 AND sha = ANY($2::text[])`,
    [name, live],
  )
  const oldest = environments.at(-1)?.chain[0]?.epoch ?? 0
  const behind = rows[0]?.epoch ?? null
  return behind === null ? oldest : Math.min(oldest, behind - 1)
}
