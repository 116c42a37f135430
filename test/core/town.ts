/**
 * A town outside the core: the real branch, what was really deployed where, and who really said
 * what. People, agents and webhooks act at random; the town checks each start against its own books.
 *
 * Invariant: no verdict here uses a function of the core. Its books are kept from what was merged,
 * what a person was shown and pressed, and which command a target really executed.
 */
import type { Command } from '../../src/core/command.ts'
import { decide } from '../../src/core/decide.ts'
import type { Event } from '../../src/core/event.ts'
import type { Deployment } from '../../src/core/model.ts'
import type { Policy, WindowsPolicy } from '../../src/core/policy.ts'
import { wakeAt } from '../../src/core/wake.ts'
import { change, sha } from '../world/policy.ts'
import { actor, LineStory } from './line-story.ts'

export const AUTHORS = ['ana', 'bob', 'cem'] as const

interface Merged {
  readonly sha: string
  readonly author: string
  readonly parent: string | null
}

/** What an environment lost by going back: indices on the branch, (to, from]. */
interface TakenBack {
  readonly environment: string
  readonly to: number
  readonly from: number
  readonly releasedFor: Set<number>
}

/** Every fifth merge or so asks to ride alone, where the policy lets it. */
const isSolo = (index: number): boolean => index % 5 === 3

/** Every seventh bears the label of a hotfix. */
const isLabelled = (index: number): boolean => index % 7 === 2

export class Town {
  readonly story: LineStory
  readonly environments: readonly string[]
  readonly branch: Merged[] = []
  readonly heard = new Set<string>()
  /** Index on the branch of what really runs there; -1: nothing. */
  readonly real = new Map<string, number>()
  /** Authors' words per change that still stand. */
  readonly yes = new Map<string, Set<string>>()
  takenBack: TakenBack[] = []
  private placed = -1
  private readonly epochs = new Map<string, number>()

  private readonly solo: boolean
  private readonly windows: ReadonlyMap<string, WindowsPolicy | null>

  constructor(policy: Policy) {
    this.solo = policy.doors.solo !== null
    this.story = new LineStory(policy)
    this.environments = policy.environments.map(({ name }) => name)
    this.windows = new Map(policy.environments.map(({ name, windows }) => [name, windows]))
    for (const name of this.environments) this.real.set(name, -1)
  }

  get last(): string {
    return this.environments.at(-1) ?? ''
  }

  merge(author: string): void {
    const name = `m${this.branch.length}`
    this.branch.push({ sha: sha(name), author, parent: this.branch.at(-1)?.sha ?? null })
  }

  /** A webhook arrives: of any merge, also one that was told before. */
  hear(index: number): void {
    const merged = this.branch[index]
    if (merged === undefined) return
    this.heard.add(merged.sha)
    const { sha: its, author, parent } = merged
    const facts = { alone: this.solo && isSolo(index), labels: isLabelled(index) ? ['hotfix'] : [] }
    const one = { ...change(`m${index}`, facts), sha: its, author, parent, number: index + 1 }
    this.do('ci', { type: 'record_change', change: { ...one, mergedAt: 1_000 + index } })
  }

  /** Performs a command if it is accepted, and checks what follows from it. */
  do(who: string, command: Command): boolean {
    const { story } = this
    const decision = decide(story.pipeline, command, { actor: actor(who), now: story.now })
    if (!decision.ok) return false
    story.pipeline = decision.pipeline
    for (const { event } of decision.events) {
      story.log.push(event)
      if (event.type === 'deployment_requested') this.checkStart(event.deployment)
      if (event.type === 'rollback_ordered') this.checkBack(event)
      if (event.type === 'train_departed') this.checkDoors(event.changes)
      this.keepBooks(event)
    }
    this.checkPlaces()
    return true
  }

  consent(who: string, train: number): boolean {
    // Said before it is heard: the start may follow at once.
    const fresh = this.shown(train)
      .filter(({ author, sha: its }) => author === who && !this.words(its).has(who))
      .map(({ sha: its }) => this.words(its).add(who))
    const done = this.do(who, { type: 'consent', train })
    if (!done) for (const words of fresh) words.delete(who)
    return done
  }

