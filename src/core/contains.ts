/**
 * Whether what goes to an environment contains what is live there.
 *
 * Invariant: by ancestry as far as it is known; what nobody knows is said to be unknown.
 */
import { areApart } from './ancestry.ts'
import { branchOrder, wholeOrder } from './line.ts'
import type { Pipeline, Train } from './model.ts'
import { branchContains, countedLive, specialAt, specialContains } from './special.ts'

/**
 * Whether a train's sha contains what is live in an environment; `unknown` when nobody has told
 * us where on the branch that is.
 */
export function containsLive(
  pipeline: Pipeline,
  train: Train,
  environment: string,
): 'yes' | 'no' | 'unknown' {
  const live = countedLive(pipeline, environment)
  if (train.special !== null) {
    if (live === null || live.sha === train.sha) return 'yes'
    const at = { live: live.sha, order: wholeOrder(pipeline) }
    return specialContains(pipeline, train.special, at)
  }
  if (train.sha !== null && pipeline.shipped.has(train.sha)) return 'no'
  if (train.kept !== null) return 'no'
  if (live === null) return 'yes'
  if (pipeline.dropped.has(live.sha)) return 'no'
  const special = specialAt(pipeline, live.sha)
  if (special !== undefined) {
    const at = { sha: train.sha ?? '', order: wholeOrder(pipeline) }
    return branchContains(pipeline, special, at)
  }
  const known = wholeOrder(pipeline)
  if (train.sha !== null && areApart(pipeline, known, [train.sha, live.sha])) return 'no'
  if (live.sha === pipeline.tip || pipeline.shipped.has(live.sha)) return 'yes'
  const order = branchOrder(pipeline).map(({ sha }) => sha)
  const at = order.indexOf(live.sha)
  if (at < 0) return 'unknown'
  return train.sha !== null && at <= order.indexOf(train.sha) ? 'yes' : 'no'
}
