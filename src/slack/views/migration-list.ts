/**
 * The migrations of a pipeline, for whoever asks how they stand.
 *
 * Invariant: read from the pipeline as it is now, with the buttons that each takes now.
 */
import { phaseOf } from '../../core/migration.ts'
import { nameOf, standing } from '../../core/migrations.ts'
import type { Pipeline } from '../../core/model.ts'
import type { Message } from '../scene.ts'
import { type Mrkdwn, md } from '../words/mrkdwn.ts'
import { actions, fitting, header, MESSAGE_MAX, message, sections } from './blocks.ts'
import { buttonsOf, lineOf } from './migration-card.ts'

const BUTTONS_MAX = 10

export function migrationList(
  pipeline: Pipeline,
  { change, now }: { readonly change: string | null; readonly now: number },
): Message {
  const all = standing(pipeline).filter(
    (one) =>
      change === null || nameOf(pipeline, one.change) === change || one.change.startsWith(change),
  )
  const { shown, left } = fitting(migrationLines(pipeline, { change, now }), MESSAGE_MAX - 600)
  const more = left === 0 ? [] : [md`+ ${left} more`]
  const text =
    all.length === 0
      ? md`No migration stands in ${pipeline.name}.`
      : md`${pipeline.name}: ${all.length === 1 ? 'one migration' : `${all.length} migrations`} by environment`
  return message(text, [
    header(`Migrations · ${pipeline.name}`),
    ...sections(all.length === 0 ? [text] : [...shown, ...more]),
    ...actions(all.flatMap((one) => buttonsOf(pipeline, one)).slice(0, BUTTONS_MAX)),
  ])
}

/** One line for each that is not over; those that only wait for the third step too. */
export const migrationLines = (
  pipeline: Pipeline,
  { change, now }: { readonly change: string | null; readonly now: number },
): readonly Mrkdwn[] =>
  standing(pipeline)
    .filter(
      (one) =>
        change === null || nameOf(pipeline, one.change) === change || one.change.startsWith(change),
    )
    .map((one) => lineOf(pipeline, one, now))

/** Those that are at work or wait for somebody, for the board: what is verified is no news there. */
export const openMigrations = (pipeline: Pipeline, now: number): readonly Mrkdwn[] =>
  standing(pipeline)
    .filter((one) => !['waiting', 'verified'].includes(phaseOf(one)))
    .map((one) => lineOf(pipeline, one, now))