  withdraw(who: string, train: number): boolean {
    const shown = this.shown(train)
    const what = 'consent' as const
    const done = this.do(who, { type: 'withdraw', train, what, of: null, reason: null })
    if (done) for (const one of shown) this.words(one.sha).delete(who)
    return done
  }

  releaseVeto(train: number): boolean {
    // Said before it is heard: the start may follow at once.
    const fresh = this.takenBack.filter(({ releasedFor }) => !releasedFor.has(train))
    for (const one of fresh) one.releasedFor.add(train)
    const done = this.do('dee', { type: 'release_veto', train, reason: 'looked at it' })
    if (!done) for (const one of fresh) one.releasedFor.delete(train)
    return done
  }

  /** Somebody puts a sha there by hand and says so. */
  deployByHand(environment: string, index: number): boolean {
    const merged = this.branch[index]
    if (merged === undefined || !this.heard.has(merged.sha)) return false
    const reason = 'by hand'
    const command = { type: 'record_release', environment, sha: merged.sha, reason } as const
    const { pipeline, now } = this.story
    if (!decide(pipeline, command, { actor: actor('dee'), now }).ok) return false
    // Done before it is said: the next start may follow at once.
    this.moved(environment, index)
    return this.do('dee', command)
  }

  /** The agent takes what waits, or the run ends: success alone changes the target. */
  agent(run: string, outcome: 'claim' | 'succeeded' | 'failed' | 'unknown'): void {
    const found = this.story.pipeline.deployments.find((one) => one.run === run)
    if (found === undefined) return
    if (outcome === 'claim') {
      this.do('signalbox', { type: 'claim_run', run })
      return
    }
    // A run that has ended cannot succeed once more.
    if (!found.claimed || !['requested', 'running', 'unknown'].includes(found.status)) return
    const ended = outcome !== 'succeeded' && found.cancelling ? 'aborted' : outcome
    if (ended === 'succeeded') this.moved(found.environment, this.indexOf(found.sha))
    const { epoch } = found
    const report = { run, epoch, status: ended, reason: null, tail: [] } as const
    this.do('signalbox', { type: 'record_run', ...report })
  }

  /** A person looks at the target and tells the truth about a run nobody knows the end of. */
  settle(environment: string): boolean {
    const lost = this.story.pipeline.deployments.find(
      (one) => one.environment === environment && one.status === 'unknown',
    )
    if (lost === undefined) return false
    const there = this.indexOf(lost.sha) === this.real.get(environment)
    const outcome = there ? 'succeeded' : 'failed'
    return this.do('dee', { type: 'settle_unknown', environment, outcome, reason: 'looked' })
  }

  indexOf(its: string): number {
    return this.branch.findIndex((one) => one.sha === its)
  }

  /** What a person sees aboard a train, as the state shows it. */
  private shown(train: number): readonly Merged[] {
    const there = this.story.pipeline.trains.some(
      ({ number, status }) => number === train && (status === 'boarding' || status === 'departed'),
    )
    const shas = there ? this.story.aboard(train) : []
    return this.branch.filter((one) => shas.includes(one.sha))
  }

  private words(its: string): Set<string> {
    const known = this.yes.get(its) ?? new Set<string>()
    this.yes.set(its, known)
    return known
  }

  private moved(environment: string, to: number): void {
    const from = this.real.get(environment) ?? -1
    this.real.set(environment, to)
    if (to < from) {
      const lost = { environment, to, from, releasedFor: new Set<number>() }
      this.takenBack.push(lost)
      if (environment === this.last) {
        for (const one of this.branch.slice(to + 1, from + 1)) this.words(one.sha).clear()
      }
    } else {
      this.takenBack = this.takenBack.filter(
        (one) => one.environment !== environment || one.from > to,
      )
    }
  }

