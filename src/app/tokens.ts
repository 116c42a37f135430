/**
 * Tokens for people: how somebody consents, approves and rolls back while Slack is away.
 *
 * Invariant: the secret is shown once and stored nowhere; each issue and each end is audited.
 */
import { createHash, randomBytes } from 'node:crypto'
import { appendAudit } from '../db/audit.ts'
import { insertToken, personOfToken, revokeToken, type TokenRow, tokensOf } from '../db/tokens.ts'
import { inTransaction, type Pool } from '../db/transaction.ts'

/** A token lives this long. */
const DAYS = 90

/** The chain of everything that belongs to no pipeline. */
const SYSTEM_CHAIN = 'system'

/** Recognisable in a leaked file, and by scanners. */
const PREFIX = 'sbx_'

export interface Tokens {
  /** A new token for a linked person; undefined: too many live already. */
  readonly issue: (
    person: string,
  ) => Promise<{ readonly secret: string; readonly token: TokenRow } | undefined>
  /** Whose token this is; undefined: nobody's. */
  readonly personBehind: (secret: string) => Promise<string | undefined>
  readonly list: (person: string) => Promise<readonly TokenRow[]>
  /** False: that person has no such token. */
  readonly revoke: (token: { readonly id: string; readonly person: string }) => Promise<boolean>
}

const digestOf = (secret: string): Buffer => createHash('sha256').update(secret).digest()

export function createTokens(pool: Pool): Tokens {
  return {
    issue: async (person) => {
      const secret = `${PREFIX}${randomBytes(32).toString('base64url')}`
      const id = randomBytes(4).toString('hex')
      const token = await inTransaction(pool, async (tx) => {
        const row = await insertToken(tx, { id, person, digest: digestOf(secret), days: DAYS })
        if (row === undefined) return undefined
        const body = { token: id, expires: row.expiresAt.toISOString() }
        await appendAudit(tx, SYSTEM_CHAIN, [
          { type: 'token_issued', actor: person, at: row.issuedAt.getTime(), body },
        ])
        return row
      })
      return token && { secret, token }
    },
    personBehind: async (secret) =>
      secret.startsWith(PREFIX)
        ? inTransaction(pool, (tx) => personOfToken(tx, digestOf(secret)))
        : undefined,
    list: (person) => inTransaction(pool, (tx) => tokensOf(tx, person)),
    revoke: ({ id, person }) =>
      inTransaction(pool, async (tx) => {
        const row = await revokeToken(tx, { id, person })
        if (row === undefined) return false
        const { rows } = await tx.query<{ now: Date }>('SELECT now()')
        const at = (rows[0]?.now ?? row.issuedAt).getTime()
        await appendAudit(tx, SYSTEM_CHAIN, [
          { type: 'token_revoked', actor: person, at, body: { token: id } },
        ])
        return true
      }),
  }
}
