/**
 * The relay of a replica: what waits in the outbox, delivered lane by lane.
 *
 * Invariant: the steps of `app/relay.ts`, `app/announce.ts`, `app/narrate.ts` and
 * `github/mirror.ts`, with their probes. The words are the real ones: the views are pure.
 */

import type { Effect } from '../../src/core/effect.ts'
import { aboard, environmentOf } from '../../src/core/line.ts'
import type { Deployment, Pipeline, Train } from '../../src/core/model.ts'
import type { Scene } from '../../src/slack/scene.ts'
import { announcement } from '../../src/slack/views/announcement.ts'
import { narrate } from '../../src/slack/views/narration.ts'
import { call, type Fault } from './faults.ts'
import { Lost } from './lost.ts'
import type { Steps } from './process.ts'
import { type Replica, SYSTEM_ACTOR } from './replica.ts'
import type { Store, Waiting } from './store.ts'
import type { GithubTruth, SlackTruth } from './vendors.ts'

export interface Vendors {
  readonly slack: SlackTruth
  readonly github: GithubTruth
}

const LEASE_MS = 45_000
const LATE_MS = 10 * 60_000
const UPDATE_EVERY_MS = 1_000

const SLACK_FAULTS: readonly Fault[] = [
  'delay',
  'drop',
  'reply_lost',
  'limited',
  'server_error',
  'hang',
]

export function* relay(replica: Replica, vendors: Vendors, holder: string): Steps {
  const { store } = replica.shell
  for (const lane of yield* replica.tx(() => store.dueLanes())) {
    try {
      while (yield* replica.tx(() => store.holdLane(lane, holder, LEASE_MS))) {
        const rows = yield* replica.tx(() => batchOf(store, lane))
        if (rows.length === 0 || !(yield* deliver(replica, vendors, rows))) break
      }
    } catch (fault) {
      if (!(fault instanceof Lost)) throw fault
    }
    yield* replica.tx(() => store.leaveLane(lane, holder))
  }
}

type Row = Readonly<Waiting>

function batchOf(store: Store, lane: string): readonly Row[] {
  const { now } = store.clock
  const rows = store.waitingIn(lane).map((row) => ({ ...row }))
  const [head] = rows
  if (head === undefined || head.dueAt > now) return []
  const isLate = (row: Row): boolean =>
    row.effect.type === 'narrate' && now - row.createdAt > LATE_MS
  return isLate(head) ? [head, ...rows.slice(1).filter(isLate)] : [head]
}

function* deliver(replica: Replica, vendors: Vendors, rows: readonly Row[]): Steps<boolean> {
  const { store, clock } = replica.shell
  const [head] = rows
  if (head === undefined) return false
  const own = (act: (row: Waiting) => void): void => {
    for (const { id } of rows) {
      const row = store.outbox.get(id)
      if (row !== undefined) act(row)
    }
  }
  yield* replica.tx(() =>
    own((row) => {
      row.attempts += 1
      row.unsure = true
    }),
  )
  try {
    const laterMs = yield* perform(replica, vendors, rows)
    yield* replica.tx(() => {
      if (laterMs === null) for (const row of rows) store.settle(row)
      else own((row) => Object.assign(row, { dueAt: clock.now + laterMs, unsure: head.unsure }))
    })
    return laterMs === null
  } catch (fault) {
    if (!(fault instanceof Lost)) throw fault
    const isLimit = fault.afterMs !== null
    const backoff = Math.min(30_000, 500 * 2 ** Math.min(head.attempts, 10))
    yield* replica.tx(() =>
      own((row) =>
        Object.assign(row, {
          dueAt: clock.now + (fault.afterMs ?? backoff),
          unsure: rows.some(({ unsure }) => unsure) || !isLimit,
        }),
      ),
    )
    return false
  }
}

