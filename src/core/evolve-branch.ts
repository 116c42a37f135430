/**
 * The branch as it was rewritten, applied.
 *
 * Invariant: total, like `evolve`, of which it is a part. A departed train keeps its sha and, as
 * long as part of it is off the branch, the list it had.
 */
import { parentsOf } from './ancestry.ts'
import type { Event } from './event.ts'
import { inOrder, line, spanOf } from './line.ts'
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

/**
 * What a force-push took while it was live is no list of a train that waits; once it is live no
 * longer, the train that would bring it again has it as its list, and asks for it.
 */
export function keepStrays(pipeline: Pipeline): Pipeline {
  const stray = pipeline.changes.filter(
    ({ sha }) => pipeline.dropped.has(sha) && !pipeline.shipped.has(sha),
  )
  const theirs = new Set(line(pipeline).flatMap(({ kept }) => kept ?? []))
  const lists = new Map<number, readonly string[]>()
  for (const { number, sha, kept } of line(pipeline)) {
    if (sha === null || kept !== null || !stray.some((one) => one.sha === sha)) continue
    const below = parentsOf(pipeline, sha)
    const its = inOrder(stray).filter((one) => below.has(one.sha) && !theirs.has(one.sha))
    for (const one of its) theirs.add(one.sha)
    lists.set(
      number,
      its.map((one) => one.sha),
    )
  }
  if (lists.size === 0) return pipeline
  const keeping = (train: Train): Train => {
    const kept = lists.get(train.number)
    return kept === undefined ? train : { ...train, kept }
  }
  return { ...pipeline, trains: pipeline.trains.map(keeping) }
}
