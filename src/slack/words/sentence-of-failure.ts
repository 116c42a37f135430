/**
 * The sentences about what is done by itself when something went wrong, and why it is not.
 *
 * Invariant: exhaustive over the reasons, and drawn from the event's own facts.
 */
import type { Event } from '../../core/event.ts'
import type { Pipeline } from '../../core/model.ts'
import type { Withheld } from '../../core/reaction.ts'
import { clip, type Mrkdwn, md } from './mrkdwn.ts'
import { called, changeNames, shortSha } from './names.ts'
import { exactly, span } from './time.ts'

const CAUSE_MAX = 250

export function failureSentence(
  event: Extract<Event, { type: 'countdown_begun' | 'countdown_cancelled' | 'reaction_withheld' }>,
  pipeline: Pipeline,
): Mrkdwn {
  const { environment } = event
  switch (event.type) {
    case 'countdown_begun': {
      const { to, cause, since, at } = event.countdown
      return md`${environment} goes back to ${shortSha(to)} by itself in ${span(at - since)}, at ${exactly(at)}: ${clip(cause, CAUSE_MAX)}`
    }
    case 'countdown_cancelled': {
      const why = event.reason === null ? md`.` : md`: ${event.reason}`
      return md`${called(pipeline, event.by)} keeps ${environment} from going back to ${shortSha(event.countdown.to)} by itself${why}`
    }
    case 'reaction_withheld': {
      const why = withheldBecause(event.why, environment, pipeline)
      return md`${why}. Cause: ${clip(event.cause, CAUSE_MAX)}`
    }
  }
}

/** Why nothing was done by itself. */
export function withheldBecause(why: Withheld, environment: string, pipeline: Pipeline): Mrkdwn {
  switch (why.is) {
    case 'rollback':
      return md`${environment} stays as it is: what went wrong is a rollback, and nothing goes further back by itself`
    case 'nothing_before':
      return md`${environment} stays as it is: there is no earlier release to go back to`
    case 'sick_before':
      return md`${environment} stays as it is: it was not known to be well before (${why.ailment}), so the cause may be an earlier one`
    case 'locked':
      return md`${environment} does not go back to ${shortSha(why.to)} by itself: ${called(pipeline, why.by)} keeps it locked (${why.reason})`
    case 'stopped':
      return md`${environment} went wrong while the line is stopped by ${called(pipeline, why.by)} already`
    case 'dry_run':
      if (why.act === 'stop') {
        return md`Would have stopped the line now for ${environment}, and only says so`
      }
      return why.asks !== null
        ? md`Would have asked ${called(pipeline, why.asks)}, who keeps ${environment} locked, whether to take it back to ${shortSha(why.to)}, and only says so`
        : md`Would have taken ${environment} back to ${shortSha(why.to)} now, and only says so`
    case 'migrated':
      return md`${environment} stays as it is: data was migrated there for ${changeNames(pipeline.changes, why.changes)}, and the code before may not know the new schema`
    case 'policy':
      return md`${environment} does not go back by itself any more: its policy has changed`
  }
}
