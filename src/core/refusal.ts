/**
 * The expected noes: values, never exceptions, each with what its sentence has to name.
 *
 * Invariant: a closed union; `explain` has a sentence with a way out for each.
 */
import type { MigrationPhase } from './migration.ts'

export type Refusal =
  | { readonly code: 'not_allowed'; readonly permission: string }
  | { readonly code: 'people_only'; readonly act: string }
  | { readonly code: 'not_linked'; readonly name: string }
  | { readonly code: 'not_active'; readonly name: string }
  | { readonly code: 'linked_already'; readonly name: string }
  | { readonly code: 'login_taken'; readonly login: string; readonly by: string }
  | { readonly code: 'own_link' }
  | { readonly code: 'no_link' }
  | { readonly code: 'nobody_confirms'; readonly pipelines: readonly string[] }
  | { readonly code: 'too_many_links' }
  | { readonly code: 'no_train' }
  | { readonly code: 'no_such_train'; readonly train: number }
  | { readonly code: 'train_over'; readonly train: number; readonly status: string }
  | { readonly code: 'still_boarding'; readonly train: number }
  | { readonly code: 'already_departed'; readonly train: number }
  | {
      readonly code: 'no_such_environment'
      readonly environment: string
      readonly known: readonly string[]
    }
  | { readonly code: 'not_aboard'; readonly ref: string; readonly train: number }
  | { readonly code: 'rides_alone'; readonly change: string; readonly ref: string }
  | { readonly code: 'nothing_of_yours'; readonly train: number }
  | { readonly code: 'own_change'; readonly change: string }
  | { readonly code: 'not_entitled'; readonly environment: string }
  | { readonly code: 'no_approval_needed'; readonly train: number }
  | { readonly code: 'plan_changed'; readonly plan: string }
  | { readonly code: 'already_done'; readonly what: string }
  | { readonly code: 'nothing_to_withdraw'; readonly train: number }
  | { readonly code: 'reason_needed'; readonly act: string }
  | { readonly code: 'under_way'; readonly environment: string; readonly since: number }
  | {
      readonly code: 'locked'
      readonly by: string
      readonly reason: string
      readonly where: string
    }
  | { readonly code: 'not_locked'; readonly where: string }
  | {
      readonly code: 'outside_windows'
      readonly where: string
      /** When they open; null: never again. */
      readonly until: number | null
      /** Who may send it all the same: people and groups. */
      readonly people: readonly string[]
    }
  | { readonly code: 'stale_lock'; readonly where: string }
  | { readonly code: 'live_already'; readonly train: number }
  | { readonly code: 'no_flags' }
  | { readonly code: 'not_a_flag'; readonly flag: string }
  | {
      readonly code: 'flag_under_way'
      readonly flag: string
      readonly environment: string
      readonly by: string
    }
  | { readonly code: 'nothing_failed' }
  | { readonly code: 'nothing_doubtful'; readonly environment: string | null }
  | { readonly code: 'no_rollout'; readonly environment: string | null }
  | { readonly code: 'no_countdown'; readonly environment: string | null }
  | { readonly code: 'not_unknown'; readonly environment: string }
  | { readonly code: 'nothing_before'; readonly environment: string }
  | {
      readonly code: 'not_a_release'
      readonly environment: string
      readonly to: string
      readonly known: readonly string[]
    }
  | { readonly code: 'must_abort'; readonly environment: string; readonly train: number | null }
  | {
      readonly code: 'must_settle'
      readonly environment: string
      readonly train: number | null
      /** The one whose increment it is; absent: it is a deployment's end that nobody knows. */
      readonly migration?: string
    }
  | { readonly code: 'occupied'; readonly environment: string; readonly train: number | null }
  | { readonly code: 'no_veto'; readonly train: number }
  | { readonly code: 'no_such_change'; readonly change: string; readonly train: number }
  | { readonly code: 'too_early'; readonly author: string; readonly from: number }
  | { readonly code: 'not_stand_in'; readonly change: string }
  | { readonly code: 'own_word'; readonly change: string }
  | { readonly code: 'vouched'; readonly change: string }
  | {
      readonly code: 'not_breakable'
      readonly gate: string
      readonly breakable: readonly string[]
      /** Where a rollout is under way whose bake it would be; left out: it is none. */
      readonly rollout?: string
    }
  | { readonly code: 'not_diverged'; readonly train: number }
  | { readonly code: 'own_special'; readonly train: number }
  | { readonly code: 'older_than_live'; readonly ref: string; readonly environment: string }
  | { readonly code: 'on_branch'; readonly ref: string; readonly branch: string }
  | { readonly code: 'not_heard'; readonly ref: string; readonly branch: string }
  | { readonly code: 'no_such_ref'; readonly ref: string }
  | { readonly code: 'two_refs'; readonly ref: string }
  | { readonly code: 'foreign_ref'; readonly ref: string }
  | { readonly code: 'ref_too_far'; readonly ref: string; readonly commits: number }
  | { readonly code: 'not_looked_up'; readonly ref: string }
  | {
      readonly code: 'no_migration'
      /** As it was named; null: it was not. */
      readonly change: string | null
      readonly environment: string | null
      readonly known: readonly string[]
    }
  | { readonly code: 'which_migration'; readonly ready: readonly string[] }
  | {
      readonly code: 'not_its_owner'
      readonly change: string
      readonly owners: readonly string[]
      readonly permission: string
    }
  | {
      readonly code: 'migration_is'
      readonly change: string
      readonly environment: string
      readonly phase: MigrationPhase
      readonly act: 'run' | 'pause' | 'resume'
    }
  | { readonly code: 'no_such_run'; readonly run: string }
  | { readonly code: 'stale_epoch'; readonly run: string; readonly epoch: number }
