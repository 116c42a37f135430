/**
 * The sentences about a rollout in steps.
 *
 * Invariant: drawn from the event's own facts; each step is called as its policy calls it.
 */
import type { Event } from '../../core/event.ts'
import type { Pipeline } from '../../core/model.ts'
import { stepTitle } from '../../core/rollout.ts'
import { type Mrkdwn, md, nothing } from './mrkdwn.ts'
import { called } from './names.ts'
import { span } from './time.ts'

type OfRollout = Extract<
  Event,
  {
    type:
      | 'step_done'
      | 'step_requested'
      | 'rollout_paused'
      | 'rollout_skipped'
      | 'rollout_continued'
  }
>

/** `environment`: where it is. */
export function rolloutSentence(event: OfRollout, environment: string, pipeline: Pipeline): Mrkdwn {
  switch (event.type) {
    case 'step_done': {
      const by =
        event.source === 'person' && event.reason !== null ? md` (${event.reason})` : nothing
      return md`${environment} is at ${stepTitle(event.step)}${by}, and bakes there for ${span(event.step.bakeMs)}.`
    }
    case 'step_requested':
      return md`${environment} goes on to ${stepTitle(event.step)}.`
    case 'rollout_paused':
      return md`${called(pipeline, event.by)} keeps ${environment} at its step: ${event.reason}`
    case 'rollout_skipped':
      return md`${called(pipeline, event.by)} sends ${environment} to its last step next: ${event.reason}`
    case 'rollout_continued':
      return md`${called(pipeline, event.by)} lets ${environment} go on, which ${called(pipeline, event.paused.by)} had paused (${event.paused.reason}): ${event.reason}`
  }
}
