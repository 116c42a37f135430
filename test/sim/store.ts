/**
 * The database of the simulated shell: one pipeline's rows, and the one transaction that decides.
 *
 * Invariant: a call here is one transaction, all or nothing; its moment is its own clock's, never a
 * replica's. It mirrors `app/dispatch.ts`, `app/outgoing.ts` and the tables they write.
 */
import { laneOf } from '../../src/app/outgoing.ts'
import type { Command } from '../../src/core/command.ts'
import { decide, type Recorded } from '../../src/core/decide.ts'
import type { Effect } from '../../src/core/effect.ts'
import { effectsOf, shownAnew, trainOf } from '../../src/core/effects.ts'
import type { Event } from '../../src/core/event.ts'
import { unfinished } from '../../src/core/line.ts'
import type { Actor, Pipeline } from '../../src/core/model.ts'
import type { Refusal } from '../../src/core/refusal.ts'
import { wakeAt } from '../../src/core/wake.ts'
import type { VirtualClock } from './clock.ts'

export interface AuditRow {
  readonly seq: number
  readonly at: number
  readonly actor: string
  readonly event: Event
}

export interface Waiting {
  readonly id: number
  readonly train: number | null
  readonly lane: string
  readonly effect: Effect
  seq: number
  readonly createdAt: number
  dueAt: number
  attempts: number
  unsure: boolean
}

/** Everything that was asked of the line, in order: what another shell can be asked in its turn. */
export type Asked =
  | { readonly at: number; readonly command: Command; readonly actor: Actor }
  | { readonly at: number; readonly set: Partial<Pick<Pipeline, 'policy' | 'people' | 'lockAll'>> }

/** Who holds a run, and until when silence is no news. */
export interface Held {
  readonly instance: string
  until: number
}

export interface InboxRow {
  readonly body: string
  readonly commands: readonly Command[]
  dueAt: number
  attempts: number
}

export type Outcome =
  | { readonly ok: true; readonly events: readonly Recorded[] }
  | { readonly ok: false; readonly refusal: Refusal }

/** Sees every transaction, before and after. */
export interface Witness {
  /** Answers what is to be done once it was refused. */
  readonly asked: (command: Command, actor: Actor) => () => void
  readonly answered: (command: Command, actor: Actor, outcome: Outcome, before: Pipeline) => void
}

const REMIND_AFTER_MS = 30 * 60_000

export class Store {
  pipeline: Pipeline
  dueAt: number | null
  readonly audit: AuditRow[] = []
  readonly asked: Asked[] = []
  readonly outbox = new Map<number, Waiting>()
  readonly lanes = new Map<string, { holder: string; until: number }>()
  readonly inbox = new Map<number, InboxRow>()
  /** Bodies that were ever stored: a repeat is no news. */
  readonly stored = new Set<string>()
  readonly held = new Map<string, Held>()
  /** When each step of a run, or an environment, was last looked at. */
  readonly looks = new Map<string, number>()
  /** Presses already taken. */
  readonly taken = new Set<string>()
  /** By train: where its announcement stands, and what it shows. */
  readonly posted = new Map<number, { ts: string; shows: string; at: number }>()
  /** By key: GitHub's id of a deployment, and what it was told. */
  readonly mirrored = new Map<string, { id: number; state: string }>()
  /** The branch's head when it was last compared. */
  sawHead: string | null = null
  private nextId = 1
  readonly clock: VirtualClock
  private readonly witness: Witness

  constructor(pipeline: Pipeline, clock: VirtualClock, witness: (store: Store) => Witness) {
    this.pipeline = pipeline
    this.dueAt = clock.now
    this.clock = clock
    this.witness = witness(this)
  }

  dispatch(command: Command, actor: Actor, also: () => void = () => undefined): Outcome {
    const { now } = this.clock
    this.asked.push({ at: now, command, actor })
    const refused = this.witness.asked(command, actor)
    const before = this.pipeline
    const decision = decide(before, command, { actor, now })
    if (!decision.ok) {
      refused()
      this.witness.answered(command, actor, decision, before)
      return decision
    }
    this.pipeline = decision.pipeline
    this.dueAt = this.nextLook(command, decision)
    also()
    const first = this.audit.length + 1
    for (const { actor: by, event } of decision.events) {
      const seq = this.audit.length + 1
      this.audit.push({ seq, at: now, actor: by, event })
    }
    this.putEffects(before, decision.events, first)
    if (command.type === 'tick' && decision.events.length === 0) this.redraw()
    this.witness.answered(command, actor, decision, before)
    return decision
  }

