/**
 * The town's own books: who said what, what was locked, held, stopped, heard and deployed.
 *
 * Invariant: written from what people pressed and from what was committed, never asked of the core.
 * Judges read them; only `keep-books.ts` with its neighbours and `said.ts` write them.
 */
import type { Command } from '../../src/core/command.ts'
import type { Event } from '../../src/core/event.ts'
import type { Actor } from '../../src/core/model.ts'
import type { Person, Policy } from '../../src/core/policy.ts'
import { Branch } from './branch.ts'
import type { VirtualClock } from './clock.ts'
import { type Move, Targets } from './targets.ts'

export interface ApprovalWord {
  readonly by: string
  readonly train: number
  readonly environment: string
  readonly sha: string
  /** What the plan was shown to ship. */
  readonly ships: readonly string[]
  /** What was to be executed, and under which demands. */
  readonly terms: string
  readonly at: number
}

export interface LockEntry {
  readonly id: string
  readonly by: string
  readonly expires: number | null
}

/** Something taken back: it may not return there until somebody lets this train through. */
export interface TakenBack {
  readonly environment: string
  readonly shas: ReadonlySet<string>
  readonly from: string
  readonly releasedFor: Set<number>
}

export interface TrainEntry {
  status: 'boarding' | 'departed' | 'arrived' | 'cancelled' | 'rolled_back'
  sha: string | null
  /** Of a special train: who sent it. */
  special: string | null
  /** What it was said to bring from off the branch. */
  brings: readonly string[]
  journey: readonly string[]
  departedAt: number | null
  /** Somebody takes it off the line. */
  isCancelling: boolean
}

export interface DeploymentEntry {
  /** Of its present step. */
  run: string
  readonly environment: string
  readonly kind: 'forward' | 'rollback'
  readonly train: number | null
  readonly sha: string
  /** Of a rollout: the index of its step, whether its run is done, and what people said. */
  step: number
  isBaking: boolean
  isPaused: boolean
  isSkipped: boolean
  /** It is compared with the old release in every bake. */
  readonly isCompared: boolean
  /** What stood closed when a step of it was let through by name. */
  passed: ReadonlySet<string>
  status: 'requested' | 'running' | 'succeeded' | 'verified' | 'failed' | 'aborted' | 'unknown'
  endedAt: number | null
  /** It went wrong, and a person has said what becomes of that. */
  isSettled: boolean
  /** A rollback behind it was ordered there since. */
  isTakenBack: boolean
}

/** A plan as whoever spoke was shown it. */
export interface Shown {
  /** What runs there when it starts. */
  readonly base: string | null
  readonly ships: readonly string[]
  readonly terms: string
}

export interface Passage {
  readonly by: string
  readonly train: number
  readonly environment: string
  /** What it opens: of broken glass the gates, else the holder's lock, or the windows. */
  readonly gates: readonly string[]
  readonly sha: string | null
  /** null: its doors were open still. */
  readonly shown: Shown | null
}

export interface CheckWord {
  readonly status: 'pending' | 'success' | 'failure'
  readonly at: number
}

