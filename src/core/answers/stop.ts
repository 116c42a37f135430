/**
 * Stopping the line, owning the stop, and letting the line go on.
 *
 * Invariant: anyone who may hold may stop it; it goes on only with a written cause, and what
 * stopped it stands in that event.
 */
import type { Command } from '../command.ts'
import type { Pipeline } from '../model.ts'
import { type Answer, type Context, lacks, record, refuse } from './answer.ts'

type Of<T extends Command['type']> = Extract<Command, { type: T }>

/** Nothing new starts until someone resumes it; a person who stops it owns the stop at first. */
export function stopLine(pipeline: Pipeline, { reason }: Of<'stop'>, context: Context): Answer {
  const denied = lacks(pipeline, context, 'hold')
  if (denied !== undefined) return refuse(denied)
  if (pipeline.stopped !== null) {
    const what = `the line was stopped by ${pipeline.stopped.by}: ${pipeline.stopped.reason}`
    return refuse({ code: 'already_done', what })
  }
  const { name: by, kind } = context.actor
  return record({ type: 'line_stopped', by, reason, owner: kind === 'person' ? by : null })
}

/** One person looks after it: whoever claimed it last. */
export function claimStop(pipeline: Pipeline, context: Context): Answer {
  const denied = lacks(pipeline, context, 'hold')
  if (denied !== undefined) return refuse(denied)
  if (context.actor.kind !== 'person') return refuse({ code: 'people_only', act: 'own a stop' })
  const { stopped } = pipeline
  if (stopped === null) return refuse({ code: 'already_done', what: 'the line runs' })
  const by = context.actor.name
  const from = stopped.owner ?? null
  if (from === by) return refuse({ code: 'already_done', what: 'the stop is yours' })
  return record({ type: 'stop_claimed', by, from })
}

export function resumeLine(pipeline: Pipeline, { reason }: Of<'resume'>, context: Context): Answer {
  const denied = lacks(pipeline, context, 'depart')
  if (denied !== undefined) return refuse(denied)
  const { stopped } = pipeline
  if (stopped === null) return refuse({ code: 'already_done', what: 'the line runs' })
  return record({ type: 'line_resumed', reason, stopped })
}
