/**
 * The line of a pipeline: branch order, what is aboard which train, what a plan would ship.
 *
 * Invariant: derived from shas and parents alone, so a webhook heard late changes the answer and
 * never contradicts a stored list. A sha ships everything before it, so a list is a prefix.
 */
import { beyond, parentsOf } from './ancestry.ts'
import { digest } from './digest.ts'
import type { Change, Deployment, Environment, Pipeline, Train } from './model.ts'
import { isPassedBy, isPassing } from './passed-by.ts'
import type { EnvironmentPolicy } from './policy.ts'
import { perState } from './remember.ts'
import { countedLive, forkIn, ownBeyond, placeIn, specialAt } from './special.ts'

/** What is about to be done to one environment; its hash is what an approval binds to. */
export interface Plan {
  readonly environment: string
  readonly baseSha: string | null
  readonly sha: string
  readonly changes: readonly Change[]
  readonly hash: string
}

const byMerge = (a: Change, b: Change): number =>
  a.mergedAt - b.mergedAt || (a.sha < b.sha ? -1 : a.sha > b.sha ? 1 : 0)

/**
 * The waiting changes in branch order: a parent before its child, else by the time of merging.
 * The order depends on the set only, never on the order in which the changes were heard.
 */
export const branchOrder: (pipeline: Pipeline) => readonly Change[] = perState((pipeline) =>
  inOrder(
    pipeline.changes.filter(({ sha }) => !pipeline.shipped.has(sha) && !pipeline.dropped.has(sha)),
  ),
)

/** What is live in the last environment, then what waits: the branch as far as it is known. */
export const wholeOrder: (pipeline: Pipeline) => readonly Change[] = perState((pipeline) => [
  ...inOrder(pipeline.changes.filter(({ sha }) => pipeline.shipped.has(sha))),
  ...branchOrder(pipeline),
])

/** Any changes in branch order, as far as their parents are among them. */
export function inOrder(waiting: readonly Change[]): readonly Change[] {
  const known = new Set(waiting.map((change) => change.sha))
  const children = new Map<string, Change[]>()
  const roots: Change[] = []
  for (const change of [...waiting].sort(byMerge)) {
    if (change.parent !== null && known.has(change.parent)) {
      children.set(change.parent, [...(children.get(change.parent) ?? []), change])
    } else roots.push(change)
  }
  const ordered: Change[] = []
  const ready = [...roots]
  for (let next = ready.shift(); next !== undefined; next = ready.shift()) {
    ordered.push(next)
    ready.push(...(children.get(next.sha) ?? []))
    ready.sort(byMerge)
  }
  return ordered
}

/**
 * Shas whose place in the order is not known yet: a parent nobody has told us of, or two changes
 * on one parent. Changes reported without a parent are taken in the order of their merging.
 */
export const gaps: (pipeline: Pipeline) => readonly Change[] = perState((pipeline) => {
  const order = branchOrder(pipeline)
  const known = new Set(order.map((change) => change.sha))
  const taken = new Set<string>()
  const tip = pipeline.changes.find(({ sha }) => sha === pipeline.tip)
  const isOff = pipeline.tip !== null && pipeline.dropped.has(pipeline.tip)
  const isFirst = pipeline.tip === null || (isOff && !hasFooting(pipeline, order))
  let roots = 0
  return order.filter((change) => {
    const { parent } = change
    // Merged before what is live, but not below it as far as we know: nobody can say where it is.
    if (parent === null) {
      roots += 1
      const isBelow = tip !== undefined && change.mergedAt <= tip.mergedAt
      return isBelow || isPassedBy(pipeline.changes, order, change)
    }
    if (taken.has(parent) || isPassing(pipeline.changes, order, change)) return true
    taken.add(parent)
    if (known.has(parent) || parent === pipeline.tip) return false
    if (isOff && pipeline.shipped.has(parent)) return false
    roots += 1
    return !isFirst || roots > 1
  })
})

/** Something live is known on the branch, or below what waits there; else as if nothing were live. */
const hasFooting = ({ changes, shipped, dropped }: Pipeline, order: readonly Change[]): boolean =>
  changes.some(({ sha }) => shipped.has(sha) && !dropped.has(sha)) ||
  order.some(({ parent }) => parent !== null && shipped.has(parent))

/** Unfinished trains, oldest first, special ones too. */
export const unfinished = (pipeline: Pipeline): readonly Train[] =>
  pipeline.trains.filter(({ status }) => status === 'boarding' || status === 'departed')

