/**
 * A machine that deploys: its journal, the agent on it, and the commands it starts.
 *
 * Invariant: the steps of `runs/agent.ts` and `runs/execute.ts`, in their order: a line of the
 * journal is on the disk before the act it announces. A command outlives its agent, not its machine.
 */
import { below } from '../proof/size.ts'
import type { AgentDesk, Order } from './agent-desk.ts'
import { call, type Fault, within } from './faults.ts'
import { Lost } from './lost.ts'
import { type Answer, Process, type Steps } from './process.ts'
import type { Replica, Shell } from './replica.ts'
import type { End, Targets } from './targets.ts'

export type Outcome = End | 'unknown'

interface JournalEntry {
  readonly order: Order
  /** Who ordered it here; null: a server did. */
  readonly hand: string | null
  starting: boolean
  spawned: boolean
  ended: Outcome | null
  acknowledged: boolean
}

interface Live {
  cancelled: boolean
}

const AGENT_FAULTS: readonly Fault[] = [
  'delay',
  'drop',
  'duplicate',
  'reorder',
  'reply_lost',
  'server_error',
  'hang',
]

/** As the agent's own. */
const FENCE_MS = 45_000

export interface MachineParts {
  readonly shell: Shell
  readonly targets: Targets
  /** A server that answers now; undefined: none does. */
  readonly server: () => { readonly replica: Replica; readonly desk: AgentDesk } | undefined
}

export class Machine {
  readonly process: Process
  readonly instance: string
  readonly journal = new Map<string, JournalEntry>()
  private live = new Map<string, Live>()
  private heardAt = 0
  private readonly parts: MachineParts

  constructor(parts: MachineParts, instance: string) {
    this.parts = parts
    this.instance = instance
    const { faults, clock } = parts.shell
    this.process = new Process(
      clock,
      () => faults.draw(`${instance}:step`, ['crash'], 0.01) !== null,
    )
  }

  /** Another machine with a copy of this one's journal, and an instance of its own. */
  copyTo(other: Machine): void {
    for (const [run, entry] of this.journal) other.journal.set(run, { ...entry })
  }

  start(): void {
    this.process.start()
    this.live = new Map()
    for (const entry of this.journal.values()) {
      if (entry.acknowledged || entry.hand !== null) continue
      if (entry.ended !== null || entry.starting) this.carry(entry.order)
    }
    this.process.run(this.poll())
  }

  /** The machine loses its power: what ran on it is dead. */
  crash(): void {
    this.process.kill()
    for (const { run, machine, end } of this.parts.targets.executions.values()) {
      if (machine === this.instance && end === null) this.parts.targets.kill(run)
    }
  }

  private *poll(): Steps {
    for (;;) {
      try {
        const told = yield* this.tellByHand()
        const at = this.parts.server()
        if (at !== undefined) {
          const runs = [...this.live.keys()]
          const { claims, cancels } = yield* this.ask('agent.poll', () =>
            at.replica.process.run(at.desk.look(at.replica, this.instance, runs, !told)),
          )
          this.heardAt = this.parts.shell.clock.now
          this.take(claims, cancels)
        }
      } catch (fault) {
        if (!(fault instanceof Lost)) throw fault
      }
      yield 1_000
    }
  }

  private *ask<T>(port: string, act: () => Answer<T>): Steps<T> {
    const { shell } = this.parts
    const answer = yield* call(shell, { port, kinds: AGENT_FAULTS, act, isLate: true })
    return yield* within(shell.clock, answer)
  }

  private take(claims: readonly Order[], cancels: readonly string[]): void {
    for (const order of claims) {
      if (this.live.has(order.run)) continue
      if (!this.journal.has(order.run)) this.note(order, null)
      this.carry(order)
    }
    for (const run of cancels) {
      const found = this.live.get(run)
      if (found !== undefined) found.cancelled = true
    }
  }

  private note(order: Order, hand: string | null): JournalEntry {
    const entry: JournalEntry = {
      ...{ order, hand, starting: false, spawned: false },
      ...{ ended: null, acknowledged: false },
    }
    this.journal.set(order.run, entry)
    return entry
  }

  /** One run from here to its acknowledgement. */
  private carry(order: Order): void {
    const control: Live = { cancelled: false }
    this.live.set(order.run, control)
    const machine = this
    this.process.run(
      (function* (): Steps {
        const entry = machine.journal.get(order.run)
        if (entry === undefined) return
        machine.process.run(machine.report(order, 'running', 3))
        entry.ended ??= yield* machine.work(entry, control)
        yield* machine.report(order, entry.ended, Number.POSITIVE_INFINITY)
        entry.acknowledged = true
        machine.live.delete(order.run)
      })(),
    )
  }