  private nextLook(
    command: Command,
    { pipeline, events }: Extract<ReturnType<typeof decide>, { ok: true }>,
  ): number | null {
    const { now } = this.clock
    if (command.type === 'record_release') return now
    const isDue = this.dueAt !== null && this.dueAt <= now
    if (isDue && command.type !== 'tick') return this.dueAt
    // The same state has the same next moment.
    return events.length === 0 && !isDue ? this.dueAt : wakeAt(pipeline, now)
  }

  /** What is no command: the configuration, and the lock on everything. */
  set(set: Extract<Asked, { set: unknown }>['set']): void {
    this.asked.push({ at: this.clock.now, set })
    this.pipeline = { ...this.pipeline, ...set }
    this.dueAt = this.clock.now
  }

  private putEffects(before: Pipeline, events: readonly Recorded[], first: number): void {
    const announced = new Map(
      shownAnew(before, this.pipeline).map((train) => [train, this.audit.length]),
    )
    const rest: { seq: number; train: number | null; effect: Effect }[] = []
    for (const [index, { event }] of events.entries()) {
      const seq = first + index
      for (const effect of effectsOf(event)) {
        if (effect.type !== 'announce') {
          rest.push({ seq, effect, train: trainOf(event, this.pipeline) })
          continue
        }
        const line = unfinished(this.pipeline).map(({ number }) => number)
        for (const train of effect.train === null ? line : [effect.train]) announced.set(train, seq)
      }
    }
    for (const [train, seq] of announced) this.put(train, { type: 'announce', train }, seq)
    for (const { seq, train, effect } of rest) this.put(train, effect, seq)
  }

  /** Announcements drawn anew: the hour has changed, not the line. */
  private redraw(): void {
    for (const { number } of unfinished(this.pipeline)) {
      this.put(number, { type: 'announce', train: number }, 0)
    }
  }

  private put(train: number | null, effect: Effect, seq: number): void {
    const { now } = this.clock
    const lane = laneOf(this.pipeline.name, train, effect)
    if (effect.type === 'announce') {
      for (const row of this.outbox.values()) {
        if (row.effect.type !== 'announce' || row.train !== train) continue
        row.seq = Math.max(row.seq, seq)
        if (seq === 0) row.dueAt += 1
        return
      }
    }
    const id = this.nextId
    this.nextId += 1
    const dueAt = now + (effect.type === 'remind' ? REMIND_AFTER_MS : 0)
    const its = { id, train, lane, effect, seq, createdAt: now, dueAt, attempts: 0, unsure: false }
    this.outbox.set(id, its)
  }

  /** Lanes whose first row is due and which nobody holds. */
  dueLanes(): readonly string[] {
    const { now } = this.clock
    const heads = new Map<string, Waiting>()
    for (const row of this.outbox.values()) if (!heads.has(row.lane)) heads.set(row.lane, row)
    return [...heads.values()].flatMap(({ lane, dueAt }) => {
      const held = this.lanes.get(lane)
      return dueAt <= now && (held === undefined || held.until <= now) ? [lane] : []
    })
  }

  holdLane(lane: string, holder: string, leaseMs: number): boolean {
    const { now } = this.clock
    const held = this.lanes.get(lane)
    if (held !== undefined && held.holder !== holder && held.until > now) return false
    this.lanes.set(lane, { holder, until: now + leaseMs })
    return true
  }

  leaveLane(lane: string, holder: string): void {
    if (this.lanes.get(lane)?.holder === holder) this.lanes.delete(lane)
  }

  waitingIn(lane: string): readonly Waiting[] {
    return [...this.outbox.values()].filter((row) => row.lane === lane)
  }

  /** Delivered, unless it was touched meanwhile. */
  settle({ id, seq, dueAt }: Pick<Waiting, 'id' | 'seq' | 'dueAt'>): void {
    const row = this.outbox.get(id)
    if (row === undefined) return
    if (row.seq === seq && row.dueAt === dueAt) this.outbox.delete(id)
    else Object.assign(row, { attempts: 0, unsure: false })
  }

  store(body: string, commands: readonly Command[]): void {
    if (this.stored.has(body)) return
    this.stored.add(body)
    this.inbox.set(this.nextId, { body, commands, dueAt: this.clock.now, attempts: 0 })
    this.nextId += 1
  }

  /** Due deliveries, leased: whoever dies leaves them to the next. */
  claimDeliveries(limit: number, leaseMs: number): readonly (readonly [number, InboxRow])[] {
    const { now } = this.clock
    const due = [...this.inbox].filter(([, row]) => row.dueAt <= now).slice(0, limit)
    for (const [, row] of due) {
      row.attempts += 1
      row.dueAt = now + leaseMs
    }
    return due
  }
}
