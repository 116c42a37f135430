/**
 * The targets as they really are: which command runs there now, and what was put there last.
 *
 * Invariant: 1, 3 and 5, seen from the machines: no two commands at once, epochs rise, and no run
 * is executed twice. What a person does by hand past Signalbox is put there at once.
 */
import { must } from './broken.ts'
import type { VirtualClock } from './clock.ts'

export type End = 'succeeded' | 'failed' | 'aborted'

/** How something else came to run there. */
export type How = 'forward' | 'rollback' | 'by_hand' | 'migration' | 'verify'

export interface Move {
  readonly environment: string
  readonly from: string | null
  readonly to: string
  readonly how: How
}

export interface Execution {
  readonly run: string
  readonly environment: string
  readonly sha: string
  readonly epoch: number
  readonly machine: string
  readonly how: How
  readonly isPartial: boolean
  end: End | null
}

export class Targets {
  readonly executions = new Map<string, Execution>()
  private readonly live = new Map<string, string>()
  /** What was put there behind the server's back, and was not told yet. */
  readonly untold = new Map<string, number>()
  /** Every sha that was once put there. */
  private readonly past = new Map<string, Set<string>>()
  private readonly clock: VirtualClock
  private readonly moved: (move: Move) => void

  constructor(clock: VirtualClock, moved: (move: Move) => void) {
    this.clock = clock
    this.moved = moved
  }

  at(environment: string): string | null {
    return this.live.get(environment) ?? null
  }

  wasAt(environment: string, sha: string): boolean {
    return this.past.get(environment)?.has(sha) ?? false
  }

  /** Every sha that was ever put there. */
  everAt(environment: string): readonly string[] {
    return [...(this.past.get(environment) ?? [])]
  }

  atWork(environment: string): Execution | undefined {
    return [...this.executions.values()].find(
      (one) => one.environment === environment && one.end === null,
    )
  }

  /** The command starts; `end` and `ms` are how it will go, unless it is killed. */
  execute(it: Omit<Execution, 'end'>, will: { readonly end: End; readonly ms: number }): void {
    const { run, environment, epoch } = it
    must(!this.executions.has(run), 'I-5', () => `${run} is executed twice`)
    const other = this.atWork(environment)
    must(other === undefined, 'I-1', () => `${run} starts while ${other?.run} is at work there`)
    const higher = [...this.executions.values()].find(
      (one) => one.environment === environment && one.epoch >= epoch,
    )
    must(higher === undefined, 'I-3', () => `${run} (${epoch}) starts after ${higher?.run}`)
    const execution: Execution = { ...it, end: null }
    this.executions.set(run, execution)
    this.clock.after(will.ms, () => this.finish(execution, will.end))
  }

  kill(run: string): void {
    const found = this.executions.get(run)
    if (found !== undefined) this.finish(found, 'aborted')
  }

  /** A person puts it there, without us. */
  put(environment: string, sha: string, how: How = 'by_hand'): void {
    const from = this.at(environment)
    this.live.set(environment, sha)
    this.past.set(environment, (this.past.get(environment) ?? new Set()).add(sha))
    this.moved({ environment, from, to: sha, how })
  }

  private finish(execution: Execution, end: End): void {
    if (execution.end !== null) return
    execution.end = end
    // Data is moved there; what runs there stays what it is.
    if (execution.how === 'migration' || execution.how === 'verify') return
    if (end === 'succeeded' && !execution.isPartial)
      this.put(execution.environment, execution.sha, execution.how)
  }
}
