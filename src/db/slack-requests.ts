/**
 * Requests and presses already taken, and rollbacks shown but not yet confirmed.
 *
 * Invariant: of two takers of one key, one wins. What somebody confirms is what was shown to them.
 */
import type { FoundRef } from '../core/command.ts'
import type { Tx } from './transaction.ts'

/** Takes every key, or none: false when any was taken before. */
export async function takeOnce(tx: Tx, keys: readonly string[]): Promise<boolean> {
  const { rowCount } = await tx.query(
    `INSERT INTO slack_seen (key) SELECT k FROM unnest($1::text[]) k ORDER BY k
     ON CONFLICT DO NOTHING`,
    [keys],
  )
  if (rowCount === keys.length) return true
  return false
}

/** Nothing came of it, so it may be sent again. */
export async function untake(tx: Tx, keys: readonly string[]): Promise<void> {
  await tx.query(`DELETE FROM slack_seen WHERE key = ANY($1::text[])`, [keys])
}

/** A rollback as its preview showed it, with the words that confirming it stands for. */
export interface ShownRollback {
  readonly to: string
  readonly reason: string | null
  readonly abort: boolean
  readonly settle: boolean
  readonly takeOver: boolean
  /** Of everything the preview named: when it differs now, something else would be done. */
  readonly digest: string
}

interface Place {
  readonly pipeline: string
  readonly person: string
  readonly environment: string
}

export async function saveShown(
  tx: Tx,
  at: Place,
  shown: ShownRollback | ShownSpecial,
): Promise<void> {
  await tx.query(
    `INSERT INTO slack_previews (pipeline, person, environment, shown) VALUES ($1, $2, $3, $4)
     ON CONFLICT (pipeline, person, environment)
     DO UPDATE SET shown = EXCLUDED.shown, at = clock_timestamp()`,
    [at.pipeline, at.person, at.environment, JSON.stringify(shown)],
  )
}

/** What was shown to this person there within the last half hour. */
export async function findShown<Shown = ShownRollback>(
  tx: Tx,
  at: Place,
): Promise<Shown | undefined> {
  const { rows } = await tx.query<{ shown: Shown }>(
    `SELECT shown FROM slack_previews
      WHERE pipeline = $1 AND person = $2 AND environment = $3
        AND at > clock_timestamp() - interval '30 minutes'`,
    [at.pipeline, at.person, at.environment],
  )
  return rows[0]?.shown
}

/** A special train as its preview showed it. */
export interface ShownSpecial {
  readonly found: FoundRef
  readonly environment: string | null
  /** Of what it would carry and displace. */
  readonly digest: string
}

/** No environment has such a name, so it stands beside the previews of rollbacks. */
const SPECIAL = '@special'

export async function saveShownSpecial(
  tx: Tx,
  at: Omit<Place, 'environment'>,
  shown: ShownSpecial,
): Promise<void> {
  await saveShown(tx, { ...at, environment: SPECIAL }, shown)
}

/** What was shown to this person last, within the last half hour. */
export const findShownSpecial = (
  tx: Tx,
  at: Omit<Place, 'environment'>,
): Promise<ShownSpecial | undefined> => findShown(tx, { ...at, environment: SPECIAL })
