/**
 * Everything of one history: two replicas, machines, vendors, the books, and the clock they share.
 *
 * Invariant: the seed decides; nothing here reads a real clock or a real random number.
 */
import type { Command } from '../../src/core/command.ts'
import { decide } from '../../src/core/decide.ts'
import { decideLockAll, type LockAllCommand } from '../../src/core/lock-all.ts'
import type { Actor, Pipeline } from '../../src/core/model.ts'
import type { Policy } from '../../src/core/policy.ts'
import { randomOf } from '../proof/size.ts'
import { emptyPipeline } from '../world/policy.ts'
import { AgentDesk } from './agent-desk.ts'
import { Books } from './books.ts'
import { VirtualClock } from './clock.ts'
import { call, type Fault, FaultPlan, within } from './faults.ts'
import { Github } from './github.ts'
import type { History } from './history.ts'
import { judge } from './judge.ts'
import { seeHealth, seeReality } from './looking.ts'
import { Lost } from './lost.ts'
import { Machine } from './machine.ts'
import { PEOPLE, POLICIES } from './policies.ts'
import { Process, type Steps } from './process.ts'
import { reconcile, seeMerged } from './reconciling.ts'
import { relay } from './relaying.ts'
import { Replica, type Shell, SYSTEM_ACTOR } from './replica.ts'
import { Store } from './store.ts'
import { hear, look, sweep } from './sweeping.ts'
import { GithubTruth, SlackTruth } from './vendors.ts'

const START = Date.parse('2026-03-02T10:00:00Z')

const DELIVERY: readonly Fault[] = [
  'delay',
  'drop',
  'duplicate',
  'reorder',
  'reply_lost',
  'server_error',
  'wrong',
]

export class World {
  readonly clock = new VirtualClock(START)
  readonly faults: FaultPlan
  readonly books: Books
  readonly store: Store
  readonly github: Github
  readonly vendors = { slack: new SlackTruth(), github: new GithubTruth() }
  readonly replicas: readonly Replica[]
  readonly machines: Machine[] = []
  readonly count: (what: string) => void
  /** What a process cannot lose: people, Slack's own retries, GitHub. */
  private readonly outside: Process
  private readonly desk: AgentDesk
  private presses = 0
  private turn = 0

  constructor(history: History, count: (what: string) => void) {
    this.count = count
    this.faults = new FaultPlan(history, count)
    const policy = POLICIES[history.policy % POLICIES.length] as Policy
    this.books = new Books(this.clock, policy, PEOPLE)
    const pipeline: Pipeline = { ...emptyPipeline(policy), people: PEOPLE }
    this.store = new Store(pipeline, this.clock, (store) => judge(store, this.books, count))
    this.outside = new Process(this.clock, () => false)
    this.desk = new AgentDesk(this.books)
    this.github = new Github(this.books, (body, commands) => this.deliver(body, commands))
    const shell: Shell = { clock: this.clock, store: this.store, faults: this.faults }
    const pace = randomOf(history.seed + 1)
    this.replicas = ['web-1', 'web-2'].map((name) => new Replica(shell, name, 0.8 + pace() * 0.4))
    for (const replica of this.replicas) this.startReplica(replica)
    this.addMachine().start()
  }

  get pipeline(): Pipeline {
    return this.store.pipeline
  }

  addMachine(): Machine {
    const parts = {
      shell: { clock: this.clock, store: this.store, faults: this.faults },
      targets: this.books.targets,
      server: () => {
        const replica = this.server()
        return replica && { replica, desk: this.desk }
      },
    }
    const machine = new Machine(parts, `machine-${this.machines.length + 1}`)
    this.machines.push(machine)
    return machine
  }

  /** Whoever answers now, in turn. */
  server(): Replica | undefined {
    this.turn += 1
    const alive = this.replicas.filter(({ process }) => process.isAlive)
    return alive[this.turn % Math.max(1, alive.length)]
  }

  startReplica(replica: Replica): void {
    replica.process.start()
    const holder = `${replica.name}-${this.clock.now}`
    replica.every(1_000, () => sweep(replica))
    replica.every(1_000, () => this.sweepLockAll(replica))
    replica.every(900, () => hear(replica))
    replica.every(1_000, () => relay(replica, this.vendors, holder))
    replica.every(5_000, () => seeMerged(replica, this.books))
    replica.every(1_000, () => seeHealth(replica, this.books))
    replica.every(2_000, () => seeReality(replica, this.books))
    replica.process.run(reconcile(replica, this.github))
    replica.every(300_000, () => reconcile(replica, this.github))
  }

