/**
 * What people say about a rollout in steps: that it stays at its step, or goes to everybody now; and
 * what came of retiring the old release.
 *
 * Invariant: none of it starts anything, nor is said to another deployment than it was meant for. A pause keeps the next step; a skip shortens the way, and
 * opens no gate.
 */
import type { Command } from '../command.ts'
import type { Deployment, Pipeline } from '../model.ts'
import { isRollingOut } from '../steps.ts'
import {
  type Answer,
  type Context,
  type Found,
  findEnvironment,
  lacks,
  notLinked,
  record,
  refuse,
} from './answer.ts'

type Of<T extends Command['type']> = Extract<Command, { type: T }>

/** Anyone who may hold a train may keep its next step. */
export function answerPause(
  pipeline: Pipeline,
  command: Of<'pause_rollout'>,
  context: Context,
): Answer {
  const denied = lacks(pipeline, context, 'hold')
  if (denied !== undefined) return refuse(denied)
  const found = rollingOut(pipeline, command)
  if (!found.ok) return found
  const { key, rollout } = found.it
  if (rollout?.paused != null) {
    return refuse({ code: 'already_done', what: `${rollout.paused.by} has paused it` })
  }
  return record({ type: 'rollout_paused', key, by: context.actor.name, reason: command.reason })
}

/** Whoever may answer for a doubtful deployment may answer for what nobody waits to see. */
export function answerSkip(
  pipeline: Pipeline,
  command: Of<'skip_to_full'>,
  context: Context,
): Answer {
  const denied = lacks(pipeline, context, 'settle')
  if (denied !== undefined) return refuse(denied)
  const unknown = notLinked(pipeline, context, 'answer for a rollout')
  if (unknown !== undefined) return refuse(unknown)
  const found = rollingOut(pipeline, command)
  if (!found.ok) return found
  const { key, rollout } = found.it
  if (rollout?.skipped != null) {
    const what = `${rollout.skipped.by} has sent it to its last step`
    return refuse({ code: 'already_done', what })
  }
  return record({ type: 'rollout_skipped', key, by: context.actor.name, reason: command.reason })
}

/** The rollout with a step to come: the one there, else the first. */
function rollingOut(
  pipeline: Pipeline,
  { environment, deployment }: Of<'pause_rollout' | 'skip_to_full'>,
): Found<Deployment> {
  if (environment !== null) {
    const where = findEnvironment(pipeline, environment)
    if (!where.ok) return where
  }
  const found = pipeline.deployments.find(
    (one) =>
      isRollingOut(one) &&
      (environment === null || one.environment === environment) &&
      (deployment === undefined || one.key === deployment),
  )
  return found === undefined ? refuse({ code: 'no_rollout', environment }) : { ok: true, it: found }
}

/** Told once, whatever came of it: it keeps nothing open or closed. */
export function recordRetirement(
  pipeline: Pipeline,
  { environment, train, old, outcome, says }: Of<'record_retirement'>,
): Answer {
  const where = findEnvironment(pipeline, environment)
  if (!where.ok) return where
  const type = outcome === 'done' ? 'retirement_done' : 'retirement_failed'
  return record({ type, environment, train, old, says })
}
