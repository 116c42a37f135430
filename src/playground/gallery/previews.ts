/**
 * What is shown before it is done: a rollback, and a special train.
 *
 * Invariant: at every state a pipeline can be in, as far as the core allows it there.
 */
import { previewRollback } from '../../core/preview-rollback.ts'
import { previewSpecial } from '../../core/preview-special.ts'
import { rollbackPreview } from '../../slack/views/rollback-preview.ts'
import { specialPreview } from '../../slack/views/special-preview.ts'
import { actor, change } from './cast.ts'
import { ephemeral, type Picture } from './picture.ts'
import { NAME } from './refusals.ts'
import type { Ride } from './ride.ts'

/** A special train at every state, with a hostile name and title. */
export function special(name: string, pipeline: Ride['pipeline'], now: number): Picture {
  const permissions = { ...pipeline.policy.permissions, special: ['ana'] }
  const its = { ...pipeline, policy: { ...pipeline.policy, permissions } }
  const own = change('own', { title: NAME, author: NAME })
  const found = {
    ref: NAME,
    sha: own.sha,
    isOnBranch: false,
    fork: null,
    changes: [own],
    contains: [],
    lacks: pipeline.environments.flatMap(({ live }) => live?.sha ?? []),
    within: [],
  }
  const command = { type: 'depart_ref', train: null, found, environment: null } as const
  const seen = previewSpecial(its, command, { actor: actor('ana'), now })
  if (!seen.ok || seen.preview === null) throw new Error(`no special train in ${name}`)
  return ephemeral(`special: ${name}`, specialPreview(seen.preview, its))
}

export function previews(
  name: string,
  pipeline: Ride['pipeline'],
  now: number,
): readonly Picture[] {
  return pipeline.environments.flatMap((environment) => {
    const found = previewRollback(pipeline, environment, null)
    if (!found.ok) return []
    return [null, 'prices are wrong'].map((reason) =>
      ephemeral(
        `preview: ${name}, ${environment.name}, ${reason ?? 'no reason'}`,
        rollbackPreview(found.preview, pipeline, { now, reason }),
      ),
    )
  })
}