/** The line itself: special trains stand outside, and nobody queues behind them. */
export const line = (pipeline: Pipeline): readonly Train[] =>
  unfinished(pipeline).filter(({ special }) => special === null)

/** How much of the branch a train takes: up to its sha, or up to what is left below it. */
export function endOf(pipeline: Pipeline, order: readonly Change[], { sha, kept }: Train): number {
  const shas = new Set(kept?.flatMap((one) => [...parentsOf(pipeline, one)]) ?? [sha])
  return order.findLastIndex((change) => shas.has(change.sha)) + 1
}

const keptBy = (pipeline: Pipeline, kept: readonly string[]): readonly Change[] =>
  kept.flatMap((sha) => {
    const found = pipeline.changes.find((change) => change.sha === sha)
    return found === undefined || pipeline.shipped.has(sha) ? [] : [found]
  })

/**
 * What it kept, after what fell to it since: what a train ahead carried when it was cancelled or
 * taken back is in its sha, and waits; so is what a force-push took and no train ahead keeps.
 */
function keptSpan(
  pipeline: Pipeline,
  kept: readonly string[],
  { waiting, ahead }: { readonly waiting: readonly Change[]; readonly ahead: readonly Train[] },
): readonly Change[] {
  const below = new Set(kept.flatMap((sha) => [...parentsOf(pipeline, sha)]))
  const theirs = new Set([...kept, ...ahead.flatMap((one) => one.kept ?? [])])
  const gone = pipeline.changes.filter(
    ({ sha }) => pipeline.dropped.has(sha) && !pipeline.shipped.has(sha) && !theirs.has(sha),
  )
  const fallen = [...gone, ...waiting].filter(({ sha }) => below.has(sha) && !kept.includes(sha))
  return [...inOrder(fallen), ...keptBy(pipeline, kept)]
}

/** Everything a train's sha adds to the train ahead of it, in branch order. */
export function spanOf(pipeline: Pipeline, train: Train): readonly Change[] {
  const order = branchOrder(pipeline)
  if (train.special !== null) {
    const waiting = order.slice(0, forkIn(train.special, order) + 1)
    return [...waiting, ...ownBeyond(pipeline, train, beforeIt(pipeline, train))]
  }
  const trains = line(pipeline)
  const ahead = trains.slice(
    0,
    trains.findIndex(({ number }) => number === train.number),
  )
  const from = Math.max(0, ...ahead.map((one) => endOf(pipeline, order, one)))
  if (train.kept !== null)
    return keptSpan(pipeline, train.kept, { waiting: order.slice(from), ahead })
  if (train.sha === null) return order.slice(from)
  return order.slice(from, order.findIndex((change) => change.sha === train.sha) + 1)
}

/** What the last environment serves, or served before this train was live there. */
function beforeIt(pipeline: Pipeline, train: Train): string | null {
  const last = pipeline.policy.environments.at(-1)?.name ?? ''
  if (isLiveAt(pipeline, train, last)) return attemptAt(pipeline, train, last)?.baseSha ?? null
  return environmentOf(pipeline, last)?.live?.sha ?? null
}

/** Who travels: the changes of this train that concern this pipeline. */
export const aboard = (pipeline: Pipeline, train: Train): readonly Change[] =>
  spanOf(pipeline, train).filter((change) => change.carried)

/** A train's own attempts; a rollback of what it brought is not one of them. */
export const deploymentsOf = (pipeline: Pipeline, train: Train): readonly Deployment[] =>
  pipeline.deployments.filter(
    ({ train: number, kind }) => number === train.number && kind === 'forward',
  )

/** The latest attempt of a train at an environment. */
export function attemptAt(
  pipeline: Pipeline,
  train: Train,
  environment: string,
): Deployment | undefined {
  return deploymentsOf(pipeline, train)
    .filter((deployment) => deployment.environment === environment)
    .reduce<Deployment | undefined>(
      (latest, next) => (latest === undefined || next.attempt > latest.attempt ? next : latest),
      undefined,
    )
}

/** Verified there, and not taken back since. */
export function isVerifiedAt(pipeline: Pipeline, train: Train, environment: string): boolean {
  const attempt = attemptAt(pipeline, train, environment)
  return attempt?.status === 'verified' && !attempt.takenBack
}

/** Its deployment there has succeeded, soaking or verified, and was not taken back. */
export function isLiveAt(pipeline: Pipeline, train: Train, environment: string): boolean {
  const attempt = attemptAt(pipeline, train, environment)
  if (attempt === undefined || attempt.takenBack) return false
  return attempt.status === 'succeeded' || attempt.status === 'verified'
}

