/**
 * The one direct message to whoever's lock keeps a failure from going back by itself.
 *
 * Invariant: only while it is wrong, locked by that person, and nobody takes it back; else null.
 */
import { causeOf, isFailing } from '../../core/failure.ts'
import { locksOn } from '../../core/gates/way.ts'
import { occupant } from '../../core/releases.ts'
import type { Message, Scene } from '../scene.ts'
import { rollbackCommand } from '../words/deployment-name.ts'
import { clip, link, md, nothing, ours } from '../words/mrkdwn.ts'
import { shortSha } from '../words/names.ts'
import { actions, message, sections } from './blocks.ts'
import { rollBack } from './choices.ts'

export function lockQuestion(
  scene: Scene,
  { key, person }: { readonly key: string; readonly person: string },
): Message | null {
  const { pipeline, train, deployments, links, now } = scene
  const deployment = deployments.find((one) => one.key === key)
  const { reaction } = deployment ?? {}
  if (deployment === undefined || reaction?.is !== 'withheld' || reaction.why.is !== 'locked') {
    return null
  }
  const { environment } = deployment
  const { reason, to } = reaction.why
  const isOpen = occupant(pipeline, environment)?.key === key && isFailing(pipeline, deployment)
  const isOrdered = pipeline.environments.some(
    ({ name, rollback }) => name === environment && rollback !== null,
  )
  const isTheirs = locksOn(pipeline, environment, now).some(({ by }) => by === person)
  if (!isOpen || isOrdered || !isTheirs) return null
  const first = md`🔒 ${pipeline.name} train #${train.number} went wrong in ${environment}: ${clip(causeOf(pipeline, deployment), 300)}. You keep ${environment} locked (${clip(reason, 200)}), and a lock is never passed by itself: shall it be taken back to ${shortSha(to)}?`
  const lines = [
    first,
    md`Yes: ${rollbackCommand(pipeline.name, environment)}. Otherwise it stays as it is.`,
    links.announcement === null ? nothing : link(links.announcement, ours('See the train')),
  ]
  return message(first, [...sections(lines), ...actions(rollBack(scene, environment, 'primary'))])
}
