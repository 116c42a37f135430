/**
 * The way back: where a rollback may go, what it takes with it, and what it keeps from returning.
 *
 * Invariant: a target is a past verified release of that environment. What a rollback takes back
 * is derived from epochs and branch order when asked, never from a list made when it was ordered.
 */
import { parentsOf } from './ancestry.ts'
import {
  aboard,
  branchOrder,
  deploymentsOf,
  environmentOf,
  gaps,
  inOrder,
  unfinished,
  wholeOrder,
} from './line.ts'
import type { Change, Deployment, Environment, Pipeline, Release, Train } from './model.ts'
import type { Refusal } from './refusal.ts'
import { isNotBeyond, partingIn } from './special.ts'

/** The deployment that keeps an environment closed: under way, soaking, unknown or failed. */
export const occupant = (pipeline: Pipeline, environment: string): Deployment | undefined =>
  pipeline.deployments.find(
    (deployment) =>
      deployment.environment === environment &&
      deployment.status !== 'verified' &&
      !deployment.settled &&
      !deployment.takenBack,
  )

/** Its command may still be at work. */
export const isUnderWay = ({ status }: Deployment): boolean =>
  status === 'requested' || status === 'running'

/** Past releases as far back as a rollback reaches. */
const CHAIN_MAX = 20

/** The chain with one more verified release; the sha that is last already adds nothing. */
export function chained(chain: readonly Release[], release: Release): readonly Release[] {
  return chain.at(-1)?.sha === release.sha ? chain : [...chain, release].slice(-CHAIN_MAX)
}

/**
 * Where a rollback goes: after a forward deployment that went wrong, to the release it was
 * replacing; after a rollback that did, to its own target again; else to the newest other release.
 */
export function targetOf(
  pipeline: Pipeline,
  environment: Environment,
  to: string | null,
):
  | { readonly ok: true; readonly target: Release }
  | { readonly ok: false; readonly refusal: Refusal } {
  const { chain, live, name, rollback } = environment
  const wrong = ['failed', 'aborted', 'unknown', 'requested', 'running']
  const here = occupant(pipeline, name)
  const replacing = here !== undefined && wrong.includes(here.status)
  const before = chain.findLast(({ sha }) => sha !== live?.sha)
  if (to !== null) {
    const found = chain.findLast(({ sha }) => sha.startsWith(to))
    const known = chain.map(({ sha }) => sha)
    if (found === undefined) {
      return { ok: false, refusal: { code: 'not_a_release', environment: name, to, known } }
    }
    if (found.sha !== live?.sha || replacing) return { ok: true, target: found }
    const what = `${name} is at ${found.sha.slice(0, 8)} already`
    return { ok: false, refusal: { code: 'already_done', what } }
  }
  const replaced = chain.findLast(({ sha }) => sha === live?.sha)
  const target = replacing ? (rollback?.to ?? replaced ?? before) : before
  return target === undefined
    ? { ok: false, refusal: { code: 'nothing_before', environment: name } }
    : { ok: true, target }
}

/** The newest sha a rollback takes away: what is being put there, else what is live. */
export function takenFrom(pipeline: Pipeline, environment: Environment): string | null {
  const here = occupant(pipeline, environment.name)
  if (environment.rollback !== null) return environment.rollback.from
  return here?.kind === 'forward' ? here.sha : (environment.live?.sha ?? null)
}

const isLast = (pipeline: Pipeline, environment: string): boolean =>
  pipeline.policy.environments.at(-1)?.name === environment

/** Whether a train tried to enter after `target`, so that half of it may be there. */
const triedAfter = (pipeline: Pipeline, train: Train, name: string, target: Release): boolean =>
  deploymentsOf(pipeline, train).some(
    ({ environment, epoch, claimed, rollout }) =>
      environment === name && epoch > target.epoch && (claimed || (rollout?.at ?? 0) > 0),
  )

/**
 * What became live after a release of the last environment: with later releases, or with the same
 * one but further up the branch, when somebody recorded a sha from its middle.
 */
export function liveAfter(pipeline: Pipeline, target: Release): ReadonlySet<string> {
  const own = pipeline.shipped.get(target.sha)?.epoch ?? target.epoch
  const later = [...pipeline.shipped].flatMap(([sha, { epoch }]) => (epoch > own ? [sha] : []))
  const same = inOrder(
    pipeline.changes.filter(({ sha }) => pipeline.shipped.get(sha)?.epoch === own),
  ).map(({ sha }) => sha)
  const at = same.indexOf(target.sha)
  // Nobody told of the target itself: what stands on it comes after it.
  const next = pipeline.changes.find(
    ({ sha, parent }) => parent === target.sha && same.includes(sha),
  )
  const from = at < 0 && next !== undefined ? same.indexOf(next.sha) : at + 1
  const after = new Set([...later, ...(at < 0 && next === undefined ? [] : same.slice(from))])
  // Known only as what a change stands on: it goes with that change, unless the target stands on it.
  const below = parentsOf(pipeline, target.sha)
  for (const { sha, parent } of pipeline.changes) {
    const unheard = parent !== null && pipeline.shipped.get(parent)?.epoch === own
    if (unheard && after.has(sha) && !same.includes(parent) && !below.has(parent)) after.add(parent)
  }
  return after
}

