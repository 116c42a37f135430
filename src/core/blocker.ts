/**
 * One reason to wait, as every gate gives it, and how changes are named in its sentence.
 *
 * Invariant: a blocker says since when it stands and who can clear it, how.
 */
import type { Pipeline, Train } from './model.ts'
import type { EnvironmentPolicy } from './policy.ts'

export type Gate =
  | 'checks'
  | 'consent'
  | 'approvals'
  | 'hold'
  | 'lock'
  | 'window'
  | 'stopped'
  | 'order'
  | 'occupied'
  | 'soak'
  | 'facts'
  | 'failed'
  | 'unknown'
  | 'veto'
  | 'diverged'
  | 'migration'

/** One reason to wait: which gate, where, since when, in words, and the way out. */
export interface Blocker {
  readonly gate: Gate
  readonly environment: string
  readonly since: number
  readonly message: string
  readonly clearBy: string
  /** When time alone may clear it; null: only a person or a report can. */
  readonly until: number | null
  /** What keeps it closed, one by one, where `message` says more or changes; left out: its words. */
  readonly about?: readonly string[]
  /** True: a train ahead is in the way, which no broken glass passes. */
  readonly ahead?: boolean
}

/** Where a gate is asked, and when. */
export interface At {
  readonly pipeline: Pipeline
  readonly train: Train
  readonly policy: EnvironmentPolicy
  readonly now: number
  /** For a further step of a deployment that is under way there: the plan it began with. */
  readonly begun?: string
}

export const departedAt = (train: Train): number => train.departedAt ?? train.openedAt

export const short = (sha: string): string => sha.slice(0, 8)

/** How a change is named to people: `#12`, or its short sha after a direct push. */
export const title = (number: number | null, sha: string): string =>
  number === null ? short(sha) : `#${number}`