  private *work(entry: JournalEntry, control: Live): Steps<Outcome> {
    const { order } = entry
    const { shell, targets } = this.parts
    const random = shell.faults.random(`${this.instance}:run`)
    if (!entry.starting) {
      if (this.refuses(order)) return 'failed'
      const fault = shell.faults.draw('checkout', ['delay', 'server_error'])
      if (fault === 'server_error') return 'failed'
      yield fault === 'delay' ? 20_000 + below(random, 60_000) : 500
      if (control.cancelled) return 'aborted'
      if (this.refuses(order)) return 'failed'
      if (shell.clock.now - this.heardAt >= FENCE_MS) return 'aborted'
      entry.starting = true
      yield 0
      const will = shell.faults.draw('command', ['server_error', 'hang'])
      const end = will === 'server_error' ? 'failed' : 'succeeded'
      const ms = (will === 'hang' ? 30_000 : 500) + below(random, 6_000)
      const { run, environment, sha, epoch, isPartial } = order
      targets.execute(
        { run, environment, sha, epoch, machine: this.instance, how: order.kind, isPartial },
        { end, ms },
      )
      yield 0
      entry.spawned = true
    }
    if (!entry.spawned) return 'unknown'
    for (;;) {
      const execution = targets.executions.get(order.run)
      // A copy of the journal on another machine: its process is nowhere here.
      if (execution === undefined || execution.machine !== this.instance) return 'unknown'
      if (execution.end === 'aborted') return control.cancelled ? 'aborted' : 'unknown'
      if (execution.end !== null) return execution.end
      if (control.cancelled) targets.kill(order.run)
      yield 250
    }
  }

  /** The fence on this machine. */
  private refuses({ run, environment, epoch }: Order): boolean {
    const here = [...this.journal.values()].filter(
      ({ order }) => order.environment === environment && order.run !== run,
    )
    if (here.some(({ order }) => order.epoch > epoch)) return true
    return here.some(({ order, starting, spawned, ended }) => {
      if (!starting) return false
      if (order.epoch === epoch) return true
      if (ended !== null && ended !== 'unknown') return false
      const alive = this.parts.targets.executions.get(order.run)?.end === null
      return (!spawned && ended === null) || alive
    })
  }

  private *report(order: Order, status: Outcome | 'running', times: number): Steps {
    for (let attempt = 0; attempt < times; attempt += 1) {
      try {
        const at = this.parts.server()
        if (at !== undefined) {
          yield* this.ask('agent.report', () =>
            at.replica.process.run(at.desk.report(at.replica, this.instance, order, status)),
          )
          return
        }
      } catch (fault) {
        if (!(fault instanceof Lost)) throw fault
      }
      yield 1_000
    }
  }

  /** A deploy by hand on this machine, while the server cannot be asked; false: refused. */
  byHand(at: { environment: string; sha: string; by: string; ms: number }): boolean {
    const { environment, sha, by, ms } = at
    const { targets } = this.parts
    const there = [...this.journal.values()].filter(
      ({ order }) => order.environment === environment,
    )
    if (there.some((one) => one.starting && one.ended === null)) return false
    if (there.some((one) => one.ended === 'unknown')) return false
    if (targets.atWork(environment) !== undefined || targets.untold.has(environment)) return false
    const [newest] = there.sort((a, b) => b.order.epoch - a.order.epoch)
    if (newest === undefined) return false
    const epoch = newest.order.epoch + 1
    const order = {
      run: `hand-${environment}-${epoch}`,
      environment,
      sha,
      epoch,
      kind: 'forward',
      isPartial: false,
    } as const
    const entry = this.note(order, by)
    entry.starting = true
    entry.spawned = true
    targets.untold.set(environment, (targets.untold.get(environment) ?? 0) + 1)
    const machine = this.instance
    targets.execute(
      { run: order.run, environment, sha, epoch, machine, how: 'by_hand', isPartial: false },
      { end: 'succeeded', ms },
    )
    this.parts.shell.clock.after(ms + 1, () => {
      const end = targets.executions.get(order.run)?.end ?? null
      entry.ended = end === 'aborted' ? 'unknown' : end
    })
    return true
  }

  /** False while one waits that the server should know before it orders. */
  private *tellByHand(): Steps<boolean> {
    const untold = [...this.journal.values()].filter(
      (one) => one.hand !== null && !one.acknowledged,
    )
    let all = true
    for (const entry of untold.sort((a, b) => a.order.epoch - b.order.epoch)) {
      const { order, hand, ended } = entry
      const isLive = [...this.live.keys()].some(
        (run) => this.journal.get(run)?.order.environment === order.environment,
      )
      const at = this.parts.server()
      if (ended === null || hand === null || isLive || at === undefined) {
        all = false
        continue
      }
      yield* this.ask('agent.account', () =>
        at.replica.process.run(at.desk.account(at.replica, order, hand, ended)),
      )
      entry.acknowledged = true
    }
    return all
  }
}