  private keepBooks(event: Event): void {
    if (event.type !== 'deployment_requested' && event.type !== 'release_recorded') return
    const [environment, epoch] =
      event.type === 'release_recorded'
        ? [event.environment, event.release.epoch]
        : [event.deployment.environment, event.deployment.epoch]
    if (epoch <= (this.epochs.get(environment) ?? 0)) throw new Error('an epoch did not rise')
    this.epochs.set(environment, epoch)
  }

  /** What rides alone leaves alone, unless somebody coupled trains by a cancel. */
  private checkDoors(changes: readonly string[]): void {
    const solo = this.solo && changes.some((its) => isSolo(this.indexOf(its)))
    const coupled = this.story.log.some(({ type }) => type === 'train_cancelled')
    if (solo && changes.length > 1 && !coupled) throw new Error('what rides alone has company')
  }

  /** The heart: a start, against the town's own books. */
  private checkStart(started: Deployment): void {
    const { environment, kind, train } = started
    const others = this.story.pipeline.deployments.filter(
      (one) =>
        one.environment === environment &&
        one.run !== started.run &&
        ['requested', 'running', 'unknown'].includes(one.status),
    )
    if (others.length > 0) throw new Error(`two deployments at once in ${environment}`)
    if (kind === 'rollback') return
    const from = this.real.get(environment) ?? -1
    const to = this.indexOf(started.sha)
    const ships = this.branch.slice(from + 1, to + 1)
    if (to < from) throw new Error(`${environment} would go from ${from} to ${to} by a train`)
    // What was merged before the first change that anybody reported goes along, unasked.
    const known = ships.slice(
      Math.max(
        0,
        ships.findIndex((one) => this.heard.has(one.sha)),
      ),
    )
    const installed = from < 0 ? known : ships
    const unheard = installed.find((one) => !this.heard.has(one.sha))
    if (unheard !== undefined) throw new Error(`ships what nobody reported: ${unheard.sha}`)
    if (environment === this.last) {
      const silent = installed.find((one) => !this.words(one.sha).has(one.author))
      if (silent !== undefined) {
        throw new Error(`ships without its author's yes: #${this.indexOf(silent.sha) + 1}`)
      }
    }
    for (const lost of this.takenBack) {
      if (lost.environment !== environment || train === null) continue
      if (lost.releasedFor.has(train)) continue
      const first = Math.max(from, lost.to) + 1
      if (first <= Math.min(to, lost.from)) {
        throw new Error(`#${first} was taken back from ${environment} and ships again`)
      }
    }
    this.checkWindows(started, installed)
    const locked = this.story.log.findLast(
      (one) =>
        (one.type === 'locked' || one.type === 'unlocked' || one.type === 'lock_expired') &&
        (one.lock.environment === environment || one.lock.environment === null),
    )
    const passed = this.story.log.some((one) => one.type === 'lock_passed' && one.train === train)
    if (locked?.type === 'locked' && !passed) throw new Error(`starts in ${environment}, locked`)
  }

  /** By itself it goes back only to what runs there still, and never past anybody's lock. */
  private checkBack({ environment, order }: Extract<Event, { type: 'rollback_ordered' }>): void {
    if (order.by !== 'signalbox') return
    const runs = this.branch[this.real.get(environment) ?? -1]?.sha
    if (order.to.sha !== runs) throw new Error(`${environment} goes back to what never ran there`)
    for (const scope of [environment, null]) {
      const last = this.story.log.findLast(
        (one) =>
          (one.type === 'locked' || one.type === 'unlocked' || one.type === 'lock_expired') &&
          one.lock.environment === scope,
      )
      if (last?.type === 'locked' && last.lock.by !== 'signalbox') {
        throw new Error(`${environment} goes back by itself, locked by ${last.lock.by}`)
      }
    }
    const kept = this.story.log.findLast(
      (one) =>
        (one.type === 'deployment_requested' && one.deployment.environment === environment) ||
        (one.type === 'countdown_cancelled' && one.environment === environment),
    )
    if (kept?.type === 'countdown_cancelled') throw new Error(`${environment} was to stay`)
  }

