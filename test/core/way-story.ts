/**
 * Trains on their way, one behind the other.
 *
 * Invariant: it leads up to where a story begins, and expects nothing.
 */
import { change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

/** A line with production alone, which these terms differ in. */
export const alone = (over = {}): LineStory =>
  new LineStory(policy({ environments: [environment('production', over)] }))

/** A line with staging and production. */
export const two = (): LineStory =>
  new LineStory(policy({ environments: [environment('staging'), environment('production')] }))

/** `a` and `b` in two trains, both on their way. */
export function follow(story: LineStory): LineStory {
  story.merge(change('a'))
  story.depart()
  story.pass(1_000)
  story.merge(change('b', { parent: sha('a') }))
  story.depart()
  story.pass(1_000)
  return story
}
