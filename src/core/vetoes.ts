/**
 * What a rollback keeps from returning, and what a revert on the branch asks for.
 *
 * Invariant: a veto is two shas, so it also covers what is heard later; while nobody can tell where
 * they stand, every change counts as vetoed.
 */
import { parentsOf } from './ancestry.ts'
import { branchOrder, environmentOf, type Plan, wholeOrder } from './line.ts'
import type { Change, Environment, Pipeline, Special, Train, Veto } from './model.ts'
import { branchContains, partingIn, placeIn, specialAt } from './special.ts'

/**
 * The vetoes that a plan meets: it carries something between what was taken back and its target.
 * Where the place of a taken back sha on the branch is not known, every change counts as vetoed.
 */
export function vetoesOn(pipeline: Pipeline, plan: Omit<Plan, 'hash'>): readonly Veto[] {
  const changes = wholeOrder(pipeline)
  const order = changes.map(({ sha }) => sha)
  const carried = plan.changes.map(({ sha }) => order.indexOf(mergedAs(pipeline, sha) ?? sha))
  const vetoes = environmentOf(pipeline, plan.environment)?.vetoes ?? []
  // Upon nothing that is heard of, a sha brings all that is below it, what is live elsewhere included.
  const isUpon = plan.baseSha !== null && placeIn(pipeline, changes, plan.baseSha) >= 0
  const reaches = isUpon ? -1 : placeIn(pipeline, changes, plan.sha)
  return vetoes.filter(({ from, target }) => {
    const last = partingIn(pipeline, changes, from)
    const special = specialAt(pipeline, from)
    if (special !== undefined && carriesOwn(special, plan)) return true
    if (carriesForcedOff(pipeline, plan, { from, target })) return true
    if (last < 0 && special !== undefined) return false
    const first = placeIn(pipeline, changes, target)
    if (reaches > first) return true
    if (last >= 0) return carried.some((index) => index > first && index <= last)
    const behind = isBehind(pipeline, from)
    return plan.changes.some(({ sha }) => !behind || pipeline.shipped.has(sha))
  })
}

/** Whether it was taken back somewhere on its way, and nobody has let it go again. */
export const isTakenBack = (pipeline: Pipeline, train: Train, change: Change): boolean => {
  const released = new Set(train.vetoReleases.flatMap(({ covers }) => covers))
  // It alone is asked about, and not what it stands on.
  const { sha } = change
  const alone = { baseSha: sha, sha, changes: [change] }
  return pipeline.policy.environments.some(({ name: environment }) =>
    vetoesOn(pipeline, { ...alone, environment }).some(({ id }) => !released.has(id)),
  )
}

/** The change on the branch that brought a special train's own commit there; null: none did. */
const mergedAs = (pipeline: Pipeline, sha: string): string | null =>
  pipeline.trains.find(({ special }) => special?.changes.some((own) => own.sha === sha))?.special
    ?.merged ?? null

/** One of the special train's own commits, or the change that brought them to the branch. */
const carriesOwn = ({ changes, merged }: Special, plan: Pick<Plan, 'changes'>): boolean =>
  plan.changes.some(({ sha }) => sha === merged || changes.some((own) => own.sha === sha))

/** What a force-push took has no place any more, but stands on what it stood on. */
function carriesForcedOff(
  pipeline: Pipeline,
  { changes }: Pick<Plan, 'changes'>,
  { from, target }: Pick<Veto, 'from' | 'target'>,
): boolean {
  if (!pipeline.dropped.has(from)) return false
  const [taken, left] = [parentsOf(pipeline, from), parentsOf(pipeline, target)]
  return changes.some(({ sha }) => pipeline.dropped.has(sha) && taken.has(sha) && !left.has(sha))
}

/** Live in the last environment: whatever waits comes after it. */
const isBehind = (pipeline: Pipeline, sha: string): boolean =>
  pipeline.shipped.has(sha) || pipeline.tip === sha

/** Originals in a plan that a change on the branch, not in the plan, claims to take back. */
export function revertedIn(
  pipeline: Pipeline,
  plan: Plan,
): readonly { readonly original: Change; readonly revert: Change }[] {
  const inPlan = new Set(plan.changes.map(({ sha }) => sha))
  return branchOrder(pipeline)
    .filter(({ sha, reverts }) => reverts !== null && !inPlan.has(sha))
    .flatMap((revert) => {
      const original = plan.changes.find(
        (change) => isRevertOf(revert, change) && !pipeline.shipped.has(change.sha),
      )
      return original === undefined ? [] : [{ original, revert }]
    })
}

/** A claim in a text; shas may be quoted short. */
export const isRevertOf = ({ reverts }: Change, original: Change): boolean =>
  reverts !== null &&
  (reverts.startsWith('#')
    ? reverts === `#${original.number}`
    : original.sha.startsWith(reverts) && reverts.length >= 7)

/** Vetoes that are over: their environment has verified everything they covered. */
export function withoutPassed(
  pipeline: Pipeline,
  environment: Environment,
  verified: string,
): readonly Veto[] {
  const changes = wholeOrder(pipeline)
  const order = changes.map(({ sha }) => sha)
  const upTo = placeIn(pipeline, changes, verified)
  const below = parentsOf(pipeline, verified)
  return environment.vetoes.filter(({ from }) => {
    if (below.has(from)) return false
    const special = specialAt(pipeline, from)
    if (special !== undefined) {
      const its = { sha: verified, order: changes }
      return branchContains(pipeline, special, its) === 'no'
    }
    const at = order.indexOf(from)
    if (at >= 0) return at > upTo
    return !isBehind(pipeline, from) || isBehind(pipeline, verified)
  })
}
