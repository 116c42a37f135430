/**
 * What stands that nobody may have noticed: the watchdogs of a pipeline.
 *
 * Invariant: from the line, its history and the clock alone; it decides nothing and changes
 * nothing. Whoever tells it tells each concern once, by its kind and what it is about.
 */
import type { Pipeline } from './model.ts'
import type { Concern, History } from './watch/concern.ts'
import { incrementConcerns } from './watch/increments.ts'
import { failureConcerns, lockConcerns, noDeployConcerns } from './watch/places.ts'
import { runConcerns } from './watch/runs.ts'
import { checkConcerns, waitingConcerns } from './watch/words.ts'

/** Every concern that stands at `now`. */
export const concernsOf = (
  pipeline: Pipeline,
  history: History,
  now: number,
): readonly Concern[] => [
  ...runConcerns(pipeline, history, now),
  ...incrementConcerns(pipeline, history, now),
  ...checkConcerns(pipeline, now),
  ...waitingConcerns(pipeline, history, now),
  ...lockConcerns(pipeline, now),
  ...noDeployConcerns(pipeline, now),
  ...failureConcerns(pipeline, history, now),
]
