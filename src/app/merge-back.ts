/**
 * Whether a special train has come back to the branch: asked of the repository, then recorded.
 *
 * Invariant: asked again only when the branch has grown. Until it is seen there, nobody is told
 * that the branch contains it.
 */

import { wholeOrder } from '../core/line.ts'
import type { LookUp, MergedAsked } from '../core/look-up.ts'
import type { Actor, Pipeline } from '../core/model.ts'
import { forkIn } from '../core/special.ts'
import { SYSTEM } from '../core/system.ts'
import { type Configured, loadPipeline } from '../db/load.ts'
import { unmergedSpecials } from '../db/specials.ts'
import { inTransaction, type Pool } from '../db/transaction.ts'
import type { Dispatch } from './dispatch.ts'

export interface MergeBackParts {
  readonly pool: Pool
  readonly pipelines: ReadonlyMap<string, Configured>
  readonly dispatch: Dispatch
  readonly lookUp: LookUp
  /** Told why a repository could not be asked. */
  readonly failed: (fault: unknown, repository: string) => void
}

const LOOKING: Actor = { name: SYSTEM, kind: 'system', groups: [] }

/** Looks once, at every special train there is. */
export function createMergeBack(parts: MergeBackParts): () => Promise<void> {
  const { pool, pipelines, dispatch, lookUp, failed } = parts
  const asked = new Map<string, string>()
  return async () => {
    for (const { pipeline: name, train } of await inTransaction(pool, unmergedSpecials)) {
      const configured = pipelines.get(name)
      if (configured === undefined) continue
      const { pipeline } = await inTransaction(pool, (tx) => loadPipeline(tx, configured, []))
      const question = questionOn(pipeline, train)
      const newest = question?.candidates.at(-1)
      const key = `${name}/${train}`
      if (question === null || newest === undefined || asked.get(key) === newest) continue
      try {
        const change = await lookUp.merged(question)
        asked.set(key, newest)
        if (change !== null) await dispatch(name, { type: 'record_merged', train, change }, LOOKING)
      } catch (fault) {
        failed(fault, question.repository)
      }
    }
  }
}

/** What was merged after it left the branch. */
function questionOn(pipeline: Pipeline, number: number): MergedAsked | null {
  const train = pipeline.trains.find((one) => one.number === number)
  if (train?.special == null || train.sha === null) return null
  const { repository, branch } = pipeline.policy
  const order = wholeOrder(pipeline)
  const candidates = order.slice(forkIn(train.special, order) + 1).map(({ sha }) => sha)
  return { repository, branch, fork: train.special.fork, sha: train.sha, candidates }
}
