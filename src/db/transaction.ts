/**
 * One transaction: begin, do, commit; everything or nothing.
 *
 * Invariant: a client that saw an error is destroyed, never reused (a client put back after a
 * time-out fails its next caller: https://github.com/brianc/node-postgres/issues/3399).
 */
import { DatabaseError, type Pool, type PoolClient, type QueryResultRow } from 'pg'

export type { Pool } from 'pg'

/** What SQL functions take first: the way to speak inside the transaction. */
export interface Tx {
  readonly query: <R extends QueryResultRow>(
    text: string,
    values?: readonly unknown[],
  ) => Promise<{ readonly rows: R[]; readonly rowCount: number | null }>
}

const ATTEMPTS_MAX = 5

/** Serialization failure and deadlock: the whole transaction may be tried again. */
const AGAIN = new Set(['40001', '40P01'])

/** Runs `work` in a transaction; it is repeated whole, so it must have no effect but its SQL. */
export async function inTransaction<T>(pool: Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once(pool, work)
    } catch (fault) {
      const retryable = fault instanceof DatabaseError && AGAIN.has(fault.code ?? '')
      if (!retryable || attempt >= ATTEMPTS_MAX) throw fault
    }
  }
}

async function once<T>(pool: Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let answers = true
  const ask = async <R extends QueryResultRow>(text: string, values?: readonly unknown[]) => {
    try {
      return await client.query<R>(text, values === undefined ? [] : [...values])
    } catch (fault) {
      answers = fault instanceof DatabaseError
      throw fault
    }
  }
  try {
    await ask('BEGIN')
    const result = await work({ query: ask })
    await ask('COMMIT')
    client.release()
    return result
  } catch (fault) {
    // A server that fell silent is not asked again: the caller would wait as long once more.
    if (answers) await rollBack(client)
    client.release(fault instanceof Error ? fault : true)
    throw fault
  }
}

async function rollBack(client: PoolClient): Promise<void> {
  try {
    await client.query('ROLLBACK')
  } catch {
    // The connection is gone and is destroyed next; the server rolls back by itself.
  }
}
