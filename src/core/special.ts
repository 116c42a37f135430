/**
 * Special trains: where one that stands outside the line stands with respect to the branch.
 *
 * Invariant: pure, and derived from what its sha was found to contain. What nobody could tell
 * counts as not contained, so that a gate closes rather than opens.
 */
import { parentsOf } from './ancestry.ts'
import { boardingTrain } from './empty.ts'
import type { Change, Pipeline, Release, Special, Train } from './model.ts'

/** Its sha is not on the pipeline's branch. */
export const isOffBranch = ({ special }: Train): boolean => special?.isOffBranch === true

/** What is known of a sha that a special train brought from off the branch. */
export const specialAt = (pipeline: Pipeline, sha: string): Special | undefined =>
  pipeline.trains.find((train) => train.sha === sha && isOffBranch(train))?.special ?? undefined

/**
 * Who counts as a writer of all that a train brings from off the branch: whoever sent it. A commit's
 * author line is anybody's word, and may well hide the sender's own.
 */
export const senderOf = (train: Train): string | undefined =>
  isOffBranch(train) ? train.special?.by : undefined

/** The index, in branch order, of the newest change that it contains; -1: none of these. */
export const forkIn = ({ fork, contains }: Special, order: readonly Change[]): number =>
  order.findLastIndex(({ sha }) => sha === fork || contains.includes(sha))

/** Where a sha stands in branch order: off the branch, where it left it; -1: not among these. */
export function placeIn(pipeline: Pipeline, order: readonly Change[], sha: string): number {
  const its = specialAt(pipeline, sha)
  return its === undefined ? order.findIndex((change) => change.sha === sha) : forkIn(its, order)
}

/**
 * Where a sha stands or stood in branch order: of one that a force-push took, the newest change below
 * it that is left; -1: none is.
 */
export function partingIn(pipeline: Pipeline, order: readonly Change[], sha: string): number {
  if (!pipeline.dropped.has(sha)) return placeIn(pipeline, order, sha)
  const below = parentsOf(pipeline, sha)
  return order.findLastIndex((change) => below.has(change.sha))
}

/** Its own commits that a base does not contain. */
export function ownBeyond(
  pipeline: Pipeline,
  { sha, special }: Train,
  base: string | null,
): readonly Change[] {
  if (special === null || base === sha) return []
  const below = base === null ? undefined : specialAt(pipeline, base)
  const known = new Set(below?.changes.map((change) => change.sha))
  return special.changes.filter((change) => !known.has(change.sha))
}

/**
 * Whether it left the branch at a commit above what is live of which nobody has told: then nobody
 * can say yet what it carries.
 */
export function leftUnheard(
  pipeline: Pipeline,
  { departedAt }: Train,
  its: Special,
  order: readonly Change[],
): boolean {
  const { fork, contains, lacks } = its
  const { tip } = pipeline
  if (fork === null || fork === tip) return false
  if (pipeline.shipped.has(fork) || order.some(({ sha }) => sha === fork)) return false
  // Below what is live everything is live, told or not.
  if (tip !== null && !pipeline.dropped.has(tip)) return !lacks.includes(tip)
  // With nothing heard below it, it may be from before anybody listened. What was heard since it was
  // looked up may lie below it all the same, unless it was merged later.
  return order.some(
    ({ sha, mergedAt }) =>
      contains.includes(sha) || (!lacks.includes(sha) && mergedAt <= (departedAt ?? mergedAt)),
  )
}

/** Whether a special train's sha contains `live`, which is not its own. */
export function specialContains(
  pipeline: Pipeline,
  special: Special,
  { live, order }: { readonly live: string; readonly order: readonly Change[] },
): 'yes' | 'no' | 'unknown' {
  const own = special.changes.some(({ sha }) => sha === live)
  if (own || live === special.fork || special.contains.includes(live)) return 'yes'
  if (special.lacks.includes(live)) return 'no'
  const fork = forkIn(special, order)
  const at = order.findIndex(({ sha }) => sha === live)
  if (at >= 0) return at <= fork ? 'yes' : 'no'
  const other = specialAt(pipeline, live)
  if (other === undefined) return 'unknown'
  const merged = order.findIndex(({ sha }) => sha === other.merged)
  return merged >= 0 && merged <= fork ? 'yes' : 'no'
}

/** Whether a sha of the branch contains a special one: once it was merged back, or picked. */
export function branchContains(
  pipeline: Pipeline,
  { merged }: Special,
  { sha, order }: { readonly sha: string; readonly order: readonly Change[] },
): 'yes' | 'no' {
  if (merged === null) return 'no'
  const at = order.findIndex((change) => change.sha === merged)
  if (at < 0) return pipeline.shipped.has(merged) ? 'yes' : 'no'
  return at <= order.findIndex((change) => change.sha === sha) ? 'yes' : 'no'
}

/**
 * Whether a sha stands no further up the branch than the change at `at`; what came from off the
 * branch does once that change contains it, and what nobody told of is from before.
 */
export function isNotBeyond(
  pipeline: Pipeline,
  sha: string,
  { order, at }: { readonly order: readonly Change[]; readonly at: number },
): boolean {
  const its = specialAt(pipeline, sha)
  if (its === undefined) return order.findIndex((change) => change.sha === sha) <= at
  return branchContains(pipeline, its, { sha: order[at]?.sha ?? '', order }) === 'yes'
}

/**
 * What is live in an environment as far as the line is concerned: what a special train left there
 * no longer counts once its lock was released.
 */
export function countedLive(pipeline: Pipeline, environment: string): Release | null {
  const here = pipeline.environments.find(({ name }) => name === environment)
  const counts = ({ train }: Release): boolean =>
    !pipeline.trains.some(
      ({ number, special }) =>
        number === train &&
        special?.keeps.some((keep) => keep.environment === environment && keep.lock === null),
    )
  if (here?.live == null || counts(here.live)) return here?.live ?? null
  return here.chain.findLast(counts) ?? null
}

/** A special train as it departs. */
export const specialTrain = (
  number: number,
  its: {
    readonly sha: string
    readonly special: Special
    readonly journey: readonly string[]
    readonly at: number
  },
): Train => ({
  ...boardingTrain(number, its.at),
  status: 'departed',
  departedAt: its.at,
  sha: its.sha,
  journey: its.journey,
  special: its.special,
})