/** Null: done; else how long to wait. */
function* perform(replica: Replica, vendors: Vendors, rows: readonly Row[]): Steps<number | null> {
  const [head] = rows
  if (head === undefined) return null
  switch (head.effect.type) {
    case 'announce':
      return head.train === null ? null : yield* announce(replica, vendors.slack, head.train, head)
    case 'narrate':
      return yield* tell(replica, vendors.slack, rows)
    case 'mirror':
      return yield* mirror(replica, vendors.github, head.effect.key)
    case 'flag_off':
      return yield* turnFlagOff(replica, head.effect)
    case 'retire':
      return yield* retire(replica, head.effect.key)
    default:
      return null
  }
}

/** A train as its announcement shows it; undefined: there is none of that number. */
export function sceneOf(store: Store, number: number): Scene | undefined {
  const { pipeline, clock } = store
  const train = pipeline.trains.find((one) => one.number === number)
  if (train === undefined) return undefined
  const isOn = train.status === 'boarding' || train.status === 'departed'
  const carried = train.carried ?? []
  const changes = isOn
    ? aboard(pipeline, train)
    : pipeline.changes.filter(({ sha }) => carried.includes(sha))
  const deployments = pipeline.deployments.filter((one) => one.train === number)
  const links = { url: 'http://sim', repository: null, logs: {}, announcement: null }
  // What is over is no part of the line it is drawn beside.
  const others = isOn ? pipeline : off(pipeline, train)
  return { pipeline: others, train, changes, deployments, now: clock.now, links }
}

const off = (pipeline: Pipeline, train: Train): Pipeline => ({
  ...pipeline,
  trains: pipeline.trains.filter((one) => one !== train),
})

export const drawn = (scene: Scene): string => JSON.stringify(announcement(scene))

function* announce(
  replica: Replica,
  slack: SlackTruth,
  train: number,
  row: Row,
): Steps<number | null> {
  const { store, clock } = replica.shell
  const staged = yield* replica.tx(() => {
    const scene = sceneOf(store, train)
    const posted = store.posted.get(train)
    return scene && { scene, posted: posted && { ...posted } }
  })
  if (staged === undefined) return null
  const shows = drawn(staged.scene)
  const standing =
    staged.posted ?? (row.unsure ? yield* searched(replica, slack, train) : undefined)
  if (standing === undefined) {
    const ts = yield* at(replica, 'slack.post', () =>
      slack.post({ train, tells: null, thread: null, shows }),
    )
    yield* replica.tx(() => store.posted.set(train, { ts, shows, at: clock.now }))
    return null
  }
  if (standing.shows === shows && !row.unsure) return null
  const ageMs = clock.now - standing.at
  if (ageMs < UPDATE_EVERY_MS) return UPDATE_EVERY_MS - ageMs
  yield* at(replica, 'slack.update', () => slack.update(standing.ts, shows))
  yield* replica.tx(() => store.posted.set(train, { ts: standing.ts, shows, at: clock.now }))
  return null
}

function* searched(
  replica: Replica,
  slack: SlackTruth,
  train: number,
): Steps<{ ts: string; shows: string; at: number } | undefined> {
  const found = yield* at(replica, 'slack.history', () =>
    slack.messages.find((one) => one.train === train),
  )
  return found && { ts: found.ts, shows: '', at: 0 }
}

function* at<T>(replica: Replica, port: string, act: () => T): Steps<T> {
  return yield* call(replica.shell, { port, kinds: SLACK_FAULTS, act })
}

