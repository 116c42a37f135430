/**
 * Whether a change edits what its pipeline's own repository says of the policy.
 *
 * Invariant: such a change concerns the pipeline, whatever part of a monorepo it ships.
 */
import type { Change } from './model.ts'
import { type Policy, REPOSITORY_FILE } from './policy.ts'

export const editsPolicy = (
  { fromRepository }: Pick<Policy, 'fromRepository'>,
  { paths }: Pick<Change, 'paths'>,
): boolean => fromRepository !== null && (paths?.includes(REPOSITORY_FILE) ?? false)

/** Whether it concerns the pipeline; `carries`: whether paths do. */
export const concerns = (
  policy: Policy,
  change: Pick<Change, 'paths'>,
  carries: (paths: Change['paths'], globs: Policy['paths']) => boolean,
): boolean => carries(change.paths, policy.paths) || editsPolicy(policy, change)
