/**
 * What an announcement shows of a failure that is about to be taken back by itself, or is not.
 *
 * Invariant: the same facts as the thread tells, for as long as they stand.
 */
import type { Deployment, Pipeline } from '../../core/model.ts'
import type { Countdown } from '../../core/reaction.ts'
import { clip, type Mrkdwn, md, nothing } from '../words/mrkdwn.ts'
import { called, shortSha } from '../words/names.ts'
import { withheldBecause } from '../words/sentence-of-failure.ts'
import { exactly } from '../words/time.ts'

/** While the countdown runs. */
export const countingDown = ({ to, at, cause }: Countdown): Mrkdwn =>
  md`Goes back to ${shortSha(to)} by itself at ${exactly(at)}, unless somebody cancels it: ${clip(cause, 250)}.`

/** What was to be done by itself, and is not. */
export function notDone(
  { pipeline }: { readonly pipeline: Pipeline },
  { reaction, environment }: Deployment,
): readonly Mrkdwn[] {
  switch (reaction?.is) {
    case 'withheld':
      return [md`⚠️ ${withheldBecause(reaction.why, environment, pipeline)}.`]
    case 'cancelled': {
      const why = reaction.reason === null ? nothing : md`: ${reaction.reason}`
      return [md`✋ ${called(pipeline, reaction.by)} keeps it from going back by itself${why}`]
    }
    case 'countdown':
    case 'stopped':
    case 'left':
    case undefined:
      return []
  }
}
