/**
 * Members of the workspace as Slack last described them, and which workspace is home.
 *
 * Invariant: keyed by team and member id; names and addresses decide nothing by themselves.
 */
import type { Tx } from './transaction.ts'

export interface Member {
  readonly team: string
  readonly id: string
  readonly name: string
  readonly email: string | null
  readonly guest: boolean
  readonly deactivated: boolean
  readonly foreigner: boolean
  readonly bot: boolean
}

export async function saveMembers(tx: Tx, members: readonly Member[]): Promise<void> {
  for (const one of members) {
    await tx.query(
      `INSERT INTO slack_people (team, id, name, email, guest, deactivated, foreigner, bot)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (team, id) DO UPDATE SET name = EXCLUDED.name, email = EXCLUDED.email,
         guest = EXCLUDED.guest, deactivated = EXCLUDED.deactivated,
         foreigner = EXCLUDED.foreigner, bot = EXCLUDED.bot, seen_at = clock_timestamp()`,
      [one.team, one.id, one.name, one.email, one.guest, one.deactivated, one.foreigner, one.bot],
    )
  }
}

const COLUMNS = 'team, id, name, email, guest, deactivated, foreigner, bot'

export async function findMember(tx: Tx, team: string, id: string): Promise<Member | undefined> {
  const { rows } = await tx.query<Member>(
    `SELECT ${COLUMNS} FROM slack_people WHERE team = $1 AND id = $2`,
    [team, id],
  )
  return rows[0]
}

/** Everybody who may act, by address or id: for linking people of the configuration. */
export async function activeMembers(tx: Tx): Promise<readonly Member[]> {
  const { rows } = await tx.query<Member>(
    `SELECT ${COLUMNS} FROM slack_people JOIN slack_workspace USING (team)
      WHERE NOT (guest OR deactivated OR foreigner OR bot) ORDER BY id`,
  )
  return rows
}

export interface Workspace {
  readonly team: string
  /** Its base address, with a slash at its end. */
  readonly url: string
}

/** The workspace of the bot token; null: Slack has not told yet. */
export async function homeWorkspace(tx: Tx): Promise<Workspace | null> {
  const { rows } = await tx.query<Workspace>(`SELECT team, url FROM slack_workspace`)
  return rows[0] ?? null
}

export async function saveHomeWorkspace(tx: Tx, { team, url }: Workspace): Promise<void> {
  await tx.query(
    `INSERT INTO slack_workspace (team, url) VALUES ($1, $2)
     ON CONFLICT (sole) DO UPDATE SET team = EXCLUDED.team, url = EXCLUDED.url,
       learned_at = clock_timestamp()`,
    [team, url],
  )
}
