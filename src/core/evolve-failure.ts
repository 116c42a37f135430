/**
 * What was done by itself about a failure, applied.
 *
 * Invariant: total, like `evolve`, of which it is a part: one reaction for each deployment.
 */
import type { Event } from './event.ts'
import { isFailing } from './failure.ts'
import type { Pipeline } from './model.ts'
import { deployment } from './patch.ts'
import type { Reaction } from './reaction.ts'

type Reacting = Extract<
  Event,
  { type: 'countdown_begun' | 'countdown_cancelled' | 'reaction_withheld' }
>

export const evolveFailure = (pipeline: Pipeline, event: Reacting): Pipeline =>
  deployment(pipeline, event.key, { reaction: reactionOf(event) })

/**
 * What went wrong is people's from the start where its environment asks for nothing, or where it is
 * a person who says so: a policy that is written later is about what goes wrong later.
 */
export function leaveToPeople(
  pipeline: Pipeline,
  key: string,
  { byPerson }: { readonly byPerson: boolean },
): Pipeline {
  const one = pipeline.deployments.find((other) => other.key === key)
  if (one === undefined || one.reaction !== null || !isFailing(pipeline, one)) return pipeline
  const { environments } = pipeline.policy
  const act = environments.find(({ name }) => name === one.environment)?.onFailure.act ?? 'hold'
  return act === 'hold' || byPerson
    ? deployment(pipeline, key, { reaction: { is: 'left' } })
    : pipeline
}

function reactionOf(event: Reacting): Reaction {
  switch (event.type) {
    case 'countdown_begun':
      return { is: 'countdown', ...event.countdown }
    case 'countdown_cancelled':
      return { is: 'cancelled', by: event.by, reason: event.reason }
    case 'reaction_withheld':
      return { is: 'withheld', why: event.why }
  }
}
