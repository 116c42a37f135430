/**
 * What a person wants, or what the world did: the only ways to move a pipeline.
 *
 * Invariant: every button, slash command, API call and report of an agent is one of these.
 */

import type { Account } from './account.ts'
import type { Look } from './finding.ts'
import type { Change, CheckStatus } from './model.ts'
import type { Refusal } from './refusal.ts'

export type RunStatus = 'running' | 'succeeded' | 'failed' | 'aborted' | 'unknown'

/** A REF of the pipeline's repository, looked up once. */
export interface FoundRef {
  readonly ref: string
  readonly sha: string
  /** On the branch's own line, that of first parents. */
  readonly isOnBranch: boolean
  /** The newest commit of that line that it contains; null: none. */
  readonly fork: string | null
  /** Its own commits after that, oldest first. */
  readonly changes: readonly Change[]
  /** Of the shas that were asked about, those it contains. */
  readonly contains: readonly string[]
  readonly lacks: readonly string[]
  /** Of the same, those that contain it. */
  readonly within: readonly string[]
}

export type Command =
  /** A merge was heard. */
  | { readonly type: 'record_change'; readonly change: Change }
  /** The branch was rewritten: `gone` is no longer below its `head`. */
  | {
      readonly type: 'record_force_push'
      readonly head: string
      readonly gone: readonly string[]
      /** Who did it, as far as the source says. */
      readonly by: string | null
      /** When the source says it happened. */
      readonly at: number
    }
  /** A check of a sha was reported; the later `at` of the same name wins. */
  | {
      readonly type: 'record_check'
      readonly sha: string
      readonly name: string
      readonly status: CheckStatus
      readonly at: number
    }
  /**
   * Close the doors now, up to `ref` or on the newest change; departed: go under my lock in
   * `environment`, or go with this `plan` although it does not contain what is live.
   */
  | {
      readonly type: 'depart'
      readonly train: number | null
      readonly ref: string | null
      readonly environment: string | null
      /** The word for a plan that does not contain what is live. */
      readonly plan: string | null
    }
  /** Depart what a REF was found to be; off the branch, up to `environment`, by default the last. */
  | {
      readonly type: 'depart_ref'
      /** Whose doors to close, where it is on the branch; null: the boarding one's. */
      readonly train: number | null
      /** Or why it was not found, which is recorded like any refusal. */
      readonly found: FoundRef | Refusal
      readonly environment: string | null
    }
  /** The branch was seen to contain a special train's sha from `change` on. */
  | { readonly type: 'record_merged'; readonly train: number; readonly change: string }
  | { readonly type: 'consent'; readonly train: number }
  | {
      readonly type: 'approve'
      readonly train: number
      readonly environment: string | null
      readonly plan: string | null
    }
  | { readonly type: 'hold'; readonly train: number; readonly reason: string }
  | {
      readonly type: 'withdraw'
      readonly train: number
      readonly what: 'consent' | 'approval' | 'hold' | null
      readonly of: string | null
      readonly reason: string | null
    }
  | {
      readonly type: 'lock'
      readonly id: string
      readonly environment: string | null
      readonly reason: string
      readonly forMs: number | null
      readonly takeOver: boolean
    }
  | { readonly type: 'unlock'; readonly environment: string | null; readonly id: string | null }
  | { readonly type: 'stop'; readonly reason: string }
  /** The stop of the line is mine to look after. */
  | { readonly type: 'claim' }
  | { readonly type: 'resume'; readonly reason: string }
  | { readonly type: 'cancel'; readonly train: number | null; readonly reason: string }
  | { readonly type: 'retry'; readonly train: number | null; readonly reason: string | null }
  | {
      readonly type: 'settle_unknown'
      readonly environment: string
      readonly outcome: 'succeeded' | 'failed'
      readonly reason: string
    }
  /** Put an earlier verified release back; the three flags are the words a preview asks for. */
  | {
      readonly type: 'roll_back'
      readonly environment: string | null
      /** A sha, or a prefix of it, of the environment's past releases; null: the one before. */
      readonly to: string | null
      readonly reason: string
      readonly takeOver: boolean
      readonly settle: boolean
      readonly abort: boolean
    }
  | { readonly type: 'release_veto'; readonly train: number; readonly reason: string }
  /** Yes for an absent author's change, by someone who may stand in. */
  | {
      readonly type: 'vouch'
      readonly train: number
      readonly change: string
      readonly reason: string
    }
  /** What is live without us: before installation, by hand, by another tool. */
  | {
      readonly type: 'record_release'
      readonly environment: string
      readonly sha: string
      readonly reason: string
    }
  /** Pass named gates with the present plan, once; empty: those that people's words open. */
  | {
      readonly type: 'break_glass'
      readonly train: number | null
      readonly environment: string | null
      readonly gates: readonly string[]
      readonly reason: string
    }
  /** An agent claimed a run, or says how it goes. */
  | { readonly type: 'claim_run'; readonly run: string }
  | {
      readonly type: 'record_run'
      readonly run: string
      readonly epoch: number
      readonly status: RunStatus
      readonly reason: string | null
      readonly tail: readonly string[]
    }
  /** An agent tells of a run that this line did not order, or has forgotten. */
  | {
      readonly type: 'take_account'
      readonly environment: string
      readonly run: string
      readonly kind: 'forward' | 'rollback'
      readonly sha: string
      readonly account: Account
      /** False: its command never began, so nothing was touched. */
      readonly begun: boolean
      readonly reason: string
      readonly tail: readonly string[]
    }
  /** One step of a verification was looked at. */
  | {
      readonly type: 'record_verification'
      /** The run that was looked at. */
      readonly run: string
      readonly step: string
      /** When the look began. */
      readonly at: number
      /** When the look before it began; null: it was the first. */
      readonly before: number | null
      readonly look: Look
    }
  /** An environment was asked what it runs, while nothing was being done to it. */
  | {
      readonly type: 'record_reality'
      readonly environment: string
      /** Its epoch when it was asked. */
      readonly epoch: number
      readonly at: number
      readonly look: Look
    }
  /** A person answers for a verification that failed or says nothing, or lets a rollout go on. */
  | {
      readonly type: 'continue'
      /** Null: the first one that is doubtful. */
      readonly environment: string | null
      /** The key of the deployment it was shown for; left out: whichever it is. */
      readonly deployment?: string
      readonly reason: string
    }
  /** A rollout goes no further than the step it is at; null: the first one under way. */
  | {
      readonly type: 'pause_rollout'
      readonly environment: string | null
      /** The key of the deployment it was shown for; left out: whichever is under way. */
      readonly deployment?: string
      readonly reason: string
    }
  /** Its next step is the last one, at once; there it still has to stay well. */
  | {
      readonly type: 'skip_to_full'
      readonly environment: string | null
      /** The key of the deployment it was shown for; left out: whichever is under way. */
      readonly deployment?: string
      readonly reason: string
    }
  /** What went wrong stays where it is: it is not taken back by itself. */
  | {
      readonly type: 'cancel_countdown'
      /** Null: wherever a countdown runs. */
      readonly environment: string | null
      /** The key of the deployment it was shown for; null: whichever it is. */
      readonly deployment: string | null
      /** When the countdown that was shown began; null: whichever it is. */
      readonly since: number | null
      readonly reason: string | null
    }
  /** Turn a flag off in an environment; null: the last one. */
  | { readonly type: 'flag_off'; readonly environment: string | null; readonly flag: string }
  /** What came of it. */
  | {
      readonly type: 'record_flag'
      readonly environment: string
      readonly flag: string
      /** When it was asked for. */
      readonly since: number
      readonly outcome: 'done' | 'failed'
      readonly says: string
    }
  /** What came of the command that runs once a release is verified. */
  | {
      readonly type: 'record_retirement'
      readonly environment: string
      readonly train: number | null
      /** What may be gone now. */
      readonly old: string
      readonly outcome: 'done' | 'failed'
      readonly says: string
    }
  /** Let the migration that a change carries run in an environment, once it may. */
  | {
      readonly type: 'run_migration'
      /** Its change: `#12`, `12`, or the first digits of its sha; null: the first that can. */
      readonly change: string | null
      /** Null: the first one, in travel order, where it can. */
      readonly environment: string | null
    }
  /** What runs of it ends by itself, and nothing of it begins. */
  | {
      readonly type: 'pause_migration'
      readonly change: string | null
      readonly environment: string | null
      readonly reason: string
    }
  /** Go on after a pause; after a run that went wrong, with that one once more. */
  | {
      readonly type: 'resume_migration'
      readonly change: string | null
      readonly environment: string | null
      readonly reason: string | null
    }
  /** Nothing was asked: look whether something is due. */
  | { readonly type: 'tick' }
