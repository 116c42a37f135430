/**
 * A person's no to an automatic rollback.
 *
 * Invariant: it cancels the countdown that was shown, never a later one, and what went wrong is not
 * taken back by itself any more.
 */
import type { Command } from '../command.ts'
import type { Event } from '../event.ts'
import { countdowns } from '../failure.ts'
import type { Pipeline } from '../model.ts'
import { type Answer, type Context, findEnvironment, lacks, record, refuse } from './answer.ts'

/**
 * Whoever may hold a train or roll back may also leave things as they are. Who names no environment
 * means every countdown that runs: to cancel another one than was meant would be too late to notice.
 */
export function cancelCountdown(
  pipeline: Pipeline,
  { environment, deployment, since, reason }: Extract<Command, { type: 'cancel_countdown' }>,
  context: Context,
): Answer {
  const denied = lacks(pipeline, context, 'hold')
  if (denied !== undefined && lacks(pipeline, context, 'roll_back') !== undefined) {
    return refuse(denied)
  }
  if (environment !== null) {
    const where = findEnvironment(pipeline, environment)
    if (!where.ok) return where
  }
  const running = countdowns(pipeline).filter(
    (one) =>
      (environment === null || one.deployment.environment === environment) &&
      (deployment === null || one.deployment.key === deployment) &&
      (since === null || one.countdown.since === since),
  )
  if (running.length === 0) return refuse({ code: 'no_countdown', environment })
  const by = context.actor.name
  return record(
    ...running.map(({ countdown, deployment: { key, environment: where } }): Event => {
      return { type: 'countdown_cancelled', key, environment: where, by, reason, countdown }
    }),
  )
}
