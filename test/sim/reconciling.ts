/**
 * What a replica finds out by itself: the branch as GitHub has it, its checks, what was merged back.
 *
 * Invariant: the steps of `app/reconcile.ts` and `app/merge-back.ts`. GitHub may answer from a
 * replica of its own that lags behind; the moment of a force-push may come from a wrong clock.
 */
import type { Command } from '../../src/core/command.ts'
import { wholeOrder } from '../../src/core/line.ts'
import type { Change, Check } from '../../src/core/model.ts'
import type { Books } from './books.ts'
import { call, type Fault } from './faults.ts'
import type { Github } from './github.ts'
import type { Steps } from './process.ts'
import { type Replica, SYSTEM_ACTOR } from './replica.ts'
import type { Store } from './store.ts'

const KINDS: readonly Fault[] = ['delay', 'drop', 'limited', 'server_error', 'hang', 'wrong']

/** GitHub's API may lag behind its webhooks for so long. */
const SETTLED_MS = 60_000

export function* reconcile(replica: Replica, github: Github): Steps {
  const { store, clock } = replica.shell
  const ask = <T>(port: string, act: () => T, wrong: () => T): Steps<T> =>
    call(replica.shell, { port, kinds: KINDS, act, wrong })
  const after = yield* ask(
    'github.head',
    () => github.headAt(clock.now),
    () => github.headAt(clock.now - 20_000),
  )
  if (after === null) return
  const before = yield* replica.tx(() => startOf(store))
  const missed = yield* ask(
    'github.range',
    () => github.range(before, after),
    () => null,
  )
  for (const change of (missed ?? []).filter((one) => !isWhole(store.pipeline.changes, one))) {
    yield* replica.dispatch({ type: 'record_change', change }, SYSTEM_ACTOR)
  }
  const waiting = yield* replica.tx(() =>
    store.pipeline.changes.filter(
      ({ sha }) =>
        (sha === store.pipeline.tip || !store.pipeline.shipped.has(sha)) &&
        !store.pipeline.dropped.has(sha) &&
        github.heardBefore(sha, clock.now - SETTLED_MS),
    ),
  )
  const { changes } = store.pipeline
  const isOnLine = ({ sha, parent }: Change): boolean => {
    if (!github.contains(after, sha)) return false
    const isShared = parent !== null && changes.some((b) => b.parent === parent && b.sha !== sha)
    return !isShared || github.range(parent, after).some((one) => one.sha === sha)
  }
  const gone = waiting.filter((one) => !isOnLine(one)).map(({ sha }) => sha)
  if (gone.length > 0) {
    const push = yield* ask(
      'github.pushes',
      () => github.pushTo(after),
      () => null,
    )
    const { by, at } = push ?? { by: 'somebody', at: clock.now + replica.skewMs }
    const told: Command = { type: 'record_force_push', head: after, gone, by, at }
    yield* replica.dispatch(told, SYSTEM_ACTOR)
  }
  for (const { sha } of waiting) {
    const checks = yield* ask(
      'github.checks',
      () => github.checksOf(sha),
      () => [],
    )
    for (const check of checks.filter((one) => isNews(store.pipeline.checks, one)))
      yield* replica.dispatch({ type: 'record_check', ...check }, SYSTEM_ACTOR)
  }
  yield* replica.tx(() => {
    store.sawHead = after
  })
}

/** Where to compare from: the head of the last look, what is live, or the first that was heard. */
function startOf({ sawHead, pipeline }: Store): string | null {
  const [first] = [...pipeline.changes].sort((a, b) => a.mergedAt - b.mergedAt)
  return sawHead ?? pipeline.tip ?? first?.sha ?? null
}

/** Told fully already: `knownAmong` leaves it out as well. */
const isWhole = (known: readonly Change[], { sha }: Change): boolean =>
  known.some((one) => one.sha === sha && one.parent !== null)

/** Telling a check once more changes nothing, which is judged elsewhere; here it only costs. */
const isNews = (known: readonly Check[], { sha, name, at }: Check): boolean =>
  !known.some((one) => one.sha === sha && one.name === name && one.at === at)

/** Looks whether the branch contains what special trains brought. */
export function* seeMerged(replica: Replica, books: Books): Steps {
  const { store } = replica.shell
  const specials = yield* replica.tx(() =>
    store.pipeline.trains.filter(
      ({ special, sha }) =>
        special?.isOffBranch === true && special.merged === null && sha !== null,
    ),
  )
  for (const { number, sha } of specials) {
    const order = yield* replica.tx(() => wholeOrder(store.pipeline).map((one) => one.sha))
    const first = order.find((one) => books.branch.contains(one, sha))
    if (first === undefined) continue
    const told: Command = { type: 'record_merged', train: number, change: first }
    yield* replica.dispatch(told, SYSTEM_ACTOR)
  }
}
