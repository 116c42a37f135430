/**
 * A history, played from its first act to the last train's end.
 *
 * Invariant: what it finds depends on the history alone. When all faults stop, everything moves on
 * by itself or says what it waits for; and once everybody helps, everything arrives.
 */
import { blockers } from '../../src/core/gate.ts'
import { nextEnvironment, unfinished } from '../../src/core/line.ts'
import { isAtWork as isMigrating, phaseOf } from '../../src/core/migration.ts'
import { waitsOf } from '../../src/core/migration-way.ts'
import { standing } from '../../src/core/migrations.ts'
import { isAtWork } from '../../src/core/steps.ts'
import { perform } from './acts.ts'
import { Broken, must } from './broken.ts'
import { help } from './help.ts'
import type { History } from './history.ts'
import { drawn, sceneOf, stateOf } from './relaying.ts'
import type { Asked } from './store.ts'
import { World } from './world.ts'

export interface Failure {
  readonly invariant: string
  readonly what: string
  /** The index of the act after which it was seen. */
  readonly act: number
}

export interface Played {
  readonly failure: Failure | null
  /** Every command, refusal, event and fault, with how often. */
  readonly counts: ReadonlyMap<string, number>
  /** One line for each commit: what a second play must repeat byte for byte. */
  readonly log: () => readonly string[]
}

export function play(history: History): Played {
  const counts = new Map<string, number>()
  const count = (what: string): void => {
    counts.set(what, (counts.get(what) ?? 0) + 1)
  }
  const world = new World(history, count)
  let at = 0
  const told = (failure: Failure | null): Played => ({ failure, counts, log: () => logOf(world) })
  try {
    for (const act of history.acts) {
      world.clock.pass(act.after)
      count(`act:${act.act}`)
      perform(world, act)
      at += 1
    }
    world.clock.pass(5_000)
    heal(world)
    help(world)
  } catch (fault) {
    if (fault instanceof Broken) {
      return told({ invariant: fault.invariant, what: fault.message, act: at })
    }
    const what = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)
    return told({ invariant: 'fault', what, act: at })
  }
  return told(null)
}

/** The first `most` things that are asked of the line in a history, for another shell to be asked. */
export function askedIn(history: History, most: number): readonly Asked[] {
  const world = new World(history, () => undefined)
  for (const act of history.acts) {
    if (world.store.asked.length >= most) break
    world.clock.pass(act.after)
    perform(world, act)
  }
  world.clock.pass(5_000)
  return world.store.asked.slice(0, most)
}

const logOf = ({ store }: World): readonly string[] =>
  store.audit.map(({ at, actor, event }) => `${at} ${actor} ${JSON.stringify(event)}`)

/** A silent agent's lease takes a minute, and so does GitHub's lag behind its webhooks. */
const LEASES_MS = 65_000
const QUIET_MS = 60_000
const TAKEN_UP_MS = 60_000

/** All faults stop; whatever died is started again, and soon after GitHub is compared. */
function heal(world: World): void {
  world.faults.active = false
  for (const replica of world.replicas) {
    if (!replica.process.isAlive) world.startReplica(replica)
  }
  for (const machine of world.machines) if (!machine.process.isAlive) machine.start()
  world.compare()
  world.clock.pass(LEASES_MS)
  world.compare()
  world.clock.pass(QUIET_MS)
  // What came due in this very second is taken up within a few, and what a window has just let in
  // lands; what was not announced never is.
  for (let ms = 0; ms < TAKEN_UP_MS && isBusy(world); ms += 500) world.clock.pass(500)
  judgeQuiet(world)
}

/** Something is due, under way, or on its way to be shown. */
const isBusy = ({ store, clock, pipeline }: World): boolean =>
  (store.dueAt !== null && store.dueAt <= clock.now) ||
  pipeline.deployments.some(isAtWork) ||
  pipeline.migrations.some(isMigrating) ||
  [...store.outbox.values()].some(({ effect }) => effect.type !== 'remind')

/** Everything has moved as far as it can by itself, and everybody is shown the present. */
export function judgeQuiet(world: World): void {
  const { store, books, clock, vendors } = world
  const { pipeline } = store
  must(store.inbox.size === 0, 'I-20', () => `${store.inbox.size} deliveries wait for ever`)
  for (const train of unfinished(pipeline)) {
    if (train.status !== 'departed' || train.cancelling !== null) continue
    const policy = nextEnvironment(pipeline, train)
    if (policy === undefined) continue
    const why = blockers(pipeline, train, { policy, now: clock.now })
    must(why.length > 0, '6.11', () => `train #${train.number} waits for nothing in ${policy.name}`)
  }
  for (const one of pipeline.deployments) {
    must(!isAtWork(one), '6.11', () => `${one.key} is ${one.status} for ever`)
  }
  for (const one of standing(pipeline)) {
    must(!isMigrating(one), '6.11', () => `${one.run?.run} is ${one.run?.status} for ever`)
    if (phaseOf(one) !== 'running' && phaseOf(one) !== 'verifying') continue
    const why = waitsOf(pipeline, one, clock.now)
    must(why.length > 0, '6.11', () => `a migration waits for nothing in ${one.environment}`)
  }
  for (const { name, live } of pipeline.environments) {
    if (books.targets.untold.has(name) || isUnclear(world, name)) continue
    const really = books.targets.at(name)
    must(
      (live?.sha ?? null) === really,
      'I-17',
      () => `${name} has ${really}, and not ${live?.sha}`,
    )
  }
  for (const row of store.outbox.values()) {
    must(row.effect.type === 'remind', 'I-20', () => `${row.effect.type} waits in ${row.lane}`)
  }
  for (const { number } of pipeline.trains) {
    const scene = sceneOf(store, number)
    const there = vendors.slack.messages.find((one) => one.train === number)
    if (scene === undefined || scene.train.status === 'boarding') continue
    const shows = drawn(scene)
    // What is over is drawn with its end; the line goes on without it.
    const isSame =
      scene.train.status === 'departed'
        ? there?.shows === shows
        : there !== undefined && headOf(there.shows) === headOf(shows)
    must(isSame, 'I-9', () => `train #${number} is shown as it was: ${there?.shows}, now ${shows}`)
  }
  for (const one of pipeline.deployments) {
    const id = vendors.github.find(one.key)
    const shows = id === null ? 'nothing' : vendors.github.deployments[id]?.state
    const isTold = one.account !== null
    must(isTold || shows === stateOf(one), 'I-20', () => `GitHub shows ${one.key} as ${shows}`)
  }
}

/** A person has yet to say what is there: half of something, or nobody knows. */
function isUnclear({ pipeline }: World, environment: string): boolean {
  return pipeline.deployments.some(
    (one) => one.environment === environment && !one.settled && ['unknown'].includes(one.status),
  )
}

/** The headline of a message, which says how a train stands. */
function headOf(shows: string): string {
  const { blocks } = JSON.parse(shows) as { readonly blocks: readonly unknown[] }
  return JSON.stringify(blocks[0])
}
