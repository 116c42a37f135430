/**
 * What a pipeline is allowed to do and when: the configuration file, read and made whole.
 *
 * Invariant: plain data. Every default is already filled in, so no reader of a policy guesses one.
 */
import type { AfterVerifiedPolicy, RolloutPolicy } from './rollout.ts'
import type { VerifyStep } from './verify-step.ts'
import type { WatchPolicy } from './watch-policy.ts'

/** Who may do a thing: names of people, groups and machine tokens, or everyone in the workspace. */
export type Permission = 'everyone' | readonly string[]

export interface Permissions {
  readonly depart: Permission
  readonly hold: Permission
  readonly lock: Permission
  readonly roll_back: Permission
  readonly settle: Permission
  readonly special: Permission
  readonly break_glass: Permission
  readonly link: Permission
}

/** When a boarding train closes its doors by itself. Durations in milliseconds. */
export interface DoorsPolicy {
  /** This long after the first change boards; null: by hand only. */
  readonly departAfterMs: number | null
  /** With this many changes aboard; null: no such limit. */
  readonly departAtChanges: number | null
  /** With this many changed lines aboard; null: no such limit. */
  readonly departAtLines: number | null
  /** At these times of day, in minutes since midnight of the pipeline's time zone. */
  readonly departAt: readonly number[]
  /** What rides alone; null: nothing does. */
  readonly solo: SoloPolicy | null
  /** Labels with which a change closes the doors as soon as it is green. */
  readonly urgentLabels: readonly string[]
}

/** A change rides alone if any of these is true of it. */
export interface SoloPolicy {
  readonly labels: readonly string[]
  /** Globs; null: no path makes a change ride alone. */
  readonly paths: readonly string[] | null
  /** With more changed lines than this; null: no number of lines does. */
  readonly overLines: number | null
}

export interface ChecksPolicy {
  /** Names that must be green; null: every name reported for this sha or for the live one. */
  readonly require: readonly string[] | null
  /** A check pending for longer than this counts as red. */
  readonly timeoutMs: number
  /** Where nothing is expected, the gate opens this long after the merge. */
  readonly settleMs: number
}

export interface ApprovalsPolicy {
  /** `all`: every author aboard consents; `none`: nobody is asked. */
  readonly authors: 'all' | 'none'
  /** How many people who wrote none of it must approve the plan. */
  readonly others: number
  /** Who may approve: people and groups; null: every linked person. */
  readonly from: readonly string[] | null
  /** An approval older than this no longer counts; null: it stays. */
  readonly expireMs: number | null
  /** Who speaks for authors nobody can ask: people and groups; null: those of `from`. */
  readonly standIn: readonly string[] | null
  /** An author silent for so long after the departure may be vouched for. */
  readonly standInAfterMs: number
}

/** The `run` executor: a command in a fresh checkout, or in a directory of the agent's machine. */
export interface DeployPolicy {
  readonly run: string
  /** A directory of the agent's machine; null: a fresh checkout of the sha. */
  readonly in: string | null
  /** The whole run may take this long, then it is ended. */
  readonly timeoutMs: number
  /** The run may be silent this long, then it is ended; null: as long as it likes. */
  readonly silenceTimeoutMs: number | null
}

/** Days of a window's rule, by the calendar of its time zone. Dates are `2026-12-24`. */
export type WindowDays =
  /** Days of the week, Sunday is 0. */
  | { readonly is: 'week'; readonly days: readonly number[] }
  /** Every day from one date to another, both included. */
  | { readonly is: 'dates'; readonly from: string; readonly to: string }
  /** The same every year, as `12-24`; may go past the end of the year. */
  | { readonly is: 'yearly'; readonly from: string; readonly to: string }
  /** Public holidays, by date. */
  | { readonly is: 'holidays'; readonly dates: readonly string[] }

/** One rule of a window: on these days, between these times. */
export interface WindowRule {
  /** As it is written in the file. */
  readonly text: string
  readonly days: WindowDays
  /** Minutes since midnight. */
  readonly fromMinute: number
  /** Minutes since midnight, 1440 at most; not after `fromMinute`: on the next day. */
  readonly toMinute: number
}

/** When an environment takes trains. */
export interface WindowsPolicy {
  /** Only then; empty: always. */
  readonly allow: readonly WindowRule[]
  /** Never then, whatever `allow` says. */
  readonly deny: readonly WindowRule[]
  /** IANA name of the zone whose clock and calendar the rules mean. */
  readonly timeZone: string
  readonly except: {
    /** A plan of which every change bears one of these passes. */
    readonly labels: readonly string[]
    /** People and groups who may send a plan at any time, by an act of their own. */
    readonly people: readonly string[]
  }
}

/** Whether an environment still runs what it should, asked while nothing is done to it. */
export interface RealityPolicy {
  readonly everyMs: number
  /** So many disagreeing answers in a row are a drift. */
  readonly times: number
}

/** What an environment does by itself when a deployment fails there, or its verification does. */
export interface OnFailurePolicy {
  /** `hold`: it stays closed, and people are asked. */
  readonly act: 'hold' | 'roll_back' | 'stop'
  /** People have so long to cancel a rollback. Milliseconds. */
  readonly afterMs: number
  /** True: it only says what it would have done. */
  readonly dryRun: boolean
}

