/**
 * Who looks at what, and when it was last looked at.
 *
 * Invariant: one look at a time at each thing, by whichever process; one that died is followed by
 * another's. Nothing is decided by these rows: they only keep the pace.
 */
import type { Tx } from './transaction.ts'

/** A run and a step of its verification, or a place and what it is asked. */
export interface Looked {
  readonly subject: string
  readonly step: string
}

/** What is known of earlier looks, by subject and step. */
export interface Pace {
  /** When the newest look that was told began; null: none was. */
  readonly last: number | null
  /** Until when somebody is at it; null: nobody is. */
  readonly heldUntil: number | null
}

export const paceKey = ({ subject, step }: Looked): string => `${subject} ${step}`

/** Deployments whose health is asked, of these pipelines. */
export async function runsUnderVerification(
  tx: Tx,
  pipelines: readonly string[],
): Promise<readonly { readonly pipeline: string; readonly run: string }[]> {
  const { rows } = await tx.query<{ pipeline: string; run: string }>(
    `SELECT pipeline, run FROM deployments
      WHERE (status = 'succeeded' OR (status = 'running' AND NOT at_work)) AND NOT taken_back AND NOT settled AND account IS NULL
        AND pipeline = ANY($1::text[]) ORDER BY run`,
    [pipelines],
  )
  return rows
}

export async function paceOf(
  tx: Tx,
  subjects: readonly string[],
): Promise<ReadonlyMap<string, Pace>> {
  const { rows } = await tx.query<Looked & { last: Date | null; held: Date | null }>(
    `SELECT subject, step, looked_at AS last, held_until AS held FROM looks
      WHERE subject = ANY($1::text[])`,
    [subjects],
  )
  return new Map(
    rows.map(({ last, held, ...its }) => [
      paceKey(its),
      { last: last?.getTime() ?? null, heldUntil: held?.getTime() ?? null },
    ]),
  )
}

/** Takes a look for this process; null: somebody else is at it. */
export async function holdLook(
  tx: Tx,
  { subject, step }: Looked,
  forMs: number,
): Promise<{ readonly at: number; readonly before: number | null } | null> {
  const { rows } = await tx.query<{ at: Date; before: Date | null }>(
    `INSERT INTO looks (subject, step, held_until)
     VALUES ($1, $2, clock_timestamp() + $3 * interval '1 ms')
     ON CONFLICT (subject, step) DO UPDATE SET held_until = EXCLUDED.held_until
       WHERE looks.held_until IS NULL OR looks.held_until <= clock_timestamp()
     RETURNING clock_timestamp()::timestamptz(3) AS at, looked_at AS before`,
    [subject, step, forMs],
  )
  const [row] = rows
  return row === undefined ? null : { at: row.at.getTime(), before: row.before?.getTime() ?? null }
}

/** A look that began at `at` was told. */
export async function noteLook(tx: Tx, { subject, step }: Looked, at: number): Promise<void> {
  await tx.query(
    `INSERT INTO looks (subject, step, looked_at) VALUES ($1, $2, $3)
     ON CONFLICT (subject, step) DO UPDATE SET looked_at = $3, held_until = NULL`,
    [subject, step, new Date(at)],
  )
}

/** Paces of what nobody looks at any more, also where no look was ever told. */
export async function forgetLooks(tx: Tx): Promise<void> {
  await tx.query(
    `DELETE FROM looks
      WHERE coalesce(greatest(looked_at, held_until) < clock_timestamp() - interval '30 days', true)`,
  )
}
