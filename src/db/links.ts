/**
 * Links between GitHub logins and Slack accounts, and what people have asked to be linked.
 *
 * Invariant: a link is ended, never deleted or changed. The indexes keep a login with one account
 * and an account with one login, whoever was faster.
 */
import type { Account, Link } from '../core/links.ts'
import type { Person } from '../core/policy.ts'
import type { Tx } from './transaction.ts'

/** The links that hold, and the accounts behind them and behind people of the file. */
export async function readLinked(
  tx: Tx,
  file: readonly Person[],
): Promise<{ readonly links: readonly Link[]; readonly accounts: readonly Account[] }> {
  const { rows: links } = await tx.query<Link>(
    `SELECT l.member, l.login FROM links l JOIN slack_workspace w ON w.team = l.team
      WHERE l.ended_at IS NULL ORDER BY l.id`,
  )
  const ids = [...file.flatMap(({ slack }) => slack ?? []), ...links.map(({ member }) => member)]
  const emails = file.flatMap(({ email }) => email?.toLowerCase() ?? [])
  if (ids.length === 0 && emails.length === 0) return { links, accounts: [] }
  const { rows: accounts } = await tx.query<Account>(
    `SELECT id, email, NOT (guest OR deactivated OR foreigner OR bot) AS active
       FROM slack_people JOIN slack_workspace USING (team)
      WHERE id = ANY($1::text[]) OR email = ANY($2::text[]) ORDER BY id`,
    [ids, emails],
  )
  return { links, accounts }
}

export interface NewLink extends Link {
  readonly team: string
  readonly how: 'email' | 'confirmed'
  readonly by: string
  readonly at: number
}

/** Adds a link; false: the login or the account is somebody's already. */
export async function insertLink(tx: Tx, link: NewLink): Promise<boolean> {
  const { rowCount } = await tx.query(
    `INSERT INTO links (team, member, login, how, by_name, at) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT DO NOTHING`,
    [link.team, link.member, link.login, link.how, link.by, new Date(link.at)],
  )
  return rowCount === 1
}

export interface Standing extends Link {
  readonly how: 'email' | 'confirmed'
  readonly by: string
  readonly at: Date
}

/** The link that holds, by its account or its login; undefined: there is none. */
export async function findLink(
  tx: Tx,
  {
    team,
    member,
    login,
  }: { readonly team: string; readonly member?: string; readonly login?: string },
): Promise<Standing | undefined> {
  const { rows } = await tx.query<Standing>(
    `SELECT member, login, how, by_name AS "by", at FROM links
      WHERE ended_at IS NULL AND team = $1 AND (member = $2 OR lower(login) = lower($3))`,
    [team, member ?? null, login ?? null],
  )
  return rows[0]
}

/** Ends a link; false: it had ended. */
export async function endLink(
  tx: Tx,
  end: {
    readonly team: string
    readonly member: string
    readonly login: string
    readonly by: string
    readonly at: number
  },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `UPDATE links SET ended_at = $5, ended_by = $4
      WHERE team = $1 AND member = $2 AND login = $3 AND ended_at IS NULL`,
    [end.team, end.member, end.login, end.by, new Date(end.at)],
  )
  return rowCount === 1
}

export interface LinkRequest extends Link {
  readonly id: string
  readonly team: string
  readonly askedAt: Date
  readonly pipeline: string
  readonly channel: string
  readonly ts: string | null
  readonly answer: 'confirmed' | 'refused' | 'withdrawn' | null
  readonly answeredBy: string | null
}

const REQUEST = `id, team, member, login, asked_at AS "askedAt", pipeline, channel, ts, answer,
                 answered_by AS "answeredBy"`

export async function insertRequest(
  tx: Tx,
  one: Pick<LinkRequest, 'id' | 'team' | 'member' | 'login' | 'pipeline' | 'channel'> & {
    readonly at: number
  },
): Promise<void> {
  await tx.query(
    `INSERT INTO link_requests (id, team, member, login, pipeline, channel, asked_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [one.id, one.team, one.member, one.login, one.pipeline, one.channel, new Date(one.at)],
  )
}

/** A request, locked against a second answer. */
export async function lockRequest(tx: Tx, id: string): Promise<LinkRequest | undefined> {
  const { rows } = await tx.query<LinkRequest>(
    `SELECT ${REQUEST} FROM link_requests WHERE id = $1 FOR UPDATE`,
    [id],
  )
  return rows[0]
}

/** The open request of an account, locked; undefined: it asks for nothing. */
export async function openRequest(
  tx: Tx,
  { team, member }: { readonly team: string; readonly member: string },
): Promise<LinkRequest | undefined> {
  const { rows } = await tx.query<LinkRequest>(
    `SELECT ${REQUEST} FROM link_requests
      WHERE team = $1 AND member = $2 AND answer IS NULL FOR UPDATE`,
    [team, member],
  )
  return rows[0]
}

export async function answerRequest(
  tx: Tx,
  one: {
    readonly id: string
    readonly answer: 'confirmed' | 'refused' | 'withdrawn'
    readonly by: string
    readonly at: number
  },
): Promise<void> {
  await tx.query(
    `UPDATE link_requests SET answer = $2, answered_by = $3, answered_at = $4 WHERE id = $1`,
    [one.id, one.answer, one.by, new Date(one.at)],
  )
}

/** Where a request was posted. */
export async function postedRequest(tx: Tx, id: string, ts: string): Promise<void> {
  await tx.query(`UPDATE link_requests SET ts = $2 WHERE id = $1`, [id, ts])
}

/** How often an account has asked since yesterday. */
export async function recentRequests(
  tx: Tx,
  { team, member }: { readonly team: string; readonly member: string },
): Promise<number> {
  const { rows } = await tx.query<{ count: number }>(
    `SELECT count(*)::integer AS count FROM link_requests
      WHERE team = $1 AND member = $2 AND asked_at > clock_timestamp() - interval '1 day'`,
    [team, member],
  )
  return rows[0]?.count ?? 0
}

export async function findRequest(tx: Tx, id: string): Promise<LinkRequest | undefined> {
  const { rows } = await tx.query<LinkRequest>(
    `SELECT ${REQUEST} FROM link_requests WHERE id = $1`,
    [id],
  )
  return rows[0]
}

/** Trains whose announcement may call people otherwise once somebody is linked. */
export async function trainsUnderWay(
  tx: Tx,
  pipelines: readonly string[],
): Promise<readonly { readonly pipeline: string; readonly train: number }[]> {
  const { rows } = await tx.query<{ pipeline: string; train: number }>(
    `SELECT pipeline, number AS train FROM trains
      WHERE status IN ('boarding', 'departed') AND pipeline = ANY($1::text[])`,
    [pipelines],
  )
  return rows
}
