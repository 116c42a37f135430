/**
 * What tells this installation from others.
 *
 * Invariant: made once with the schema and never changed; a restored backup keeps it.
 */
import type { Tx } from './transaction.ts'

export async function installationId(tx: Tx): Promise<string> {
  const { rows } = await tx.query<{ id: string }>('SELECT id FROM installation')
  const id = rows[0]?.id
  if (id === undefined) throw new Error('the database lacks its installation row; was it edited?')
  return id
}
