/**
 * The one direct message to somebody who was asked and has not answered.
 *
 * Invariant: only for whoever is still silent; null once there is nothing left to ask.
 */
import type { Message, Scene } from '../scene.ts'
import { link, listed, md, nothing, ours } from '../words/mrkdwn.ts'
import { changeName } from '../words/names.ts'
import { clock } from '../words/time.ts'
import { askedAboard, askingEnvironment } from './asked.ts'
import { actions, message, section } from './blocks.ts'
import { consent, hold } from './choices.ts'

export function reminder(scene: Scene, name: string): Message | null {
  const { pipeline, train, changes, links } = scene
  const where = askingEnvironment(pipeline)
  const mine = askedAboard(pipeline, changes).filter(
    ({ rule, silent }) => rule === 'each' && silent.includes(name),
  )
  if (where === undefined || mine.length === 0 || train.departedAt === null) return null
  const names = mine.slice(0, 8).map(({ change }) => changeName(change, links.repository))
  const more = mine.length > 8 ? [md`${mine.length - 8} more`] : []
  const there =
    links.announcement === null ? nothing : md` ${link(links.announcement, ours('See the train'))}`
  const text = md`⏳ ${pipeline.name} train #${train.number} waits since ${clock(train.departedAt)} for your yes to ${listed([...names, ...more])} before ${where.name}.${there}`
  return message(text, [section(text), ...actions([consent(scene), hold(scene)])])
}
