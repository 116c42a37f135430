/**
 * What happened, newest first, one line each.
 *
 * Invariant: told in the same sentences as it was told when it happened.
 */
import type { Event } from '../../core/event.ts'
import type { Pipeline } from '../../core/model.ts'
import type { Message, Told } from '../scene.ts'
import { md } from '../words/mrkdwn.ts'
import { sentence } from '../words/sentence.ts'
import { moment } from '../words/time.ts'
import { context, fitting, header, MESSAGE_MAX, message, section, sections } from './blocks.ts'

/** Steps on the way of what is told anyway. */
const isStep = ({ type }: Event): boolean =>
  type === 'deployment_requested' || type === 'run_claimed'

export function history(told: readonly Told[], pipeline: Pipeline): Message {
  const text = md`History of ${pipeline.name}`
  if (told.length === 0) return message(text, [section(md`Nothing has happened yet.`)])
  const lines = told
    .filter(({ event }) => !isStep(event))
    .sort((a, b) => b.seq - a.seq)
    .map(
      ({ at, event, actor }) =>
        md`${moment(at)} · ${sentence(event, { pipeline, changes: pipeline.changes, actor })}`,
    )
  const { shown, left } = fitting(lines, MESSAGE_MAX - 700)
  const more =
    left === 0
      ? []
      : [context(md`+ ${left} older ones: \`signalbox history ${pipeline.name}\` has them all`)]
  return message(text, [header(`History of ${pipeline.name}`), ...sections(shown), ...more])
}