/**
 * Where on the way an environment has come a release by hand stands, as a target to have gone back
 * to; null: it is not behind what is live, as far as anybody knows.
 */
export function pastRelease(
  pipeline: Pipeline,
  { name, live, chain }: Environment,
  release: Release,
): Release | null {
  const known = chain.findLast(({ sha }) => sha === release.sha)
  if (known !== undefined) return known
  const past = isLast(pipeline, name) ? pipeline.shipped.get(release.sha) : undefined
  if (past !== undefined) return { ...release, epoch: past.epoch }
  const changes = wholeOrder(pipeline)
  const order = changes.map(({ sha }) => sha)
  const at = order.indexOf(release.sha)
  const then = live === null ? -1 : partingIn(pipeline, changes, live.sha)
  if (at < 0 || then < 0) return null
  // On the way to the end what is live is shipped, and what is not comes after it: but for a train
  // that has yet to arrive.
  if (isLast(pipeline, name) && live !== null && pipeline.shipped.has(live.sha)) return null
  // Where nobody can tell yet, what was merged earlier counts as behind: that only closes doors.
  const unplaced = gaps(pipeline).some(({ sha }) => sha === release.sha)
  const earlier = (changes[at]?.mergedAt ?? 0) <= (changes[then]?.mergedAt ?? 0)
  if (at > then && !(unplaced && earlier)) return null
  const isUpTo = (sha: string): boolean => isNotBeyond(pipeline, sha, { order: changes, at })
  const upTo = chain.flatMap(({ sha, epoch }) => (isUpTo(sha) ? [epoch] : []))
  return { ...release, epoch: Math.max(0, ...upTo) }
}

/** Trains that became live there after a release, or on top of it: a hotfix brings its fork along. */
function releasesSince(
  pipeline: Pipeline,
  environment: string,
  target: Release,
): readonly (number | null)[] {
  const here = environmentOf(pipeline, environment)
  const releases = [...(here?.chain ?? []), ...(here?.live ? [here.live] : [])]
  return releases.flatMap(({ train, epoch, sha }) =>
    epoch > target.epoch || (epoch === target.epoch && sha !== target.sha) ? [train] : [],
  )
}

/** What going back to `target` takes back: in an environment before the last, no train moves. */
export function takenBack(
  pipeline: Pipeline,
  environment: string,
  target: Release,
): { readonly trains: readonly Train[]; readonly changes: readonly Change[] } {
  if (!isLast(pipeline, environment)) return { trains: [], changes: [] }
  const after = liveAfter(pipeline, target)
  const shippedBy = new Set([...after].map((sha) => pipeline.shipped.get(sha)?.train ?? null))
  const waiting = unfinished(pipeline).filter((one) =>
    triedAfter(pipeline, one, environment, target),
  )
  const since = releasesSince(pipeline, environment, target)
  const arrived = pipeline.trains.filter(
    ({ number, status, special }) =>
      status === 'arrived' &&
      (shippedBy.has(number) || (special !== null && since.includes(number))),
  )
  // Live by hand without a known place, it never left the line.
  const order = branchOrder(pipeline)
  const live = environmentOf(pipeline, environment)?.live?.sha
  const unplaced = order.slice(0, order.findIndex(({ sha }) => sha === live) + 1)
  const changes = new Set([
    ...pipeline.changes.filter(({ sha }) => after.has(sha)),
    ...waiting.flatMap((one) => aboard(pipeline, one)),
    ...arrived.flatMap(({ special }) => special?.changes ?? []),
    ...mergedIn(pipeline, after),
    ...unplaced,
  ])
  // Somebody may have put there by hand what is halfway up a train.
  const below = parentsOf(pipeline, target.sha)
  return {
    trains: [...arrived, ...waiting],
    changes: [...changes].filter(({ sha, carried }) => carried && !below.has(sha)),
  }
}

/** Trains whose message tells that somebody takes them back there: the sha that goes, and all after. */
export function goingBack(pipeline: Pipeline, { name, rollback }: Environment): readonly Train[] {
  if (rollback === null) return []
  const taken = takenBack(pipeline, name, rollback.to).trains.map(({ number }) => number)
  return pipeline.trains.filter(
    ({ number, sha }) => sha === rollback.from || taken.includes(number),
  )
}

/** What special trains brought, as far as it came to the branch with one of these changes. */
const mergedIn = (pipeline: Pipeline, shas: ReadonlySet<string>): readonly Change[] =>
  pipeline.trains.flatMap(({ special }) =>
    special !== null && special.merged !== null && shas.has(special.merged) ? special.changes : [],
  )