  /** By the wall clock of UTC, and by who sent it: the town's windows are times of every day. */
  private checkWindows({ environment, train }: Deployment, ships: readonly Merged[]): void {
    const windows = this.windows.get(environment) ?? null
    if (windows === null) return
    const clock = new Date(this.story.now).toISOString().slice(11, 16)
    const isIn = ({ text }: { readonly text: string }): boolean => {
      const [from = '', to = ''] = text.split('-')
      return from <= clock && clock < to
    }
    const isOpen =
      (windows.allow.length === 0 || windows.allow.some(isIn)) && !windows.deny.some(isIn)
    const isUrgent = ships.every((one) => isLabelled(this.branch.indexOf(one)))
    const excepted = windows.except.labels.length > 0 && isUrgent
    const sent = this.story.log.some((one) => one.type === 'window_passed' && one.train === train)
    if (!isOpen && !excepted && !sent) {
      throw new Error(`starts in ${environment} at ${clock}, outside its windows`)
    }
  }

  /** Every heard merge is live in the last environment or aboard exactly one train. */
  private checkPlaces(): void {
    const line = this.story.pipeline.trains.filter(
      ({ status }) => status === 'boarding' || status === 'departed',
    )
    const aboard = line.flatMap(({ number }) => this.story.aboard(number))
    if (new Set(aboard).size !== aboard.length) throw new Error('a change is aboard two trains')
    const live = this.story.live(this.last)
    const liveIndex = live === undefined ? -1 : this.indexOf(live)
    const at = this.base(liveIndex)
    const pending = this.arrivingIndex()
    for (const [index, { sha: its }] of this.branch.entries()) {
      if (!this.heard.has(its) || index <= Math.max(at, pending)) continue
      if (!aboard.includes(its)) throw new Error(`#${index + 1} is in no place`)
    }
    for (const its of aboard) {
      const arrived = Math.min(liveIndex, this.arrivedIndex())
      const index = this.indexOf(its)
      // Until everything between is heard, nobody can say that it is live: `facts` stands.
      if (index <= arrived && this.isHeard(index, arrived)) {
        throw new Error(`#${this.indexOf(its) + 1} is live and aboard`)
      }
    }
  }

  /**
   * Up to where a place of its own is demanded of no change. A release by hand is the base of the
   * line only when its ancestry to the former release is known: until all between is heard.
   */
  private base(live: number): number {
    const [from, to] = [Math.min(live, this.placed), Math.max(live, this.placed)]
    const byHand = this.story.pipeline.environments.at(-1)?.live?.by != null
    if (!byHand || this.placed < 0 || this.isHeard(from, to)) this.placed = live
    return Math.max(live, this.placed)
  }

  private isHeard(after: number, upTo: number): boolean {
    return this.branch.slice(after + 1, upTo + 1).every((one) => this.heard.has(one.sha))
  }

  /** A rollback of the last environment leaves what it takes back with its arrived trains until it lands. */
  private arrivingIndex(): number {
    const order = this.story.pipeline.environments.at(-1)?.rollback ?? null
    return order === null ? -1 : this.indexOf(order.from)
  }

  private arrivedIndex(): number {
    const arrived = this.story.log.findLast((one) => one.type === 'train_arrived')
    return arrived?.type === 'train_arrived' ? this.indexOf(arrived.sha) : -1
  }

  /** Time passes as the sweep would let it; between two wakes nothing may have been due. */
  pass(ms: number): void {
    const { story } = this
    const until = story.now + ms
    for (;;) {
      const wake = wakeAt(story.pipeline, story.now)
      const calm = Math.min(wake ?? until, until)
      if (calm - 1 > story.now) {
        const early = decide(
          story.pipeline,
          { type: 'tick' },
          { actor: actor('signalbox'), now: calm - 1 },
        )
        const [first] = early.ok ? early.events : []
        if (first !== undefined) throw new Error(`due before it was announced: ${first.event.type}`)
      }
      if (wake === null || wake > until) break
      story.now = wake
      this.do('signalbox', { type: 'tick' })
    }
    story.now = until
  }
}
