/**
 * Locks: a person keeps an environment, a pipeline or everything closed, with a reason.
 *
 * Invariant: at most one lock of each scope. Taking over is said out loud, and names whose it was.
 */
import type { Command } from '../command.ts'
import { environmentOf } from '../line.ts'
import type { Lock, Pipeline } from '../model.ts'
import { type Answer, type Context, findEnvironment, lacks, record, refuse } from './answer.ts'

type Of<T extends Command['type']> = Extract<Command, { type: T }>

const lockAt = (pipeline: Pipeline, environment: string | null): Lock | null =>
  environment === null ? pipeline.lock : (environmentOf(pipeline, environment)?.lock ?? null)

export function answerLock(pipeline: Pipeline, command: Of<'lock'>, context: Context): Answer {
  const denied = lacks(pipeline, context, 'lock')
  if (denied !== undefined) return refuse(denied)
  const { environment } = command
  if (environment !== null) {
    const found = findEnvironment(pipeline, environment)
    if (!found.ok) return found
  }
  const standing = lockAt(pipeline, environment)
  const where = environment ?? pipeline.name
  const others = standing !== null && standing.by !== context.actor.name
  if (others && !command.takeOver) {
    return refuse({ code: 'locked', by: standing.by, reason: standing.reason, where })
  }
  const lock: Lock = {
    id: command.id,
    environment,
    by: context.actor.name,
    reason: command.reason,
    since: context.now,
    expires: command.forMs === null ? null : context.now + command.forMs,
  }
  return record({ type: 'locked', lock, takenFrom: others ? standing.by : null })
}

export function answerUnlock(pipeline: Pipeline, command: Of<'unlock'>, context: Context): Answer {
  const denied = lacks(pipeline, context, 'lock')
  if (denied !== undefined) return refuse(denied)
  const { environment, id } = command
  if (environment !== null) {
    const found = findEnvironment(pipeline, environment)
    if (!found.ok) return found
  }
  const where = environment ?? pipeline.name
  const lock = lockAt(pipeline, environment)
  if (lock === null) return refuse({ code: 'not_locked', where })
  if (id !== null && lock.id !== id) return refuse({ code: 'stale_lock', where })
  return record({ type: 'unlocked', lock })
}