export class Books {
  readonly clock: VirtualClock
  readonly branch: Branch
  readonly targets: Targets
  policy: Policy
  people: readonly Person[]
  /** Shas that somebody told of. */
  readonly heard = new Set<string>()
  /** Shas of which somebody told that a force-push took them. */
  readonly toldGone = new Set<string>()
  /** Of these, whose parent was told as well: of a gap below them everybody can know. */
  readonly placed = new Set<string>()
  /** By sha, then by name of the check: the newest report. */
  readonly checks = new Map<string, Map<string, CheckWord>>()
  /** By change: whose yes stands, and who vouched for it. */
  readonly yes = new Map<string, Map<string, string | null>>()
  approvals: readonly ApprovalWord[] = []
  /** By train: who holds it. */
  readonly holds = new Map<number, Set<string>>()
  readonly locks = new Map<string, LockEntry>()
  lockAll: LockEntry | null = null
  stopped = false
  passes: readonly Passage[] = []
  glass: readonly Passage[] = []
  /** Plans somebody let go although they lack what is live. */
  accepted: readonly {
    readonly train: number
    readonly environment: string
    readonly base: string | null
  }[] = []
  takenBack: readonly TakenBack[] = []
  readonly trains = new Map<number, TrainEntry>()
  /** Trains that arrived where all of theirs was live already. */
  readonly broughtNothing = new Set<number>()
  readonly deployments = new Map<string, DeploymentEntry>()
  readonly epochs = new Map<string, number>()
  /** Runs of migrations that were ordered, and how they stand. */
  readonly increments = new Map<
    string,
    { readonly environment: string; isOpen: boolean; isUnknown: boolean }
  >()
  /** Changes of which a migration was opened; where each is verified: `environment change`. */
  readonly migrating = new Set<string>()
  readonly migrated = new Set<string>()
  /** Deployments whose newest look was told to have passed, and those a person answers for. */
  readonly healthy = new Set<string>()
  /** Of the healthy: since when, and when they were last seen to be. */
  readonly goodSince = new Map<string, number>()
  readonly seenAt = new Map<string, number>()
  /** Deployments of which a look failed; only a person's word helps them. */
  readonly sick = new Set<string>()
  /** Answered for as they stood: sick, or merely doubtful. */
  readonly answeredFor = new Map<string, 'sick' | 'doubtful'>()
  /** Since when it is known that a deployment went wrong. */
  readonly badSince = new Map<string, number>()
  /** Environments somebody ordered to go back, and who. */
  readonly goingBack = new Map<string, string>()
  /** Deployments that somebody keeps where they are, though they went wrong. */
  readonly kept = new Set<string>()
  /** By environment: what the line was last told to be live there. */
  readonly toldLive = new Map<string, string>()
  /** The branch was rewritten, or something off it was sent: places are then another matter. */
  isPlain = true

  constructor(clock: VirtualClock, policy: Policy, people: readonly Person[]) {
    this.clock = clock
    this.branch = new Branch(clock.now)
    this.policy = policy
    this.people = people
    this.targets = new Targets(clock, (move) => this.moved(move))
  }

  get last(): string {
    return this.policy.environments.at(-1)?.name ?? ''
  }

  wordsOn(change: string): Map<string, string | null> {
    const known = this.yes.get(change) ?? new Map<string, string | null>()
    this.yes.set(change, known)
    return known
  }

  deploymentOf(run: string): DeploymentEntry | undefined {
    return [...this.deployments.values()].find((one) => one.run === run)
  }

  /** It came with a run that was given up, and nobody told that it is there. */
  private isDoubtful(environment: string, sha: string): boolean {
    if (this.toldLive.get(environment) === sha) return false
    const its = [...this.deployments.values()].filter(
      (one) => one.environment === environment && one.sha === sha,
    )
    return its.some(({ status }) => ['unknown', 'failed', 'aborted'].includes(status))
  }

  /** Something else runs there now: what a way back took is not to return unasked. */
  private moved({ environment, from: there, to, how }: Move): void {
    const { branch } = this
    // Whoever puts something there after a run of which nobody knew how it ended says what is live,
    // and takes back what was known to be.
    const isDoubtful = how === 'by_hand' && there !== null && this.isDoubtful(environment, there)
    const from = isDoubtful ? (this.toldLive.get(environment) ?? null) : there
    this.takenBack = this.takenBack.filter(
      (one) => one.environment !== environment || !branch.contains(to, one.from),
    )
    if (from === null || branch.contains(to, from)) return
    const shas = new Set(branch.between(to, from).map(({ sha }) => sha))
    if (how !== 'forward' && branch.contains(from, to)) {
      this.takenBack = [...this.takenBack, { environment, shas, from, releasedFor: new Set() }]
    }
    if (environment !== this.last) return
    for (const one of shas) this.yes.delete(one)
  }
}

/** What was decided, and in whose name. */
export interface Committed {
  readonly command: Command
  readonly actor: Actor
  /** Who the audit says it was. */
  readonly by: string
  readonly event: Event
}
