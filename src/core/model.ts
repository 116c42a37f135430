/**
 * One pipeline as the core sees it: everything a decision needs, and nothing of finished history.
 *
 * Invariant: immutable plain data. What can be derived (what is aboard, what blocks, when to look
 * again) is never stored here. Times are milliseconds since the epoch.
 */
import type { Account } from './account.ts'
import type { Doubt, Verification } from './finding.ts'
import type { FlagOff } from './flag-off.ts'
import type { Migration, MigrationSteps } from './migration.ts'
import type { DeployPolicy, Person, Policy } from './policy.ts'
import type { Ground, Reaction } from './reaction.ts'
import type { Rollout } from './rollout.ts'
import type { Acceptance, Approval, Consent, Hold, Override, Pass, VetoRelease } from './spoken.ts'
import type { Took } from './took.ts'

/** One merged pull request, or a direct push, on the pipeline's branch. */
export interface Change extends MigrationSteps {
  readonly sha: string
  readonly number: number | null
  readonly title: string
  readonly author: string
  readonly coAuthors: readonly string[]
  readonly mergedBy: string | null
  readonly mergedAt: number
  /** The branch's head before this change; null: whoever reported it did not know. */
  readonly parent: string | null
  readonly lines: number | null
  readonly paths: readonly string[] | null
  readonly labels: readonly string[]
  /** What it takes back, as its text claims: a full sha, or `#number`; null: nothing. */
  readonly reverts: string | null
  /** False: its paths concern another part of the monorepo; it ships along, nobody is asked. */
  readonly carried: boolean
  /** True: by its labels, paths or size, it rides alone. */
  readonly alone: boolean
  /** The `match` of each of the policy's signals that watches a path of it. */
  readonly watched: readonly string[]
}

export type CheckStatus = 'pending' | 'success' | 'failure'

export interface Check {
  readonly sha: string
  readonly name: string
  readonly status: CheckStatus
  /** When the source says it became so. */
  readonly at: number
}

export interface Lock {
  readonly id: string
  /** The environment kept closed; null: the whole pipeline. */
  readonly environment: string | null
  readonly by: string
  readonly reason: string
  readonly since: number
  readonly expires: number | null
}

/** What an environment serves, or once served: a succeeded deployment, or a person's word. */
export interface Release {
  readonly sha: string
  /** The train that brought it; null: recorded by hand. */
  readonly train: number | null
  /** The environment's epoch at which it went live: later releases have higher ones. */
  readonly epoch: number
  readonly since: number
  /** Who recorded it by hand; null: a deployment of ours. */
  readonly by: string | null
}

/** A rollback that was ordered and has not landed yet. */
export interface RollbackOrder {
  readonly by: string
  readonly reason: string
  readonly since: number
  /** The environment's epoch when it was ordered: later attempts are its own. */
  readonly epoch: number
  /** The newest sha that goes: what is live, or what was being put there. */
  readonly from: string
  readonly to: Release
}

/**
 * What a rollback took back: everything after `target` up to `from`, in branch order. Two shas and
 * never a list, so it also covers what is heard later.
 */
export interface Veto {
  /** Its environment and the epoch at which it came to stand. */
  readonly id: string
  readonly from: string
  readonly target: string
  readonly by: string
  readonly reason: string
  readonly since: number
}

/** How something got into the last environment: in which train, at which of its epochs. */
export interface Shipment {
  readonly train: number | null
  readonly epoch: number
}

export type DeploymentStatus =
  /** Committed, waiting for its agent to claim it. */
  | 'requested'
  /** Its agent has started the command. */
  | 'running'
  /** The command ended well; its verification or its soak is not over. */
  | 'succeeded'
  /** It was seen to be healthy for its soak. */
  | 'verified'
  /** The target said no: half of it may be there. */
  | 'failed'
  /** A person ended it, and it is proven dead. */
  | 'aborted'
  /** We could not find out: the environment stays closed until someone can. */
  | 'unknown'

/** One attempt to put one sha on one environment. */
export interface Deployment {
  /** `pipeline/train:environment:kind:attempt`. */
  readonly key: string
  readonly run: string
  /** Its train; of a rollback: the one that was live, null when that was recorded by hand. */
  readonly train: number | null
  readonly environment: string
  readonly kind: 'forward' | 'rollback'
  readonly attempt: number
  readonly sha: string
  readonly baseSha: string | null
  readonly epoch: number
  readonly plan: string
  /** What to execute, as it was when the gate opened, and by which agent. */
  readonly deploy: DeployPolicy
  readonly agent: string
  readonly status: DeploymentStatus
  readonly requestedAt: number
  readonly startedAt: number | null
  readonly endedAt: number | null
  /** How it ended, in one sentence. */
  readonly reason: string | null
  /** The last lines of its log. */
  readonly tail: readonly string[]
  /** True once an agent instance has claimed it: from then on only that agent can end it. */
  readonly claimed: boolean
  /** True when a person asked for its end and the agent has not proven it yet. */
  readonly cancelling: boolean
  /** True when a failed or aborted deployment no longer keeps its environment closed. */
  readonly settled: boolean
  /** True from the order of the rollback on that takes it back: it is no longer verified there. */
  readonly takenBack: boolean
  /** How we heard of it; null: it was ordered here. */
  readonly account: Account | null
  /** What was seen of it since it succeeded. */
  readonly verification: Verification
  readonly replaces: Ground
  /** What was done by itself about its failure; null: nothing yet. */
  readonly reaction: Reaction | null
  /** Null: everybody at once. */
  readonly rollout: Rollout | null
}

