/**
 * One server process of the simulated shell: it answers, sweeps, hears and delivers, step by step.
 *
 * Invariant: it keeps no truth. Between any two steps it may die, and each transaction may be lost
 * before it, or its answer after it. It follows `app/` and `http/` in the order of their steps.
 */
import type { Command } from '../../src/core/command.ts'
import type { Actor } from '../../src/core/model.ts'
import { SYSTEM } from '../../src/core/system.ts'
import type { VirtualClock } from './clock.ts'
import { call, type FaultPlan } from './faults.ts'
import { Lost } from './lost.ts'
import { Process, type Steps } from './process.ts'
import type { Outcome, Store } from './store.ts'

export const SYSTEM_ACTOR: Actor = { name: SYSTEM, kind: 'system', groups: [] }

/** What every replica works on. */
export interface Shell {
  readonly clock: VirtualClock
  readonly store: Store
  readonly faults: FaultPlan
}

export class Replica {
  readonly process: Process
  readonly shell: Shell
  readonly name: string
  /** Its own clock is so far off. No decision may use it. */
  skewMs = 0
  /** Its own sense of a second. */
  private readonly pace: number

  constructor(shell: Shell, name: string, pace: number) {
    this.shell = shell
    this.name = name
    this.pace = pace
    this.process = new Process(shell.clock, () => this.dies())
  }

  private dies(): boolean {
    return this.shell.faults.draw(`${this.name}:step`, ['crash'], 0.01) !== null
  }

  /** One transaction: it may be lost before it begins, or only its answer. */
  *tx<T>(work: () => T): Steps<T> {
    const { shell } = this
    return yield* call(shell, {
      port: 'database',
      kinds: ['drop', 'reply_lost', 'delay', 'server_error'],
      share: 0.3,
      act: work,
    })
  }

  *dispatch(command: Command, actor: Actor, also?: () => void): Steps<Outcome> {
    return yield* this.tx(() => this.shell.store.dispatch(command, actor, also))
  }

  /** Does it again and again, whatever happens; a lost call only delays. */
  every(ms: number, work: () => Steps): void {
    const loop = function* (pace: number): Steps {
      for (;;) {
        yield ms * pace
        try {
          yield* work()
        } catch (fault) {
          if (!(fault instanceof Lost)) throw fault
        }
      }
    }
    this.process.run(loop(this.pace))
  }
}