  /** Now, and not only within the next five minutes. */
  compare(): void {
    const replica = this.server()
    replica?.process.run(reconcile(replica, this.github))
  }

  hint(): void {
    const replica = this.server()
    replica?.process.run(look(replica))
  }

  actor(name: string): Actor {
    const person = this.books.people.find((one) => one.name === name)
    return person === undefined
      ? { name, kind: 'machine', groups: [] }
      : { name, kind: 'person', groups: person.groups }
  }

  /** Somebody presses: Slack delivers it, again when nobody acknowledged, or as another event. */
  say(who: string, command: Command): void {
    this.presses += 1
    const identity = `press-${this.presses}`
    const { clock, faults } = this
    const attempt = (key: string) => () => {
      const replica = this.server()
      const nobody = new Process(clock, () => false)
      nobody.isAlive = false
      return (replica?.process ?? nobody).run(this.answer(replica, { key, who, command }))
    }
    const deliver = (key: string) => {
      const act = attempt(key)
      const wrong = () => {
        attempt(`${key}-as-another-event`)()
        return act()
      }
      return call({ faults, clock }, { port: 'slack.press', kinds: DELIVERY, act, wrong })
    }
    this.outside.run(
      (function* (): Steps {
        for (const againMs of [1_000, 60_000, 0]) {
          try {
            yield* within(clock, yield* deliver(identity))
            return
          } catch (fault) {
            if (!(fault instanceof Lost)) throw fault
          }
          yield againMs
        }
      })(),
    )
  }

  private *answer(
    replica: Replica | undefined,
    {
      key,
      who,
      command,
    }: { readonly key: string; readonly who: string; readonly command: Command },
  ): Steps {
    if (replica === undefined) throw new Lost('no server answers')
    const { taken } = this.store
    const isFirst = yield* replica.tx(() => {
      const first = !taken.has(key)
      taken.add(key)
      return first
    })
    if (!isFirst) return
    try {
      yield* replica.dispatch(command, this.actor(who))
    } catch (fault) {
      if (!(fault instanceof Lost)) throw fault
      yield* replica.tx(() => taken.delete(key))
      throw fault
    }
  }

  private deliver(body: string, commands: readonly Command[]): void {
    const { clock, faults } = this
    const act = () => {
      const replica = this.server()
      replica?.process.run(replica.tx(() => this.store.store(body, commands)))
    }
    const wrong = () => {
      const replica = this.server()
      replica?.process.run(replica.tx(() => this.store.store(`${body} as another event`, commands)))
      act()
    }
    this.outside.run(
      call({ faults, clock }, { port: 'github.webhook', kinds: DELIVERY, act, wrong }),
    )
  }

  /** Somebody puts a sha there by other means and says so in the same moment. */
  recordRelease(who: string, environment: string, sha: string): void {
    const { targets } = this.books
    if (!this.wouldRecord(who, environment, sha)) return
    const command = { type: 'record_release', environment, sha, reason: 'by hand' } as const
    const replica = this.server()
    replica?.process.run(
      replica.dispatch(command, this.actor(who), () => targets.put(environment, sha)),
    )
  }

  /** The lock on everything: one row of its own. */
  lockAll(who: string, command: LockAllCommand): void {
    const replica = this.server()
    replica?.process.run(replica.tx(() => this.decideLockAll(this.actor(who), command)))
  }

  private wouldRecord(who: string, environment: string, sha: string): boolean {
    const command = { type: 'record_release', environment, sha, reason: 'by hand' } as const
    return decide(this.pipeline, command, { actor: this.actor(who), now: this.clock.now }).ok
  }

  private decideLockAll(actor: Actor, command: LockAllCommand): void {
    const { store, books } = this
    const standing = store.pipeline.lockAll
    const policies = [store.pipeline.policy]
    const context = { actor, now: this.clock.now }
    const answer = decideLockAll({ standing, policies }, command, context)
    if (!answer.ok || answer.event === null) return
    this.count(`event:everything_${answer.event.type}`)
    const { lock, type } = answer.event
    const now = type === 'locked' ? lock : null
    store.set({ lockAll: now })
    books.lockAll = now && { id: now.id, by: now.by, expires: now.expires }
  }

  private *sweepLockAll(replica: Replica): Steps {
    yield* replica.tx(() => this.decideLockAll(SYSTEM_ACTOR, { type: 'tick' }))
  }

  /** Another configuration file, read by everybody. */
  configure(change: Partial<Pick<Pipeline, 'policy' | 'people'>>): void {
    const { store, books } = this
    store.set(change)
    books.people = store.pipeline.people
    books.policy = store.pipeline.policy
  }
}
