/**
 * A migration as the line knows it: one change's data, moved in one environment, in increments.
 *
 * Invariant: plain data. It stands from the moment its change is heard until a change has shipped
 * that removes what it replaced. Whatever has changed the data is never taken back here.
 */
import type { DeployPolicy } from './policy.ts'

/** What a change is to migrations. */
export interface MigrationSteps {
  /** True: it carries one. */
  readonly migrates: boolean
  /** True: it removes what those before it replaced. */
  readonly contracts: boolean
}

/** How far its command says it is. */
export interface Progress {
  readonly done: number
  /** Of how many; null: the command does not say. */
  readonly of: number | null
  /** What the next increment is handed on; empty: nothing. */
  readonly cursor: string
}

export type MigrationRunStatus =
  /** Committed, waiting for its agent to claim it. */
  | 'requested'
  | 'running'
  | 'succeeded'
  | 'failed'
  /** Its command never began. */
  | 'aborted'
  /** Nobody could find out how it ended, or whether it has. */
  | 'unknown'

/** One execution of its command, or of the one that verifies it, under the run protocol. */
export interface MigrationRun {
  readonly run: string
  readonly kind: 'increment' | 'verify'
  /** Which increment it is, or after how many it verifies. */
  readonly number: number
  /** What was live there when it was ordered: what its command comes from. */
  readonly sha: string
  readonly epoch: number
  readonly deploy: DeployPolicy
  readonly agent: string
  readonly cursor: string
  /** How much one increment is asked to do. */
  readonly size: number
  readonly status: MigrationRunStatus
  readonly requestedAt: number
  readonly startedAt: number | null
  readonly endedAt: number | null
  readonly reason: string | null
  readonly tail: readonly string[]
  /** True once an agent instance has claimed it: from then on only that agent can end it. */
  readonly claimed: boolean
}

/** Who let it run, and from where on: its pace is counted from there. */
export interface Begun {
  readonly by: string
  readonly at: number
  readonly done: number
}

export interface Migration {
  /** The sha of the change that carries it. */
  readonly change: string
  readonly environment: string
  readonly openedAt: number
  /** Since when its change is live and verified there; null: it is not. */
  readonly liveSince: number | null
  /** When it had been so for long enough; null: not yet. */
  readonly readyAt: number | null
  /** Null: nobody has let it run. */
  readonly begun: Begun | null
  readonly paused: { readonly by: string; readonly reason: string; readonly since: number } | null
  /** A run of it has begun that may have changed data: nothing that happens later takes that back. */
  readonly touched: boolean
  /** Increments that ended well. */
  readonly increments: number
  /** Runs that were ever ordered of it: no name is given twice. */
  readonly runs: number
  /** Null: no increment has said anything yet. */
  readonly progress: Progress | null
  /** One of its increments has once said that there is more: from then on silence is no word. */
  readonly hasSaidMore: boolean
  /** The command says that there is nothing left to do. */
  readonly isComplete: boolean
  /** The newest run; null: none, or a person has answered for the one that went wrong. */
  readonly run: MigrationRun | null
  /** The one that this decision saw the end of before it ordered another; else null. */
  readonly former: MigrationRun | null
  readonly verifiedAt: number | null
  /** When people were last reminded of what is left to remove. */
  readonly remindedAt: number | null
  /** The change that removed what it replaced; null: none has shipped. */
  readonly contract: string | null
}

export type MigrationPhase =
  /** Its change is not live there, or not for long enough. */
  | 'waiting'
  /** Its owner was asked. */
  | 'ready'
  | 'running'
  | 'paused'
  /** A run went wrong, or nobody knows how one ended: a person goes on. */
  | 'failed'
  | 'verifying'
  | 'verified'
  /** What it replaced is removed: it is over. */
  | 'contracted'

/** A migration of which nothing has been done. */
export const newMigration = (change: string, environment: string, openedAt: number): Migration => ({
  change,
  environment,
  openedAt,
  liveSince: null,
  readyAt: null,
  begun: null,
  paused: null,
  touched: false,
  increments: 0,
  runs: 0,
  progress: null,
  hasSaidMore: false,
  isComplete: false,
  run: null,
  former: null,
  verifiedAt: null,
  remindedAt: null,
  contract: null,
})

/** Its command may be at work, or is about to be. */
export const isAtWork = ({ run }: Pick<Migration, 'run'>): boolean =>
  run?.status === 'requested' || run?.status === 'running'

/** A person has to go on with it. */
export const hasFailed = ({ run }: Pick<Migration, 'run'>): boolean =>
  run?.status === 'failed' || run?.status === 'unknown'

/** A run that went wrong, as whoever answers for it found it. */
export type AnsweredRun = Pick<MigrationRun, 'run' | 'kind' | 'number' | 'status'>

/** The run that somebody answers for by what they say of it; null: nothing went wrong. */
export const answeredRun = (one: Migration): AnsweredRun | null =>
  one.run === null || !hasFailed(one)
    ? null
    : { run: one.run.run, kind: one.run.kind, number: one.run.number, status: one.run.status }

/** Some of its data may have been changed. */
export const hasTouched = ({ touched, increments, run }: Migration): boolean =>
  touched || increments > 0 || (run?.claimed === true && run.status !== 'aborted')

export function phaseOf(one: Migration): MigrationPhase {
  // Over or not, it keeps its environment closed until somebody answers for it.
  if (one.run?.status === 'unknown') return 'failed'
  if (one.contract !== null) return 'contracted'
  if (one.verifiedAt !== null) return 'verified'
  if (hasFailed(one)) return 'failed'
  if (one.paused !== null) return 'paused'
  if (one.liveSince === null || one.readyAt === null) return 'waiting'
  if (one.begun === null) return 'ready'
  return one.isComplete ? 'verifying' : 'running'
}
