/**
 * What a policy makes of a change: whether it concerns the pipeline, rides alone, is watched,
 * carries a migration or removes what one replaced.
 *
 * Invariant: for the policy in force to say, never for whoever reports the change.
 */
import { concerns } from './edits-policy.ts'
import type { Change } from './model.ts'
import type { Policy, SoloPolicy } from './policy.ts'
import { watchedBy } from './suspects.ts'

export interface Placing {
  /** Whether changed paths concern a pipeline with these globs; unknown paths (null) do. */
  readonly carries: (paths: readonly string[] | null, globs: Policy['paths']) => boolean
  /** Whether a change rides alone where this does. */
  readonly ridesAlone: (
    change: Pick<Change, 'labels' | 'lines' | 'paths'>,
    solo: SoloPolicy | null,
  ) => boolean
}

type Facts = Pick<Change, 'labels' | 'lines' | 'paths'>

export type Placed = Pick<Change, 'carried' | 'alone' | 'watched' | 'migrates' | 'contracts'>

export function placedBy(policy: Policy, change: Facts, { carries, ridesAlone }: Placing): Placed {
  const { labels, paths } = change
  const has = (its: { readonly labels: readonly string[]; readonly paths: readonly string[] }) =>
    labels.some((label) => its.labels.includes(label)) ||
    (paths !== null && its.paths.length > 0 && carries(paths, its.paths))
  const { migrations } = policy
  const migrates = migrations !== null && has(migrations.carried)
  return {
    carried: concerns(policy, change, carries),
    alone: migrates || ridesAlone(change, policy.doors.solo),
    watched: watchedBy(policy.signals, paths, carries),
    migrates,
    contracts: migrations !== null && has(migrations.contract),
  }
}
