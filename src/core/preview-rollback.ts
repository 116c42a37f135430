/**
 * A rollback looked at before it is ordered.
 *
 * Invariant: the same target and the same take-back that the order itself would compute.
 */
import type { Migration } from './migration.ts'
import { unknownIn, unknownTo } from './migrations.ts'
import type { Change, Deployment, Environment, Pipeline, Release } from './model.ts'
import type { Refusal } from './refusal.ts'
import { isUnderWay, occupant, takenBack, takenFrom, targetOf } from './releases.ts'

/** What an ordered rollback would do, and which words it needs first. */
export interface RollbackPreview {
  readonly environment: string
  readonly from: string | null
  readonly target: Release
  readonly trains: readonly number[]
  readonly changes: readonly Change[]
  /** The deployment that must be aborted or declared dead first. */
  readonly under: Deployment | null
  /** The migration of which an increment must be declared dead first. */
  readonly doubtful: Migration | null
  readonly needs: readonly ('abort' | 'settle')[]
  /** Those whose data has been moved for code that goes, or for which the old code came back. */
  readonly migrations: readonly Migration[]
}

/** Looks before the leap; what a person confirms is decided anew when the command comes. */
export function previewRollback(
  pipeline: Pipeline,
  environment: Environment,
  to: string | null,
):
  | { readonly ok: true; readonly preview: RollbackPreview }
  | { readonly ok: false; readonly refusal: Refusal } {
  const found = targetOf(pipeline, environment, to)
  if (!found.ok) return found
  const { target } = found
  const { name } = environment
  const here = occupant(pipeline, name)
  const under = here !== undefined && (isUnderWay(here) || here.status === 'unknown') ? here : null
  const doubtful = unknownIn(pipeline, name) ?? null
  const { trains, changes } = takenBack(pipeline, name, target)
  const preview: RollbackPreview = {
    environment: name,
    from: takenFrom(pipeline, environment),
    target,
    trains: trains.map(({ number }) => number),
    changes,
    under,
    doubtful,
    migrations: unknownTo(pipeline, name, target),
    needs: [
      ...(under !== null && under.status !== 'unknown' ? (['abort'] as const) : []),
      ...(doubtful !== null || under?.status === 'unknown' ? (['settle'] as const) : []),
    ],
  }
  return { ok: true, preview }
}