/** What is done where nothing else was asked for: nothing. */
export const HOLD: OnFailurePolicy = { act: 'hold', afterMs: 30_000, dryRun: false }

export interface EnvironmentPolicy {
  readonly name: string
  /** The name it had before: its releases, locks and deployments are this one's; null: none. */
  readonly was: string | null
  readonly deploy: DeployPolicy
  readonly approvals: ApprovalsPolicy
  /** How long a succeeded deployment must stay so before it counts as verified. */
  readonly soakMs: number
  /** When it takes trains; null: at any time. */
  readonly windows: WindowsPolicy | null
  /** What proves that a succeeded deployment is healthy; empty: its exit status alone. */
  readonly verify: readonly VerifyStep[]
  /** Null: it is not asked afterwards. */
  readonly reality: RealityPolicy | null
  readonly onFailure: OnFailurePolicy
  /** In which steps a release gets there; null: everybody at once. */
  readonly rollout: RolloutPolicy | null
  /** Null: nothing is run then. */
  readonly afterVerified: AfterVerifiedPolicy | null
  /** Which agent runs deployments here; `embedded` is the one `serve` starts. */
  readonly agent: string
}

/** What a failure says, and the paths whose changes are looked at first when it says so. */
export interface SignalPolicy {
  /** Plain text: found anywhere in a failing step's name, in what it asks or says, or in the log. */
  readonly match: string
  /** Globs. */
  readonly paths: readonly string[]
}

/** How a flag is turned off, and by what a change names the one it stands behind. */
export interface FlagsPolicy {
  /** Plain text before the flag's name, in a label or the title of a change. */
  readonly match: string
  readonly off: /** By the environment's agent; the name is in `SIGNALBOX_FLAG`. */
    | {
        readonly kind: 'run'
        readonly run: string
        readonly in: string | null
        readonly timeoutMs: number
      }
    /** A POST from the server; the name is in its body. */
    | { readonly kind: 'http'; readonly url: string; readonly timeoutMs: number }
}

/** How migrations are recognised, run, verified and reminded of. */
export interface MigrationsPolicy {
  /** A change that bears one of the labels, or touches one of the paths, carries one. */
  readonly carried: ChangeMarks
  /** One increment. */
  readonly run: DeployPolicy
  /** Exit status 0: it is complete and right; null: its own word is enough. */
  readonly verify: DeployPolicy | null
  /** How long its change must be live and verified in an environment before it runs there. */
  readonly afterMs: number
  readonly start: 'by_hand' | 'by_itself'
  readonly batch: {
    /** How much one increment is asked to do. */
    readonly size: number
    /** At least so long from the beginning of one increment to that of the next. */
    readonly everyMs: number
  }
  /** A change that removes what the migrations before it replaced. */
  readonly contract: ChangeMarks
  /** How often people are reminded of what is left to remove. */
  readonly remindMs: number
}

/** By what a change is recognised: any of these is enough. */
export interface ChangeMarks {
  readonly labels: readonly string[]
  /** Globs; empty: no path does. */
  readonly paths: readonly string[]
}

/** The file of a pipeline's repository that may set a part of its policy. */
export const REPOSITORY_FILE = '.github/signalbox.yml'
/** It is read whole into memory and kept in the database. Bytes. */
export const REPOSITORY_FILE_MAX = 256 * 1024

export interface FromRepository {
  /** Origins that it may ask beside those of the server's own file, such as `http://web-01:8080`. */
  readonly addresses: readonly string[]
}

export interface Policy {
  readonly pipeline: string
  /** `owner/name` on GitHub, or a git URL or path. */
  readonly repository: string
  readonly branch: string
  /** Globs of a monorepo's part; null: everything. */
  readonly paths: readonly string[] | null
  /** What its repository's own file may ask for; null: that file is not read. */
  readonly fromRepository: FromRepository | null
  /** The Slack channel where its trains are announced; null: nowhere. */
  readonly channel: string | null
  readonly doors: DoorsPolicy
  /** With more changes than this on the line, open pull requests are told so; null: never. */
  readonly backlog: number | null
  /** IANA name of the zone whose clock the times of day mean. */
  readonly timeZone: string
  readonly checks: ChecksPolicy
  /** In travel order, at least one. */
  readonly environments: readonly EnvironmentPolicy[]
  readonly permissions: Permissions
  /** Whose changes are suspected of which failure; empty: the log alone tells. */
  readonly signals: readonly SignalPolicy[]
  /** Null: no flag is turned off from here. */
  readonly flags: FlagsPolicy | null
  /** Null: no change carries a migration. */
  readonly migrations: MigrationsPolicy | null
  readonly watch: WatchPolicy
}

/** A linked person: one the configuration file names, or one who was linked to a GitHub login. */
export interface Person {
  readonly name: string
  readonly slack: string | null
  readonly github: string | null
  readonly email: string | null
  readonly groups: readonly string[]
  /** False: the Slack account is deactivated, a guest's or another workspace's. Neither asked nor heard. */
  readonly active: boolean
}