function* tell(replica: Replica, slack: SlackTruth, rows: readonly Row[]): Steps<null> {
  const { store } = replica.shell
  const [head] = rows
  if (head === undefined) return null
  const { train } = head
  const open = yield* replica.tx(() => {
    const scene = train === null ? null : (sceneOf(store, train) ?? null)
    return rows.filter(({ seq }) => {
      const told = store.audit[seq - 1]
      return told !== undefined && narrate(told, scene, store.pipeline) !== null
    })
  })
  if (open.length === 0) return null
  const unsure = rows.some((row) => row.unsure)
  let thread: string | null = null
  if (train !== null) {
    const standing = yield* replica.tx(() => store.posted.get(train)?.ts)
    if (standing === undefined) yield* announce(replica, slack, train, { ...head, unsure: true })
    thread = (yield* replica.tx(() => store.posted.get(train)?.ts)) ?? null
  }
  const told = unsure
    ? yield* at(replica, 'slack.replies', () =>
        slack.messages.flatMap((one) => (one.thread === thread && one.tells ? [one.tells] : [])),
      )
    : []
  const fresh = open.filter(({ seq }) => !told.some(([from, to]) => from <= seq && seq <= to))
  const [first, last] = [fresh[0], fresh.at(-1)]
  if (first === undefined || last === undefined) return null
  yield* at(replica, 'slack.reply', () =>
    slack.post({ train: null, tells: [first.seq, last.seq], thread, shows: '' }),
  )
  return null
}

/** GitHub's word for a deployment as it stands. */
export const stateOf = ({ status }: Deployment): string =>
  status === 'verified' ? 'succeeded' : status

function* mirror(replica: Replica, github: GithubTruth, key: string): Steps<null> {
  const { store } = replica.shell
  const on = <T>(port: string, act: () => T): Steps<T> =>
    call(replica.shell, { port, kinds: SLACK_FAULTS, act })
  const found = yield* replica.tx(() => {
    const one = store.pipeline.deployments.find((its) => its.key === key)
    return one && { state: stateOf(one), known: store.mirrored.get(key) }
  })
  if (found === undefined) return null
  const { state, known } = found
  const id =
    known?.id ??
    (yield* on('github.deployments', () => github.find(key))) ??
    (yield* on('github.deploy', () => github.make(key)))
  if (known === undefined) yield* replica.tx(() => store.mirrored.set(key, { id, state: '' }))
  if (known?.state === state) return null
  yield* on('github.status', () => github.tell(id, state))
  yield* replica.tx(() => store.mirrored.set(key, { id, state }))
  return null
}

/** As `app/flag-off.ts` does over HTTP: whatever goes wrong there is an answer, recorded once. */
function* turnFlagOff(
  replica: Replica,
  { environment, flag, since }: Extract<Effect, { type: 'flag_off' }>,
): Steps<null> {
  const { store } = replica.shell
  const known = yield* replica.tx(() => environmentOf(store.pipeline, environment)?.flags ?? [])
  const open = known.find((one) => one.flag === flag && one.since === since)
  if (open?.status !== 'requested') return null
  const off = { environment, flag, since } as const
  const told = yield* posted(replica)
  yield* replica.dispatch({ type: 'record_flag', ...off, ...told }, SYSTEM_ACTOR)
  return null
}

/** As `app/retire.ts` and its agent do, in one step: nobody waits for what comes of it. */
function* retire(replica: Replica, key: string): Steps<null> {
  const { store } = replica.shell
  const done = yield* replica.tx(() => store.pipeline.deployments.find((one) => one.key === key))
  const policies = store.pipeline.policy.environments
  const after = policies.find(({ name }) => name === done?.environment)?.afterVerified
  if (done === undefined || after == null || done.takenBack || done.baseSha === null) return null
  const { environment, train, baseSha: old } = done
  const told = yield* posted(replica)
  const its = { environment, train, old, ...told }
  yield* replica.dispatch({ type: 'record_retirement', ...its }, SYSTEM_ACTOR)
  return null
}

function* posted(
  replica: Replica,
): Steps<{ readonly outcome: 'done' | 'failed'; readonly says: string }> {
  try {
    yield* call(replica.shell, { port: 'flags', kinds: SLACK_FAULTS, act: () => true })
    return { outcome: 'done', says: 'answered 204' }
  } catch (fault) {
    if (!(fault instanceof Lost)) throw fault
    return { outcome: 'failed', says: fault.why }
  }
}
