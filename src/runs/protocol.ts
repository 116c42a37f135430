/**
 * What the server and an agent say to each other over HTTP. Agents pull; nothing pokes in.
 *
 * Invariant: a run belongs to the agent instance that claimed it. Asking again returns the same
 * run; another instance never gets it. Reports are repeated until they are acknowledged.
 */

/** One execution of a deployment, complete: the agent asks nothing else to do it. */
export interface RunOrder {
  readonly run: string
  /** The environment's fencing number: an agent refuses one lower than it has seen. */
  readonly epoch: number
  readonly pipeline: string
  readonly environment: string
  /**
   * `verify`: the command looks at what is deployed there, and deploys nothing; `migration`: it
   * moves data of what is deployed there.
   */
  readonly kind: 'forward' | 'rollback' | 'verify' | 'migration'
  readonly sha: string
  /** What is live there now; null on a first deployment. */
  readonly baseSha: string | null
  /** Null: a rollback of a release that was recorded by hand. */
  readonly train: number | null
  /** `owner/name` on GitHub, or a git URL or path: where the agent's mirror is fetched from. */
  readonly repository: string
  readonly command: string
  /** A directory of the agent's machine to run in; null: a fresh checkout of `sha`. */
  readonly in: string | null
  readonly timeoutMs: number
  readonly silenceTimeoutMs: number | null
  /** The flag that a `verify` turns off, for its command alone; absent of an older server. */
  readonly flag?: string | null
  /** It may end what was live before, `baseSha`; absent of an older server. */
  readonly retires?: boolean
  /** The step of a rollout that it is; null: everybody at once. Absent of an older server. */
  readonly step?: { readonly name: string; readonly traffic: number | null } | null
  /** What a `migration` is told; absent of an older server. */
  readonly migration?: MigrationPart | null
}

/** One increment of a migration, or what verifies it. */
export interface MigrationPart {
  /** The number of the change that carries it, or its short sha. */
  readonly of: string
  /** Which increment it is, from 1; null: it verifies. */
  readonly increment: number | null
  /** How much it is asked to do. */
  readonly batch: number
  /** What the increment before handed on. */
  readonly cursor: string
}

/** Orders of which one at a time is at work in an environment. */
export const isExclusive = ({ kind }: RunOrder): boolean => kind !== 'verify'

/** An order that puts something there: only these count as what is there. */
export type DeployOrder = RunOrder & { readonly kind: 'forward' | 'rollback' }

export const isDeploy = (order: RunOrder): order is DeployOrder =>
  order.kind === 'forward' || order.kind === 'rollback'

/** A person's word on the agent's machine, while no server could be asked. */
export interface Hand {
  readonly by: string
  readonly reason: string
}

/** What an agent's journal says of one run, for a server that may not know it. */
export interface RunAccount {
  readonly pipeline: string
  readonly environment: string
  readonly run: string
  readonly epoch: number
  readonly kind: 'forward' | 'rollback'
  readonly sha: string
  /** False: its command never began. */
  readonly begun: boolean
  readonly status: 'running' | RunOutcome
  readonly reason: string
  readonly tail: readonly string[]
  /** Who ordered it on this machine; null: a server did. */
  readonly hand: Hand | null
}

/** Body of `POST /api/v1/agent/account`: a deploy by hand, posted until acknowledged with 2xx. */
export interface AccountReport {
  readonly instance: string
  readonly account: RunAccount
}

/** Body of `POST /api/v1/agent/poll`. The server holds it open up to `waitMs` when idle. */
export interface PollRequest {
  /** The agent's name, as environments name it in `agent`. */
  readonly agent: string
  /** The id kept beside this agent's journal. */
  readonly instance: string
  /** Runs this agent works on right now: each poll renews their lease. */
  readonly runs: readonly string[]
  /** True when the agent takes no new work (it is stopping). */
  readonly draining: boolean
  readonly waitMs: number
  /**
   * The newest run that the journal has of each environment, without its last lines: a server
   * whose database was restored from an older backup learns from it what it has forgotten.
   */
  readonly seen?: readonly RunAccount[]
}

export interface PollAnswer {
  /** Runs of this instance to execute, also those already claimed by it and not yet finished. */
  readonly claims: readonly RunOrder[]
  /** Runs of this instance to end: TERM, then KILL, then proof of death. */
  readonly cancels: readonly string[]
  /** Repositories whose mirror should be fetched now, because a change was heard. */
  readonly fetch: readonly string[]
}

export type RunOutcome = 'succeeded' | 'failed' | 'aborted' | 'unknown'

/** Body of `POST /api/v1/agent/report`: posted until acknowledged with 2xx. 409: a lower epoch. */
export type RunReport = {
  readonly instance: string
  readonly run: string
  readonly epoch: number
} & (
  | { readonly status: 'started'; readonly at: string }
  | {
      readonly status: RunOutcome
      readonly at: string
      /** What happened, in one sentence: "exit status 3", "silent for 5 minutes". */
      readonly reason: string
      /** The last lines of the log, redacted, for people who cannot open it. */
      readonly tail: readonly string[]
    }
)

/** `POST /api/v1/agent/log/{run}?offset=N` with raw bytes: log as it grows; offset must match. */
export const LOG_CHUNK_BYTES_MAX = 256 * 1024
