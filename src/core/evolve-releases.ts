/**
 * What an environment serves, applied: deployed, verified, arrived, rolled back, recorded by hand.
 *
 * Invariant: total, like `evolve`, of which it is a part. What is live is decided by epochs.
 */
import { beside } from './ancestry.ts'
import type { Event } from './event.ts'
import { keepStrays } from './evolve-branch.ts'
import { leaveToPeople } from './evolve-failure.ts'
import { ailmentOf, UNVERIFIED } from './ground.ts'
import { aboard, attemptAt, wholeOrder } from './line.ts'
import type { Change, Pipeline, Release, RollbackOrder, Shipment, Special } from './model.ts'
import { deployment, environmentTo, train } from './patch.ts'
import { chained, liveAfter } from './releases.ts'
import { forkIn, placeIn, specialAt } from './special.ts'
import { withoutPassed } from './vetoes.ts'

/** What has succeeded is live, and nobody has seen it to be well yet. */
export function endDeployment(
  pipeline: Pipeline,
  event: Extract<Event, { type: 'deployment_ended' }>,
  at: number,
): Pipeline {
  const { status, reason, tail } = event
  const ended = deployment(pipeline, event.key, {
    status,
    reason,
    tail,
    endedAt: at,
    cancelling: false,
  })
  const done = ended.deployments.find(({ key }) => key === event.key)
  if (done === undefined) return ended
  if (status !== 'succeeded') {
    return leaveToPeople(ended, done.key, { byPerson: event.source === 'person' })
  }
  // What is live by an agent's account is for `release_recorded` to say.
  if (done.account !== null) return ended
  const order = ended.environments.find(({ name }) => name === done.environment)?.rollback
  const its = done.kind === 'rollback' ? (order?.to.train ?? null) : done.train
  const live: Release = { sha: done.sha, train: its, epoch: done.epoch, since: at, by: null }
  return environmentTo(ended, done.environment, { live, ailment: UNVERIFIED })
}

/** From now on a rollback may go there, and vetoes it has left behind are over. */
export function verifyDeployment(pipeline: Pipeline, key: string): Pipeline {
  const verified = deployment(pipeline, key, { status: 'verified' })
  const done = verified.deployments.find((one) => one.key === key)
  const environment = verified.environments.find(({ name }) => name === done?.environment)
  if (done === undefined || environment?.live == null) return verified
  return environmentTo(verified, environment.name, {
    chain: chained(environment.chain, environment.live),
    vetoes: withoutPassed(verified, environment, done.sha),
    ailment: ailmentOf(pipeline, done),
  })
}

export function arriveTrain(
  pipeline: Pipeline,
  event: Extract<Event, { type: 'train_arrived' }>,
): Pipeline {
  const last = pipeline.policy.environments.at(-1)?.name ?? ''
  const its = pipeline.trains.find(({ number }) => number === event.train)
  const epoch = (its && attemptAt(pipeline, its, last)?.epoch) ?? 0
  const arrived = train(pipeline, event.train, { status: 'arrived', carried: event.changes })
  if (its?.special != null) return arriveSpecial(arrived, event, { ...its.special, epoch })
  const left = withoutLost(arrived, event.lost)
  return { ...ship(left, event.span, { train: event.train, epoch }), tip: event.sha }
}

/** What is no longer live waits on the line again, and is asked for anew. */
function withoutLost(pipeline: Pipeline, lost: readonly string[]): Pipeline {
  if (lost.length === 0) return pipeline
  const gone = new Set(lost)
  return keepStrays({
    ...pipeline,
    shipped: new Map([...pipeline.shipped].filter(([one]) => !gone.has(one))),
    consents: pipeline.consents.filter(({ change }) => !gone.has(change)),
  })
}

/** The line goes on from where it left the branch; what it lacks is no longer live, and waits. */
function arriveSpecial(
  pipeline: Pipeline,
  { train: number, span, lost, sha }: Extract<Event, { type: 'train_arrived' }>,
  special: Special & { readonly epoch: number },
): Pipeline {
  const { tip } = pipeline
  const last = pipeline.environments.at(-1)?.live
  if (last?.sha !== sha) return pipeline
  const order = wholeOrder(pipeline)
  const at = order[forkIn(special, order)]?.sha
  const isBelow = tip !== null && (special.fork === tip || special.contains.includes(tip))
  const left = withoutLost(pipeline, lost)
  const shipped = ship(left, span, { train: number, epoch: special.epoch })
  return goOnFrom(shipped, at ?? (isBelow ? tip : special.fork), special.epoch)
}

/** The line goes on from there. Nobody may have told of it: heard later it is live, and not new. */
function goOnFrom(pipeline: Pipeline, tip: string | null, epoch: number): Pipeline {
  if (tip === null || pipeline.shipped.has(tip)) return { ...pipeline, tip }
  return { ...ship(pipeline, [tip], { train: null, epoch }), tip }
}

/** A sha ships everything before it, also what has not been heard of yet. */
function ship(pipeline: Pipeline, shas: readonly string[], shipment: Shipment): Pipeline {
  const added = shas.map((sha): [string, Shipment] => [sha, shipment])
  const shipped = { ...pipeline, shipped: new Map([...pipeline.shipped, ...added]) }
  return pipeline.changes
    .filter(({ sha }) => shas.includes(sha))
    .reduce<Pipeline>((state, change) => shipBelow(state, change, shipment), shipped)
}

