/**
 * What was done by itself about a failure, applied.
 *
 * Invariant: total, like `evolve`, of which it is a part: one reaction for each deployment.
 */
import type { Event } from './event.ts'
import type { Pipeline } from './model.ts'
import { deployment } from './patch.ts'
import type { Reaction } from './reaction.ts'

type Reacting = Extract<
  Event,
  { type: 'countdown_begun' | 'countdown_cancelled' | 'reaction_withheld' }
>

export const evolveFailure = (pipeline: Pipeline, event: Reacting): Pipeline =>
  deployment(pipeline, event.key, { reaction: reactionOf(event) })

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
