/**
 * A start, as those see it who judge it: what was ordered, and what the town knows of it.
 *
 * Invariant: from the books alone; nothing here judges.
 */
import type { Deployment } from '../../src/core/model.ts'
import type { EnvironmentPolicy } from '../../src/core/policy.ts'
import type { Books, Passage, TrainEntry } from './books.ts'
import type { Commit } from './branch.ts'

export interface Start {
  readonly books: Books
  readonly started: Deployment
  readonly train: TrainEntry
  readonly policy: EnvironmentPolicy
  /** Gates that broken glass opens for it. */
  readonly broken: ReadonlySet<string>
  /** Words by which somebody sent exactly this past a lock or a window. */
  readonly passes: readonly Passage[]
  /** What it really brings there. */
  readonly ships: readonly Commit[]
}

/** What a first deployment takes along of the last environment was answered for on its way there. */
export function isLiveElsewhere({ books, started }: Start, { sha }: Commit): boolean {
  const { targets, branch, last } = books
  const there = targets.at(last)
  if (there === null || targets.at(started.environment) !== null) return false
  return branch.contains(there, sha)
}
