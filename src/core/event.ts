/**
 * What happened, in the past tense. Each event is one audit row and one step of `evolve`.
 *
 * Invariant: an event holds every fact that its sentence in a log or a thread needs.
 */
import type { AcceptedFinding, Doubt, Finding } from './finding.ts'
import type { FlagOff } from './flag-off.ts'
import type { MigrationEvent } from './migration-event.ts'
import type {
  Change,
  Check,
  Deployment,
  Keep,
  Lock,
  Release,
  RollbackOrder,
  Special,
  Stop,
} from './model.ts'
import type { Countdown, Withheld } from './reaction.ts'
import type { RolloutEvent } from './rollout-event.ts'
import type { Acceptance, Approval, Consent, Hold, Override, Pass, VetoRelease } from './spoken.ts'

export type DoorsReason = 'by_hand' | 'due' | 'changes' | 'lines' | 'solo' | 'urgent'

export type Event =
  | { readonly type: 'change_recorded'; readonly change: Change }
  /** More facts about a change that was known already. */
  | { readonly type: 'change_enriched'; readonly change: Change }
  | { readonly type: 'check_recorded'; readonly check: Check }
  /** A force-push: what vanished of what was known, and which departed trains carry some of it. */
  | {
      readonly type: 'branch_rewritten'
      readonly head: string
      readonly at: number
      readonly gone: readonly string[]
      readonly back: readonly string[]
      readonly vanished: readonly Pick<Change, 'sha' | 'number' | 'title' | 'author'>[]
      readonly trains: readonly number[]
    }
  | { readonly type: 'train_opened'; readonly train: number }
  | {
      readonly type: 'train_departed'
      readonly train: number
      readonly sha: string
      readonly why: DoorsReason
      readonly changes: readonly string[]
    }
  /** A train outside the line: it departs as it is sent, up to `journey`'s last environment. */
  | {
      readonly type: 'special_departed'
      readonly train: number
      readonly sha: string
      readonly special: Special
      readonly journey: readonly string[]
      readonly changes: readonly string[]
    }
  /** Where a special train was put before the last environment: closed for its sender by a lock. */
  | { readonly type: 'special_kept'; readonly train: number; readonly keep: Keep }
  /** The branch contains a special sha from this change on. */
  | {
      readonly type: 'special_merged'
      readonly train: number
      readonly sha: string
      readonly change: string
    }
  | { readonly type: 'consent_given'; readonly train: number; readonly consent: Consent }
  | { readonly type: 'consent_withdrawn'; readonly train: number; readonly consent: Consent }
  | { readonly type: 'approval_given'; readonly train: number; readonly approval: Approval }
  | { readonly type: 'approval_withdrawn'; readonly train: number; readonly approval: Approval }
  | { readonly type: 'hold_placed'; readonly train: number; readonly hold: Hold }
  | {
      readonly type: 'hold_withdrawn'
      readonly train: number
      readonly hold: Hold
      readonly reason: string | null
    }
  | { readonly type: 'locked'; readonly lock: Lock; readonly takenFrom: string | null }
  /** A rollback goes past the lock on everything; its holder is told. */
  | {
      readonly type: 'lock_overruled'
      readonly environment: string
      readonly lock: Lock
      readonly reason: string
    }
  | { readonly type: 'lock_passed'; readonly train: number; readonly pass: Pass }
  /** Somebody excepted sends a plan outside the windows, once. */
  | { readonly type: 'window_passed'; readonly train: number; readonly pass: Pass }
  | { readonly type: 'glass_broken'; readonly train: number; readonly override: Override }
  | { readonly type: 'plan_accepted'; readonly train: number; readonly acceptance: Acceptance }
  | { readonly type: 'unlocked'; readonly lock: Lock }
  | { readonly type: 'lock_expired'; readonly lock: Lock }
  | {
      readonly type: 'line_stopped'
      readonly by: string
      readonly reason: string
      /** Who looks after it; null: nobody yet. */
      readonly owner: string | null
      /** The deployment whose failure stopped it; left out: somebody did. */
      readonly failure?: string
    }
  | { readonly type: 'stop_claimed'; readonly by: string; readonly from: string | null }
  /** `stopped`: what stood; left out of events before it was kept. */
  | { readonly type: 'line_resumed'; readonly reason: string; readonly stopped?: Stop }
  | { readonly type: 'deployment_requested'; readonly deployment: Deployment }
  | { readonly type: 'run_claimed'; readonly key: string }
  | { readonly type: 'run_started'; readonly key: string; readonly run: string }
  | { readonly type: 'run_cancel_requested'; readonly key: string; readonly run: string }
  | {
      readonly type: 'deployment_ended'
      readonly key: string
      readonly status: 'succeeded' | 'failed' | 'aborted' | 'unknown'
      readonly reason: string | null
      readonly tail: readonly string[]
      /** `agent` by evidence; `person`: a named human settled what was unknown. */
      readonly source: 'agent' | 'person'
    }
  | RolloutEvent
  | { readonly type: 'deployment_verified'; readonly key: string }
  /** One step of its verification was looked at, and is worth a word. */
  | {
      readonly type: 'verification_recorded'
      readonly key: string
      readonly finding: Finding
      /** Its outcome before; null: nobody had looked yet. */
      readonly was: Finding['outcome'] | null
    }
  | {
      readonly type: 'verification_accepted'
      readonly key: string
      readonly accepted: AcceptedFinding
    }
  /** An environment says that it runs something else; not often enough yet to tell anybody. */
  | { readonly type: 'reality_doubted'; readonly environment: string; readonly doubt: Doubt }
  | { readonly type: 'drift_found'; readonly environment: string; readonly doubt: Doubt }
  /** It says the right thing again. */
  | { readonly type: 'reality_agreed'; readonly environment: string; readonly doubt: Doubt }
  /** What went wrong is taken back by itself when the time is over. */
  | {
      readonly type: 'countdown_begun'
      readonly key: string
      readonly environment: string
      readonly countdown: Countdown
    }
  /** It stays as it is: a person said so. */
  | {
      readonly type: 'countdown_cancelled'
      readonly key: string
      readonly environment: string
      readonly by: string
      readonly reason: string | null
      readonly countdown: Countdown
    }
  /** What the policy would do about a failure is not done. */
  | {
      readonly type: 'reaction_withheld'
      readonly key: string
      readonly environment: string
      readonly cause: string
      readonly why: Withheld
    }
  /** `train`: what is there; null: it was recorded by hand, or nothing is. */
  | {
      readonly type: 'flag_off_requested' | 'flag_off_done' | 'flag_off_failed'
      readonly train: number | null
      readonly environment: string
      readonly off: FlagOff
    }
  /** A change was heard that carries a migration: it stands in these environments from now on. */
  | {
      readonly type: 'migration_opened'
      readonly change: string
      readonly environments: readonly string[]
    }
  | MigrationEvent
  /** An agent told of a run that was ordered on its machine, or that a restored database forgot. */
  | { readonly type: 'deployment_told'; readonly deployment: Deployment }
  | {
      readonly type: 'deployment_settled'
      readonly key: string
      readonly why: 'retry' | 'cancel' | 'rollback' | 'release'
    }
  | {
      readonly type: 'cancel_requested'
      readonly train: number
      readonly by: string
      readonly reason: string
    }
  | { readonly type: 'cancel_lapsed'; readonly train: number; readonly by: string }
  | {
      readonly type: 'train_cancelled'
      readonly train: number
      readonly by: string
      readonly reason: string
      readonly changes: readonly string[]
      /** The train its changes fall to; opened first where there was none. */
      readonly receiver: number | null
      /** Up to where the receiver's changes are coupled now, whatever rides alone. */
      readonly coupled: string | null
    }
  | {
      readonly type: 'train_arrived'
      readonly train: number
      readonly sha: string
      readonly changes: readonly string[]
      /** Everything its sha contained, also what concerns other parts of the repository. */
      readonly span: readonly string[]
      /** What was live and is not contained in it: it waits on the line again. */
      readonly lost: readonly string[]
    }
  | {
      readonly type: 'rollback_ordered'
      readonly environment: string
      readonly order: RollbackOrder
    }
  /** It has landed: what was taken back is vetoed there, and in the last environment waits again. */
  | {
      readonly type: 'rolled_back'
      readonly environment: string
      readonly order: RollbackOrder
      readonly trains: readonly number[]
      readonly changes: readonly string[]
      /** The train the changes fall to; null: none fell. */
      readonly receiver: number | null
    }
  | { readonly type: 'veto_released'; readonly train: number; readonly release: VetoRelease }
  /** A person said what is live; `rolledBack` when that is behind what was. */
  | {
      readonly type: 'release_recorded'
      readonly environment: string
      readonly release: Release
      readonly reason: string
      /** In the last environment: what became live by it. */
      readonly span: readonly string[]
    }
  /** The place of a release by hand became known: it is the base of the line from now on. */
  | {
      readonly type: 'release_placed'
      readonly environment: string
      readonly release: Release
      readonly span: readonly string[]
    }
