/**
 * The migrations of a pipeline, for whoever asks how they stand.
 *
 * Invariant: read from the pipeline as it is now, with the buttons that each takes now.
 */
import { phaseOf } from '../../core/migration.ts'
import { answerable, nameOf } from '../../core/migrations.ts'
import type { Pipeline } from '../../core/model.ts'
import type { Message } from '../scene.ts'
import { type Mrkdwn, md } from '../words/mrkdwn.ts'
import { actions, header, message, sections } from './blocks.ts'
import { buttonsAmong } from './migration-buttons.ts'
import { lineOf } from './migration-card.ts'

const LISTED_MAX = 20

export function migrationList(
  pipeline: Pipeline,
  { change, now }: { readonly change: string | null; readonly now: number },
): Message {
  const all = answerable(pipeline).filter(
    (one) =>
      change === null || nameOf(pipeline, one.change) === change || one.change.startsWith(change),
  )
  const left = all.length - LISTED_MAX
  const text =
    all.length === 0
      ? md`No migration stands in ${pipeline.name}.`
      : md`${pipeline.name}: ${all.length === 1 ? 'one migration' : `${all.length} migrations`} by environment`
  return message(text, [
    header(`Migrations · ${pipeline.name}`),
    ...(all.length === 0 ? sections([text]) : []),
    ...all
      .slice(0, LISTED_MAX)
      .flatMap((one) => [
        ...sections([lineOf(pipeline, one, now)]),
        ...actions(buttonsAmong(pipeline, all, one)),
      ]),
    ...(left > 0 ? sections([md`+ ${left} more`]) : []),
  ])
}

/** Those that are at work or wait for somebody, for the board: what is verified is no news there. */
export const openMigrations = (pipeline: Pipeline, now: number): readonly Mrkdwn[] =>
  answerable(pipeline)
    .filter((one) => !['waiting', 'verified'].includes(phaseOf(one)))
    .map((one) => lineOf(pipeline, one, now))