/** What stands below a live change is live with it, as far down as the parents are known. */
export function shipBelow(pipeline: Pipeline, change: Change, shipment: Shipment): Pipeline {
  const shipped = new Map(pipeline.shipped)
  let { parent } = change
  while (parent !== null && !shipped.has(parent)) {
    shipped.set(parent, shipment)
    const below: Change | undefined = pipeline.changes.find(({ sha }) => sha === parent)
    parent = below?.parent ?? null
  }
  return { ...pipeline, shipped }
}

/** From its order on, what it takes back no longer counts as verified there. */
export function orderRollback(
  pipeline: Pipeline,
  { environment, order }: Extract<Event, { type: 'rollback_ordered' }>,
): Pipeline {
  const taken = withTakenBack(pipeline, environment, order)
  return environmentTo(taken, environment, { rollback: order })
}

function withTakenBack(pipeline: Pipeline, environment: string, order: RollbackOrder): Pipeline {
  const deployments = pipeline.deployments.map((one) =>
    one.environment === environment &&
    one.epoch > order.to.epoch &&
    one.epoch <= order.epoch &&
    (one.status === 'succeeded' || one.status === 'verified')
      ? { ...one, takenBack: true }
      : one,
  )
  return { ...pipeline, deployments }
}

/** What was taken back is vetoed there; in the last environment it waits on the line again. */
export function rollBack(
  pipeline: Pipeline,
  event: Extract<Event, { type: 'rolled_back' }>,
  at: number,
): Pipeline {
  const { environment: name, order } = event
  const { from, to, by, reason } = order
  const environment = pipeline.environments.find((one) => one.name === name)
  if (environment === undefined) return pipeline
  const id = `${name}@${environment.epoch}`
  const veto = { id, from, target: to.sha, by, reason, since: at }
  // By hand there was no order before.
  const back = environmentTo(withTakenBack(pipeline, name, order), name, {
    rollback: null,
    chain: environment.chain.filter((one) => isNotAfter(one, to)),
    vetoes: from === to.sha ? environment.vetoes : [...environment.vetoes, veto],
  })
  if (pipeline.policy.environments.at(-1)?.name !== name) return back
  const gone = new Set(event.changes)
  const rolledBack = {
    ...back,
    trains: back.trains.map((one) =>
      event.trains.includes(one.number)
        ? {
            ...one,
            status: 'rolled_back' as const,
            carried: one.carried ?? aboard(pipeline, one).map(({ sha }) => sha),
            cancelling: null,
          }
        : one,
    ),
    shipped: liveAgain(back, to, stillLive(back, event)),
    consents: back.consents.filter(({ change }) => !gone.has(change)),
  }
  return keepStrays(goOnFrom(rolledBack, tipAt(back, to), to.epoch))
}

/** Half of a train, put there by hand, has the epoch of the whole, which was taken back with it. */
const isNotAfter = ({ sha, epoch }: Release, to: Release): boolean =>
  epoch < to.epoch || (epoch === to.epoch && sha === to.sha)

/** Where the line goes on from: of what came from off the branch, where it left it. */
function tipAt(pipeline: Pipeline, { sha }: Release): string | null {
  const special = specialAt(pipeline, sha)
  if (special === undefined) return sha
  const order = wholeOrder(pipeline)
  return order[forkIn(special, order)]?.sha ?? special.fork
}

/** What a special train had displaced is live again once it is taken back. */
function liveAgain(
  pipeline: Pipeline,
  to: Release,
  shipped: Pipeline['shipped'],
): Pipeline['shipped'] {
  const order = wholeOrder(pipeline)
  const below = order.slice(0, placeIn(pipeline, order, to.sha) + 1)
  const missing = below.filter(({ sha }) => !shipped.has(sha))
  if (missing.length === 0) return shipped
  const by = { train: null, epoch: to.epoch }
  return new Map([...shipped, ...missing.map(({ sha }): [string, Shipment] => [sha, by])])
}

/** What stays live of a train that was taken back in part is live by hand from now on. */
function stillLive(
  pipeline: Pipeline,
  { order, trains }: Extract<Event, { type: 'rolled_back' }>,
): Pipeline['shipped'] {
  const after = liveAfter(pipeline, order.to)
  const kept = [...pipeline.shipped].filter(([sha]) => !after.has(sha))
  return new Map(
    kept.map(([sha, shipment]): [string, Shipment] =>
      shipment.train !== null && trains.includes(shipment.train)
        ? [sha, { ...shipment, train: null }]
        : [sha, shipment],
    ),
  )
}

/** A person's word: live at once; on the line, everything up to it is live by hand. */
export function recordRelease(
  pipeline: Pipeline,
  { environment, release, span }: Extract<Event, { type: 'release_recorded' }>,
): Pipeline {
  const { epoch } = release
  const ailment = UNVERIFIED
  const now = { epoch, live: release, rollback: null, doubt: null, ailment }
  const live = environmentTo(pipeline, environment, now)
  return span.length === 0 ? live : placeRelease(live, { release, span })
}

/** What stood beside it was displaced by it. */
export function placeRelease(
  pipeline: Pipeline,
  { release, span }: Pick<Extract<Event, { type: 'release_placed' }>, 'release' | 'span'>,
): Pipeline {
  const aside = beside(pipeline, wholeOrder(pipeline), release.sha)
  const left = withoutLost(
    pipeline,
    [...aside].filter((one) => pipeline.shipped.has(one)),
  )
  return { ...ship(left, span, { train: null, epoch: release.epoch }), tip: release.sha }
}
