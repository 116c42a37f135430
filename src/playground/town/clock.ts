/**
 * The town's clock: the real one, moved ahead by what people skipped.
 *
 * The only clock that the bot decides by is its database's, so there it is moved: a schema that is
 * found before `pg_catalog` has a `clock_timestamp` and a `now` of its own. The bot is given another
 * address of its database and nothing else, and cannot tell.
 *
 * Invariant: it never goes back, and survives a restart with the database that it stands in.
 */
import pg from 'pg'

export interface TownClock {
  /** Now in the town, in milliseconds since the epoch. */
  readonly now: () => number
  readonly aheadMs: () => number
  /** Whether time can be skipped here: only in a database of the playground's own. */
  readonly isMovable: () => boolean
  /** Puts the clock into that database; answers the address under which it is found. */
  readonly installIn: (url: string) => Promise<string>
  readonly skip: (ms: number) => Promise<void>
}

const INSTALL = `
  CREATE SCHEMA IF NOT EXISTS town;
  CREATE TABLE IF NOT EXISTS town.clock (ahead interval NOT NULL);
  INSERT INTO town.clock SELECT interval '0' WHERE NOT EXISTS (SELECT FROM town.clock);
  CREATE OR REPLACE FUNCTION town.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
    'SELECT pg_catalog.clock_timestamp() + (SELECT ahead FROM town.clock)';
  CREATE OR REPLACE FUNCTION town.now() RETURNS timestamptz LANGUAGE sql STABLE AS
    'SELECT pg_catalog.now() + (SELECT ahead FROM town.clock)';`

const AHEAD_MS = `SELECT (extract(epoch FROM ahead) * 1000)::float8 AS ms FROM town.clock`

export function createTownClock(): TownClock {
  let ahead = 0
  let database: string | null = null
  return {
    now: () => Date.now() + ahead,
    aheadMs: () => ahead,
    isMovable: () => database !== null,
    installIn: async (url) => {
      ahead = await asked(url, INSTALL)
      database = url
      const shifted = new URL(url)
      shifted.searchParams.set('options', '-c search_path=public,town,pg_catalog')
      return shifted.href
    },
    skip: async (ms) => {
      if (database === null) throw new Error('the clock of this database is not the town’s to move')
      const seconds = Math.max(0, Math.round(ms / 1_000))
      ahead = await asked(database, `UPDATE town.clock SET ahead = ahead + interval '${seconds} s'`)
    },
  }
}

/** Does that, and answers how far ahead the clock then is, in milliseconds. */
async function asked(url: string, sql: string): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
    const { rows } = await client.query<{ ms: number }>(AHEAD_MS)
    return rows[0]?.ms ?? 0
  } finally {
    await client.end()
  }
}
