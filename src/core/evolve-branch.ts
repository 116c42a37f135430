/**
 * The branch as it was rewritten, applied.
 *
 * Invariant: total, like `evolve`, of which it is a part. A departed train keeps its sha and, as
 * long as part of it is off the branch, the list it had.
 */
import type { Event } from './event.ts'
import { spanOf } from './line.ts'
import type { Pipeline, Train } from './model.ts'

export function rewriteBranch(
  pipeline: Pipeline,
  event: Extract<Event, { type: 'branch_rewritten' }>,
): Pipeline {
  const { head, at, gone, back } = event
  const returned = new Set(back)
  const dropped = new Set([...pipeline.dropped, ...gone].filter((sha) => !returned.has(sha)))
  const trains = pipeline.trains.map((train): Train => {
    if (train.kept !== null) {
      return train.kept.some((sha) => dropped.has(sha)) ? train : { ...train, kept: null }
    }
    return event.trains.includes(train.number)
      ? { ...train, kept: spanOf(pipeline, train).map(({ sha }) => sha) }
      : train
  })
  return { ...pipeline, dropped, trains, rewritten: { head, at } }
}
