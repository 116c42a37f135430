/**
 * One release after another in production, and the way back from the newest.
 *
 * Invariant: it leads up to where a story begins, and expects nothing.
 */
import { change, environment, policy, sha } from '../world/policy.ts'
import { LineStory } from './line-story.ts'

/** A line with production alone, where these permissions differ. */
export const alone = (permissions = {}): LineStory =>
  new LineStory(
    policy({
      environments: [environment('production')],
      permissions: { ...policy().permissions, ...permissions },
    }),
  )

/** A change of its own train, merged on top of the last one, live and verified everywhere. */
export function ride(story: LineStory, name: string, parent?: string): void {
  story.merge(change(name, parent === undefined ? {} : { parent: sha(parent) }))
  story.depart()
  for (const { name: where } of story.pipeline.policy.environments) story.run(where, 'succeeded')
}

/** `a` and `b` are live, one after the other. */
export function twoReleases(permissions = {}): LineStory {
  const story = alone(permissions)
  ride(story, 'a')
  ride(story, 'b', 'a')
  return story
}

/** `a` and `b` are live, one after the other; `c` has departed and is under way. */
export function thirdUnderWay(permissions = {}): LineStory {
  const story = twoReleases(permissions)
  story.merge(change('c', { parent: sha('b') }))
  story.depart()
  return story
}

export const back = {
  type: 'roll_back',
  environment: null,
  to: null,
  reason: 'prices are wrong',
  takeOver: false,
  settle: false,
  abort: false,
} as const

/** Somebody says that it is live there, put there by hand. */
export const byHand = (where: string, name: string) =>
  ({ type: 'record_release', environment: where, sha: sha(name), reason: 'by hand' }) as const

/** How the newest deployment ended. */
export const ended = ({ log }: LineStory) => log.findLast(({ type }) => type === 'deployment_ended')
