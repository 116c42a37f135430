/**
 * Tokens that people were given: kept as digests, found by digest, ended by date or by hand.
 *
 * Invariant: the database's clock says what has expired; a revoked token never comes back.
 */
import type { Tx } from './transaction.ts'

export interface TokenRow {
  readonly id: string
  readonly person: string
  readonly issuedAt: Date
  readonly expiresAt: Date
}

const COLUMNS = `id, person, issued_at AS "issuedAt", expires_at AS "expiresAt"`

/** How many living tokens one person may have. */
const LIVING_MAX = 10

/** Stores a fresh token's digest; undefined: this person has too many already. */
export async function insertToken(
  tx: Tx,
  token: {
    readonly id: string
    readonly person: string
    readonly digest: Buffer
    readonly days: number
  },
): Promise<TokenRow | undefined> {
  const { rows } = await tx.query<TokenRow>(
    `INSERT INTO api_tokens (id, person, digest, issued_at, expires_at)
     SELECT $1, $2, $3, now(), now() + $4 * interval '1 day'
      WHERE (SELECT count(*) FROM api_tokens
              WHERE person = $2 AND revoked_at IS NULL AND expires_at > now()) < $5
     RETURNING ${COLUMNS}`,
    [token.id, token.person, token.digest, token.days, LIVING_MAX],
  )
  return rows[0]
}

/** Whose living token has this digest; undefined: nobody's. */
export async function personOfToken(tx: Tx, digest: Buffer): Promise<string | undefined> {
  const { rows } = await tx.query<{ person: string }>(
    `SELECT person FROM api_tokens
      WHERE digest = $1 AND revoked_at IS NULL AND expires_at > now()`,
    [digest],
  )
  return rows[0]?.person
}

/** The living tokens of a person, oldest first. */
export async function tokensOf(tx: Tx, person: string): Promise<readonly TokenRow[]> {
  const { rows } = await tx.query<TokenRow>(
    `SELECT ${COLUMNS} FROM api_tokens
      WHERE person = $1 AND revoked_at IS NULL AND expires_at > now() ORDER BY issued_at`,
    [person],
  )
  return rows
}

/** Ends a person's token at once; undefined: there is no such living one. */
export async function revokeToken(
  tx: Tx,
  { id, person }: { readonly id: string; readonly person: string },
): Promise<TokenRow | undefined> {
  const { rows } = await tx.query<TokenRow>(
    `UPDATE api_tokens SET revoked_at = now(), revoked_by = $2
      WHERE id = $1 AND person = $2 AND revoked_at IS NULL AND expires_at > now()
      RETURNING ${COLUMNS}`,
    [id, person],
  )
  return rows[0]
}

/** Ends every living token of these names; answers which. */
export async function revokeTokensOf(
  tx: Tx,
  { persons, by }: { readonly persons: readonly string[]; readonly by: string },
): Promise<readonly TokenRow[]> {
  const { rows } = await tx.query<TokenRow>(
    `UPDATE api_tokens SET revoked_at = now(), revoked_by = $2
      WHERE person = ANY($1::text[]) AND revoked_at IS NULL AND expires_at > now()
      RETURNING ${COLUMNS}`,
    [persons, by],
  )
  return rows
}
