/**
 * What is told when something went wrong and is about to be taken back, or is not.
 *
 * Invariant: a countdown is told with the button that cancels it; a question is put to whoever can
 * answer it.
 */
import type { Button } from '@slack/types'
import type { Event } from '../../core/event.ts'
import { SYSTEM } from '../../core/system.ts'
import type { Narration, Scene } from '../scene.ts'
import { command, type Mrkdwn, md, nothing, spoken } from '../words/mrkdwn.ts'
import { mention, shortSha } from '../words/names.ts'
import type { Around } from '../words/sentence.ts'
import { failureSentence } from '../words/sentence-of-failure.ts'
import { actions, sections } from './blocks.ts'
import { rollBack } from './choices.ts'
import { keepIt } from './keep-it.ts'

type Of<T extends Event['type']> = Extract<Event, { type: T }>

export function countdownNote(
  event: Of<'countdown_begun'>,
  { pipeline }: Around,
  scene: Scene | null,
): Narration {
  const first = md`⏱️ ${failureSentence(event, pipeline)}`
  const next = md`Then ${event.environment} is locked, and what was taken back ships again only once somebody lets it. To leave it as it is, cancel: ${command(`/deploy keep ${pipeline.name}`)}`
  const buttons =
    scene === null
      ? []
      : [keepIt(scene, event, event.countdown), ...rollBack(scene, event.environment)]
  return note([first, next], buttons, true)
}

export function withheldNote(
  event: Of<'reaction_withheld'>,
  { pipeline }: Around,
  scene: Scene | null,
): Narration {
  const { why, environment } = event
  const said = failureSentence(event, pipeline)
  switch (why.is) {
    case 'locked': {
      const who = why.by === SYSTEM ? nothing : md`${mention(pipeline, why.by)}, `
      const asked = md`${who}shall it be taken back to ${shortSha(why.to)}? A lock is never passed by itself.`
      return note([md`🔒 ${said}`, asked], scene === null ? [] : rollBack(scene, environment), true)
    }
    case 'dry_run':
      return note([md`🧪 ${said}`], [], false)
    case 'rollback':
    case 'nothing_before':
    case 'sick_before':
    case 'migrated':
      return note([md`⚠️ ${said}`], [], true)
    case 'stopped':
    case 'policy':
      return note([md`⚠️ ${said}`], [], false)
  }
}

const note = (
  lines: readonly Mrkdwn[],
  buttons: readonly Button[],
  broadcast: boolean,
): Narration => ({
  text: spoken(lines[0] ?? nothing),
  blocks: [...sections(lines), ...actions(buttons)],
  broadcast,
})
