/**
 * A yes, to the person alone: what was done, and what follows or is awaited next.
 *
 * Invariant: told from what was recorded, so it never claims more than happened.
 */
import type { Button } from '@slack/types'
import type { Command } from '../../core/command.ts'
import type { Event } from '../../core/event.ts'
import { unfinished } from '../../core/line.ts'
import type { Pipeline, Train } from '../../core/model.ts'
import { SYSTEM } from '../../core/system.ts'
import type { Message, Told } from '../scene.ts'
import { command, type Mrkdwn, md, nothing } from '../words/mrkdwn.ts'
import { sentence } from '../words/sentence.ts'
import { actions, message, sections } from './blocks.ts'
import { takeBack } from './choices.ts'
import { aboardOf, trainLine } from './train-line.ts'
import { yes } from './yes.ts'

const LINES_MAX = 8

export function answered(
  type: Command['type'],
  told: readonly Told[],
  pipeline: Pipeline,
  now: number,
): Message {
  const after = next(type, told, { pipeline, now })
  const said = told.filter(
    ({ event, actor }) => actor !== SYSTEM || isNews(event, after.mrkdwn !== ''),
  )
  const all = said.flatMap(({ event, actor }) => {
    const around = { pipeline, changes: pipeline.changes, actor }
    return (event.type === 'consent_given' ? yes(event, around) : sentence(event, around)) ?? []
  })
  const lines = all.slice(0, LINES_MAX)
  const more = all.length > LINES_MAX ? [md`… and ${all.length - LINES_MAX} more.`] : []
  const [first = md`Done; nothing had to change.`, ...others] = lines
  const head = md`👍 ${first}`
  return message(head, [
    ...sections([head, ...others, ...more, after]),
    ...actions(wayBack(type, told, { pipeline, now })),
  ])
}

/** Of what followed by itself: an end, and a start that the train's own line does not show. */
const isNews = (event: Event, isShown: boolean): boolean =>
  event.type === 'train_cancelled' || (event.type === 'deployment_requested' && !isShown)

interface Now {
  readonly pipeline: Pipeline
  readonly now: number
}

/** How the train that this was about stands now, or what the act left to do. */
function next(type: Command['type'], told: readonly Told[], { pipeline, now }: Now): Mrkdwn {
  if (type === 'stop') {
    return md`Nothing new starts until ${command(`/deploy resume ${pipeline.name} REASON`)}`
  }
  const locked = told.find(({ event }) => event.type === 'locked')?.event
  if (type === 'lock' && locked?.type === 'locked') {
    const place = [pipeline.name, locked.lock.environment ?? ''].join(' ').trim()
    return md`Release it: ${command(`/lock ${place} release`)}`
  }
  const train = trainOf(told, pipeline)
  return train === undefined ? nothing : trainLine(pipeline, train, now)
}

const WORDS: readonly Command['type'][] = ['consent', 'approve', 'hold']

/** What was said can be taken back, until the last environment is under way. */
function wayBack(
  type: Command['type'],
  told: readonly Told[],
  { pipeline, now }: Now,
): readonly Button[] {
  const train = trainOf(told, pipeline)
  if (train === undefined || !WORDS.includes(type)) return []
  return [takeBack(aboardOf(pipeline, train, now))]
}

function trainOf(told: readonly Told[], pipeline: Pipeline): Train | undefined {
  const numbers = told.flatMap(({ event }) =>
    'train' in event && typeof event.train === 'number' ? [event.train] : [],
  )
  return unfinished(pipeline).find(({ number }) => number === numbers[0])
}
