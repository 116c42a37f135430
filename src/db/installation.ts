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

/** With what links to logs are sealed. */
export async function logKey(tx: Tx): Promise<string> {
  const { rows } = await tx.query<{ log_key: string }>('SELECT log_key FROM installation')
  const key = rows[0]?.log_key
  if (key === undefined) throw new Error('the database lacks its installation row; was it edited?')
  return key
}
