/**
 * What GitHub's public profiles show of authors nobody is linked to.
 *
 * Invariant: a login is asked about once a day at most. An address alone links nobody whose link
 * was ended by hand.
 */
import type { Tx } from './transaction.ts'

/** Who opened or merged a change in the last month, but for `known`, and was not asked about today. */
export async function unmetLogins(
  tx: Tx,
  {
    repositories,
    known,
    limit,
  }: {
    readonly repositories: readonly string[]
    /** In lower case. */
    readonly known: readonly string[]
    readonly limit: number
  },
): Promise<readonly string[]> {
  const { rows } = await tx.query<{ login: string }>(
    `SELECT min(login) AS login FROM (
       SELECT regexp_replace(who, '^github:', '') AS login
         FROM changes, LATERAL (VALUES (author), (merged_by)) AS people(who)
        WHERE repository = ANY($1::text[]) AND heard_at > clock_timestamp() - interval '30 days'
     ) authors
      WHERE login ~ '^[A-Za-z0-9][A-Za-z0-9-]{0,38}$' AND NOT lower(login) = ANY($2::text[])
        AND NOT EXISTS (SELECT 1 FROM github_profiles p
                         WHERE p.login = lower(authors.login)
                           AND p.asked_at > clock_timestamp() - interval '1 day')
      GROUP BY lower(login) ORDER BY 1 LIMIT $3`,
    [repositories, known, limit],
  )
  return rows.map(({ login }) => login)
}

export async function saveProfile(
  tx: Tx,
  { login, email }: { readonly login: string; readonly email: string | null },
): Promise<void> {
  await tx.query(
    `INSERT INTO github_profiles (login, spelling, email) VALUES (lower($1), $1, $2)
     ON CONFLICT (login) DO UPDATE SET spelling = EXCLUDED.spelling, email = EXCLUDED.email,
       asked_at = clock_timestamp()`,
    [login, email],
  )
}

export interface Shared {
  readonly team: string
  readonly member: string
  readonly login: string
  readonly email: string
}

/** Logins whose profile, as seen since yesterday, shows the address of one active member. */
export async function sharedEmails(tx: Tx): Promise<readonly Shared[]> {
  const { rows } = await tx.query<Shared>(
    `SELECT s.team, s.id AS member, p.spelling AS login, s.email
       FROM github_profiles p
       JOIN slack_people s ON s.email = lower(p.email)
       JOIN slack_workspace w ON w.team = s.team
      WHERE NOT (s.guest OR s.deactivated OR s.foreigner OR s.bot)
        AND p.asked_at > clock_timestamp() - interval '1 day'
        AND NOT EXISTS (SELECT 1 FROM slack_people t
                         WHERE t.team = s.team AND t.email = s.email AND t.id <> s.id
                           AND NOT t.deactivated)
        AND NOT EXISTS (SELECT 1 FROM links l
                         WHERE (l.ended_at IS NULL
                                AND (l.member = s.id AND l.team = s.team OR lower(l.login) = p.login))
                            OR (l.team = s.team AND l.member = s.id AND lower(l.login) = p.login))
      ORDER BY p.login`,
  )
  return rows
}