export interface Environment {
  readonly name: string
  readonly epoch: number
  readonly live: Release | null
  readonly lock: Lock | null
  /** Verified releases, newest last: where a rollback may go. Bounded. */
  readonly chain: readonly Release[]
  readonly rollback: RollbackOrder | null
  readonly vetoes: readonly Veto[]
  /** Null: nothing speaks against its running what is live. */
  readonly doubt: Doubt | null
  /** Why nobody has seen what is live to be well; null: it was verified by itself. */
  readonly ailment: string | null
  /** The newest word on each flag, oldest first. Bounded. */
  readonly flags: readonly FlagOff[]
  readonly took: Took
}

export type TrainStatus = 'boarding' | 'departed' | 'arrived' | 'cancelled' | 'rolled_back'

/** An environment before the last that a special train was put into. */
export interface Keep {
  readonly environment: string
  /** The lock that keeps it closed since; null: released, so its release no longer counts there. */
  readonly lock: string | null
}

/** What a train outside the line is: a branch to try, a hotfix, or what is live once more. */
export interface Special {
  /** As whoever sent it named it. */
  readonly ref: string
  /** Who sent it. */
  readonly by: string
  /** False: what is live, on the branch, deployed once more. */
  readonly isOffBranch: boolean
  /** The newest commit of the branch's own line that its sha contains; null: none. */
  readonly fork: string | null
  /** Its own commits, oldest first; of what is on the branch none. */
  readonly changes: readonly Change[]
  /** Of the shas known when it was looked up, those that its sha contains. */
  readonly contains: readonly string[]
  /** Of the same, those that it lacks. */
  readonly lacks: readonly string[]
  /** The first change on the branch that contains it; null: none is known. */
  readonly merged: string | null
  readonly keeps: readonly Keep[]
}

/** Changes that travel together. Which ones is computed from the line, see `line.ts`. */
export interface Train {
  readonly number: number
  readonly status: TrainStatus
  readonly openedAt: number
  readonly departedAt: number | null
  /** Pinned when the doors close: always the sha of a change aboard. */
  readonly sha: string | null
  /** The environments it departed for, by name; null: it boards, or departed before this was kept. */
  readonly journey: readonly string[] | null
  readonly approvals: readonly Approval[]
  readonly holds: readonly Hold[]
  readonly passes: readonly Pass[]
  readonly vetoReleases: readonly VetoRelease[]
  readonly overrides: readonly Override[]
  readonly accepted: readonly Acceptance[]
  /**
   * The newest change that a cancelled train left to this one: up to there what rides alone is
   * coupled by that person's word, and rides along with what comes next.
   */
  readonly coupled: string | null
  /** Who cancels it, and why: awaiting the end of what runs; kept once it is cancelled. */
  readonly cancelling: { readonly by: string; readonly reason: string } | null
  /**
   * What it carried when a force-push took part of it off the branch; null: its list is derived.
   */
  readonly kept: readonly string[] | null
  /** What it carried, kept as history once it has left the line; null while it is on it. */
  readonly carried: readonly string[] | null
  /** Null: it stands on the line. */
  readonly special: Special | null
}

/** A stopped line. */
export interface Stop {
  readonly by: string
  readonly reason: string
  readonly since: number
  /** The one person who looks after it; null: nobody yet. */
  readonly owner: string | null
}

export interface Pipeline {
  readonly name: string
  readonly policy: Policy
  readonly people: readonly Person[]
  readonly stopped: Stop | null
  readonly lock: Lock | null
  /** The lock on everything, of all pipelines; nothing here changes it. */
  readonly lockAll: Lock | null
  readonly environments: readonly Environment[]
  /** Unfinished trains, those this decision finished, and those a rollback could take back. */
  readonly trains: readonly Train[]
  /** Of the unfinished trains, whatever occupies an environment, and rollbacks of what is live. */
  readonly deployments: readonly Deployment[]
  /** Those that are not over, those of the changes below, and those that these have ended. */
  readonly migrations: readonly Migration[]
  /**
   * Heard changes of the branch that wait, that a rollback could take back, or that the command
   * names, in no order.
   */
  readonly changes: readonly Change[]
  /** What is live in the last environment, of the changes above and of shas a command names. */
  readonly shipped: ReadonlyMap<string, Shipment>
  /** Shas, of those above, that a force-push took off the branch. */
  readonly dropped: ReadonlySet<string>
  /** The branch's head after its newest force-push, and when that was; null: none was heard of. */
  readonly rewritten: { readonly head: string; readonly at: number } | null
  /** The newest sha that has arrived; the first waiting change's parent. */
  readonly tip: string | null
  readonly checks: readonly Check[]
  readonly consents: readonly Consent[]
  readonly nextTrain: number
}

/** Who acts. A machine may record and read, and do what its name is granted. */
export interface Actor {
  readonly name: string
  readonly kind: 'person' | 'machine' | 'system'
  readonly groups: readonly string[]
}
