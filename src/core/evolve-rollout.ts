/**
 * What happened to a rollout, applied.
 *
 * Invariant: total, like `evolve`, of which it is a part. A step begins as a deployment does: under
 * a higher epoch, with nothing seen of it.
 */
import type { Event } from './event.ts'
import { NOTHING_FOUND } from './finding.ts'
import type { Pipeline } from './model.ts'
import { deployment, environmentTo, useUp } from './patch.ts'
import type { Rollout } from './rollout.ts'

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

export function evolveRollout(pipeline: Pipeline, event: OfRollout, at: number): Pipeline {
  const here = pipeline.deployments.find(({ key }) => key === event.key)
  if (here?.rollout == null) return pipeline
  const { rollout, environment, train } = here
  const to = (patch: Partial<Rollout>): Pipeline =>
    deployment(pipeline, event.key, { rollout: { ...rollout, ...patch } })
  switch (event.type) {
    case 'rollout_paused':
      return to({ paused: { by: event.by, reason: event.reason, at } })
    case 'rollout_continued':
      return to({ paused: null })
    case 'rollout_skipped':
      return to({ paused: null, skipped: { by: event.by, reason: event.reason, at } })
    case 'step_done':
      return deployment(pipeline, event.key, {
        status: 'running',
        reason: event.reason,
        endedAt: null,
        cancelling: false,
        rollout: { ...rollout, bakesSince: at },
      })
    case 'step_requested': {
      const { run, epoch, words } = event
      const isSaid = words.passes.length + words.overrides.length > 0
      const stepped = deployment(pipeline, event.key, {
        run,
        epoch,
        status: 'requested',
        requestedAt: at,
        startedAt: null,
        reason: null,
        tail: [],
        claimed: false,
        verification: NOTHING_FOUND,
        rollout: {
          ...rollout,
          at: event.at,
          bakesSince: null,
          words: isSaid ? [...rollout.words, { ...words, at }] : rollout.words,
        },
      })
      const raised = environmentTo(stepped, environment, { epoch })
      return train === null ? raised : useUp(raised, train, environment)
    }
  }
}
