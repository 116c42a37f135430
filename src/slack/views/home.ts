/**
 * The App Home: what waits for whoever opens it, then every pipeline with its trains and locks.
 *
 * Invariant: what waits stands first. Slack shows at most 100 blocks in a Home; this stays below,
 * however many pipelines there are.
 */
import type { KnownBlock } from '@slack/types'
import type { Actor, Pipeline } from '../../core/model.ts'
import type { Message } from '../scene.ts'
import { command, md } from '../words/mrkdwn.ts'
import { counted } from '../words/names.ts'
import { moment } from '../words/time.ts'
import { context, divider, fitting, header, message, section, sections } from './blocks.ts'
import { waitingBlocks, waitsFor } from './board.ts'
import { statusLines } from './status.ts'

const PIPELINES_MAX = 20
/** One pipeline shows no more than this; the rest is told by `/deploy status`. */
const PIPELINE_TEXT_MAX = 2_800

export function home(pipelines: readonly Pipeline[], viewer: Actor, now: number): Message {
  const waiting = pipelines.flatMap((pipeline) => waitsFor(pipeline, viewer, now))
  const text = md`${waiting.length === 0 ? 'Nothing waits for you' : `${counted(waiting.length, 'thing')} for you to answer`}`
  const left = pipelines.length - PIPELINES_MAX
  return message(text, [
    header('What waits for you'),
    ...waitingBlocks(waiting),
    ...pipelines.slice(0, PIPELINES_MAX).flatMap((pipeline) => pipelineBlocks(pipeline, now)),
    ...(left > 0
      ? [context(md`+ ${left} more pipelines; all of them: ${command('/deploy')}`)]
      : []),
    ...(pipelines.length === 0 ? [section(md`No pipeline is configured yet.`)] : []),
    divider,
    context(
      md`As it was ${moment(now)}; open this tab again to see it anew. ${command('/deploy help')} lists what you can say.`,
    ),
  ])
}

function pipelineBlocks(pipeline: Pipeline, now: number): readonly KnownBlock[] {
  const { shown, left } = fitting(statusLines(pipeline, now), PIPELINE_TEXT_MAX)
  const rest = md`+ ${left} more lines: ${command(`/deploy status ${pipeline.name}`)}`
  return [
    divider,
    header(pipeline.name),
    ...sections(left === 0 ? shown : [...shown, rest]).slice(0, 2),
  ]
}