/**
 * Where a train travels, in order: where it departed for, under the gates of the present policy. An
 * environment added since is for later trains.
 */
export function journeyOf({ policy }: Pipeline, { journey }: Train): readonly EnvironmentPolicy[] {
  if (journey === null) return policy.environments
  return journey.flatMap((name) => policy.environments.find((one) => one.name === name) ?? [])
}

/** Where this train goes next, in travel order: past those it has succeeded in, soaking or not. */
export const nextEnvironment = (pipeline: Pipeline, train: Train): EnvironmentPolicy | undefined =>
  journeyOf(pipeline, train).find(({ name }) => !isLiveAt(pipeline, train, name))

export const environmentOf = (pipeline: Pipeline, name: string): Environment | undefined =>
  pipeline.environments.find((environment) => environment.name === name)

/**
 * What `train` would do to `environment`. Its base is the nearest train ahead not yet verified
 * there, else what is live: so the arrival of the train ahead voids no approval.
 */
export const planOf = (pipeline: Pipeline, train: Train, policy: EnvironmentPolicy): Plan | null =>
  plansOf(pipeline)(train)(policy)

const plansOf = perState((pipeline: Pipeline) =>
  perState((train: Train) =>
    perState((policy: EnvironmentPolicy) => plan(pipeline, train, policy)),
  ),
)

function plan(pipeline: Pipeline, train: Train, policy: EnvironmentPolicy): Plan | null {
  if (train.sha === null) return null
  const trains = line(pipeline)
  const position = trains.findIndex(({ number }) => number === train.number)
  const ahead = trains
    .slice(0, Math.max(0, position))
    .filter(({ sha }) => sha !== null)
    .findLast((other) => !isVerifiedAt(pipeline, other, policy.name))
  const baseSha = ahead?.sha ?? countedLive(pipeline, policy.name)?.sha ?? null
  const changes = between(pipeline, train, baseSha).filter(({ carried }) => carried)
  const hash = digest({
    environment: policy.name,
    base: baseSha,
    sha: train.sha,
    changes: changes.map(({ sha }) => sha),
    deploy: policy.deploy,
    approvals: policy.approvals,
    // Left out where there is none: what was approved before there was a verification still stands.
    ...(policy.verify.length === 0 ? {} : { verify: policy.verify }),
    ...(policy.rollout === null ? {} : { rollout: policy.rollout }),
  })
  return { environment: policy.name, baseSha, sha: train.sha, changes, hash }
}

/**
 * What lies between a base and a train's sha: usually what is aboard. An environment behind the
 * last one, after a rollback or a release by hand there, also gets what is live in the last.
 */
function between(pipeline: Pipeline, train: Train, base: string | null): readonly Change[] {
  if (train.special !== null) return specialBetween(pipeline, train, base)
  const order = train.kept === null ? wholeOrder(pipeline) : spanOf(pipeline, train)
  const from = placeIn(pipeline, order, base ?? '')
  if (from < 0) return spanOf(pipeline, train)
  const to = order.findIndex(({ sha }) => sha === train.sha)
  return beyond(pipeline, order, { from, to })
}

/** Of the branch what lies between the base and where it left the branch, then its own. */
function specialBetween(pipeline: Pipeline, train: Train, base: string | null): readonly Change[] {
  if (train.special === null) return []
  const own = ownBeyond(pipeline, train, base)
  const order = wholeOrder(pipeline)
  const from = placeIn(pipeline, order, base ?? '')
  if (from < 0) {
    const waiting = branchOrder(pipeline)
    return [...waiting.slice(0, forkIn(train.special, waiting) + 1), ...own]
  }
  return [...beyond(pipeline, order, { from, to: forkIn(train.special, order) }), ...own]
}

/** Changes on the way of a plan that stand on something nobody has told us of. */
export function gapsOf(pipeline: Pipeline, train: Train, base: string | null): readonly Change[] {
  const unplaced = gaps(pipeline)
  const heard = new Set(pipeline.changes.map(({ sha }) => sha))
  const below = base === null ? [] : [base, specialAt(pipeline, base)?.fork ?? base]
  const isGap = ({ sha, parent }: Change): boolean =>
    pipeline.shipped.has(sha) && parent !== null && !below.includes(parent) && !heard.has(parent)
  const way = new Set([...spanOf(pipeline, train), ...between(pipeline, train, base)])
  return [...way].filter((change) => unplaced.includes(change) || isGap(change))
}
