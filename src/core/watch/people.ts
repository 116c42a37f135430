/**
 * Who could act on a train: whoever sent it, else those whose changes it carries.
 *
 * Invariant: only names of linked, active people.
 */
import { aboard } from '../line.ts'
import type { Pipeline, Train } from '../model.ts'
import { isActive, writersOf } from '../people.ts'
import type { History } from './concern.ts'

/** More names than this wake everybody, and nobody acts. */
const NAMED_MAX = 10

/** Whoever sent it; of one that departed by itself, the authors aboard. */
export function senders(
  pipeline: Pipeline,
  history: History,
  train: Train | undefined,
): readonly string[] {
  if (train === undefined) return []
  const sender = train.special?.by ?? history.senders.get(train.number)
  if (sender !== undefined && isActive(pipeline, sender)) return [sender]
  return named(
    pipeline,
    aboard(pipeline, train).flatMap((one) => writersOf(pipeline, one)),
  )
}

/** Each active one of them once, and no more than people read. */
export const named = (pipeline: Pipeline, people: readonly string[]): readonly string[] =>
  [...new Set(people)].filter((name) => isActive(pipeline, name)).slice(0, NAMED_MAX)
