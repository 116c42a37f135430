/**
 * A yes, to the person alone: what was done, and what follows or is awaited next.
 *
 * Invariant: told from what was recorded, so it never claims more than happened.
 */
import type { Command } from '../../core/command.ts'
import { SYSTEM } from '../../core/decide.ts'
import type { Event } from '../../core/event.ts'
import { unfinished } from '../../core/line.ts'
import type { Pipeline } from '../../core/model.ts'
import type { Message, Told } from '../scene.ts'
import { command, type Mrkdwn, md, nothing } from '../words/mrkdwn.ts'
import { sentence } from '../words/sentence.ts'
import { message, sections } from './blocks.ts'
import { trainLine } from './train-line.ts'

const LINES_MAX = 8

export function answered(
  type: Command['type'],
  told: readonly Told[],
  pipeline: Pipeline,
  now: number,
): Message {
  const said = told.filter(({ event, actor }) => isAnswer(event, actor))
  const lines = said
    .slice(0, LINES_MAX)
    .map(({ event, actor }) => sentence(event, { pipeline, changes: pipeline.changes, actor }))
  const more = said.length > LINES_MAX ? [md`… and ${said.length - LINES_MAX} more.`] : []
  const [first = md`Done; nothing had to change.`, ...others] = lines
  const head = md`👍 ${first}`
  return message(head, [
    ...sections([head, ...others, ...more, next(type, told, { pipeline, now })]),
  ])
}

/** What the person did, and of what followed by itself only what ends or starts something. */
const isAnswer = (event: Event, actor: string): boolean =>
  actor !== SYSTEM || event.type === 'train_cancelled' || event.type === 'deployment_requested'

/** How the train that this was about stands now, or what the act left to do. */
function next(
  type: Command['type'],
  told: readonly Told[],
  { pipeline, now }: { readonly pipeline: Pipeline; readonly now: number },
): Mrkdwn {
  if (type === 'stop')
    return md`Nothing new starts until ${command(`/deploy resume ${pipeline.name} REASON`)}`
  if (type === 'lock') {
    const place = told.flatMap(({ event }) =>
      event.type === 'locked' ? [event.lock.environment] : [],
    )
    const where = [pipeline.name, ...place.flatMap((one) => (one === null ? [] : [one]))].join(' ')
    return md`Release it: ${command(`/lock ${where} release`)}`
  }
  const number = told
    .flatMap(({ event }) =>
      'train' in event && typeof event.train === 'number' ? [event.train] : [],
    )
    .at(-1)
  const train = unfinished(pipeline).find((one) => one.number === number)
  return train === undefined ? nothing : trainLine(pipeline, train, now)
}
