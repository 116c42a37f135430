/**
 * What people do with a train as a whole: depart, cancel, retry.
 *
 * Invariant: nothing here starts a deployment; it only removes or adds a reason to wait.
 */
import { isLive } from '../advance.ts'
import { short, title } from '../blocker.ts'
import type { Command } from '../command.ts'
import { containsLive } from '../contains.ts'
import { together } from '../doors.ts'
import type { Event } from '../event.ts'
import { locksOn } from '../gates/way.ts'
import { windows } from '../gates/windows.ts'
import { aboard, deploymentsOf, journeyOf, planOf, unfinished } from '../line.ts'
import type { Deployment, Pipeline, Train } from '../model.ts'
import { holds } from '../people.ts'
import { isAtWork, isBaking } from '../steps.ts'
import { healthOf, isUnderVerification } from '../verification.ts'
import {
  type Answer,
  type Context,
  type Found,
  findEnvironment,
  findTrain,
  lacks,
  record,
  refuse,
} from './answer.ts'

type Of<T extends Command['type']> = Extract<Command, { type: T }>

/** Closes the doors by hand: on `ref`, or on the newest change; the gate then waits for checks. */
export function answerDepart(pipeline: Pipeline, command: Of<'depart'>, context: Context): Answer {
  const denied = lacks(pipeline, context, 'depart')
  if (denied !== undefined) return refuse(denied)
  if (command.environment !== null) {
    return goNow(pipeline, { ...command, environment: command.environment }, context)
  }
  if (command.plan !== null)
    return acceptPlan(pipeline, { ...command, plan: command.plan }, context)
  const found = chosen(pipeline, command.train, ({ status }) => status === 'boarding')
  if (!found.ok) return found
  const train = found.it
  if (train.status !== 'boarding') return refuse({ code: 'already_departed', train: train.number })
  const changes = together(pipeline, train)
  const { ref } = command
  const last = ref === null ? changes.at(-1) : changes.find(({ sha }) => sha === ref)
  if (last === undefined) {
    const behind = aboard(pipeline, train).find(({ sha }) => sha === ref)
    if (behind !== undefined) {
      const next = aboard(pipeline, train)[changes.length]
      const solo = changes.find(({ alone }) => alone) ?? next ?? behind
      return refuse({
        code: 'rides_alone',
        change: title(solo.number, solo.sha),
        ref: short(behind.sha),
      })
    }
    return ref === null
      ? refuse({ code: 'no_train' })
      : refuse({ code: 'not_aboard', ref, train: train.number })
  }
  const upTo = changes.slice(0, changes.indexOf(last) + 1).map(({ sha }) => sha)
  return record({
    type: 'train_departed',
    train: train.number,
    sha: last.sha,
    why: 'by_hand',
    changes: upTo,
  })
}

/**
 * A lock's holder sends the present plan under it; another's lock still stands. Somebody excepted
 * from the windows sends it outside of them.
 */
function goNow(
  pipeline: Pipeline,
  command: Of<'depart'> & { readonly environment: string },
  context: Context,
): Answer {
  const where = findEnvironment(pipeline, command.environment)
  if (!where.ok) return where
  const found = chosen(pipeline, command.train, ({ status }) => status === 'departed')
  if (!found.ok) return found
  const train = found.it
  const plan = planOf(pipeline, train, where.it)
  if (plan === null) return refuse({ code: 'still_boarding', train: train.number })
  const standing = locksOn(pipeline, command.environment, context.now)
  const by = context.actor.name
  const other = standing.find((lock) => lock.by !== by)
  if (other !== undefined) {
    return refuse({ code: 'locked', by: other.by, reason: other.reason, where: where.it.name })
  }
  const [shut] = windows({ pipeline, train, policy: where.it, now: context.now })
  const people = where.it.windows?.except.people ?? []
  const mayPass = people.length > 0 && holds(people, context.actor)
  if (standing.length === 0 && shut === undefined) {
    return refuse({ code: 'not_locked', where: where.it.name })
  }
  if (standing.length === 0 && shut !== undefined && !mayPass) {
    return refuse({ code: 'outside_windows', where: where.it.name, until: shut.until, people })
  }
  const pass = { by, environment: command.environment, plan: plan.hash }
  const { number } = train
  return record(
    ...(standing.length === 0 ? [] : [{ type: 'lock_passed', train: number, pass } as const]),
    ...(shut === undefined || !mayPass
      ? []
      : [{ type: 'window_passed', train: number, pass: { ...pass, gate: 'window' } } as const]),
  )
}

/** The word `diverged` asks for: this plan may go although it does not contain what is live. */
function acceptPlan(
  pipeline: Pipeline,
  command: Of<'depart'> & { readonly plan: string },
  { actor }: Context,
): Answer {
  const found = chosen(pipeline, command.train, ({ status }) => status === 'departed')
  if (!found.ok) return found
  const train = found.it
  const lost = journeyOf(pipeline, train).filter(
    ({ name }) => containsLive(pipeline, train, name) !== 'yes',
  )
  if (lost.length === 0) return refuse({ code: 'not_diverged', train: train.number })
  const plans = lost.flatMap((policy) => planOf(pipeline, train, policy) ?? [])
  const plan = plans.find(({ hash }) => hash === command.plan)
  if (plan === undefined) return refuse({ code: 'plan_changed', plan: plans[0]?.hash ?? '' })
  const acceptance = { by: actor.name, plan: plan.hash }
  return record({ type: 'plan_accepted', train: train.number, acceptance })
}

/** The train a command means: the one it numbers, else the oldest that fits. */
export function chosen(
  pipeline: Pipeline,
  number: number | null,
  fits: (train: Train) => boolean,
): Found<Train> {
  if (number !== null) return findTrain(pipeline, number)
  const train = unfinished(pipeline).find(fits)
  return train ? { ok: true, it: train } : refuse({ code: 'no_train' })
}

/** Asked at once, done when a running deployment is proven dead; see `advance`. */
export function answerCancel(pipeline: Pipeline, command: Of<'cancel'>, context: Context): Answer {
  const denied = lacks(pipeline, context, 'depart')
  if (denied !== undefined) return refuse(denied)
  const found = chosen(pipeline, command.train, ({ status }) => status === 'departed')
  if (!found.ok) return found
  const train = found.it
  if (train.status === 'boarding') return refuse({ code: 'still_boarding', train: train.number })
  if (isLive(pipeline, train)) return refuse({ code: 'live_already', train: train.number })
  if (train.cancelling !== null) {
    const what = `train #${train.number} is being cancelled by ${train.cancelling.by}`
    return refuse({ code: 'already_done', what })
  }
  const by = context.actor.name
  const { reason } = command
  return record(
    { type: 'cancel_requested', train: train.number, by, reason },
    ...deploymentsOf(pipeline, train).flatMap((one): readonly Event[] => {
      if (!isAtWork(one)) return []
      if (one.claimed) return [{ type: 'run_cancel_requested', key: one.key, run: one.run }]
      const why = `cancelled by ${by} before an agent took it`
      return [
        {
          type: 'deployment_ended',
          key: one.key,
          status: 'aborted',
          reason: why,
          tail: [],
          source: 'person',
        },
      ]
    }),
  )
}

/**
 * A failed or aborted deployment no longer keeps its environment closed, nor does one whose
 * verification failed; the gate decides anew.
 */
export function answerRetry(pipeline: Pipeline, command: Of<'retry'>, context: Context): Answer {
  const denied = lacks(pipeline, context, 'depart')
  if (denied !== undefined) return refuse(denied)
  const failed = pipeline.deployments.find(
    (one) =>
      !one.settled &&
      one.account === null &&
      (one.status === 'failed' || one.status === 'aborted' || isSick(pipeline, one)) &&
      (command.train === null || one.train === command.train),
  )
  if (failed === undefined) return refuse({ code: 'nothing_failed' })
  return record({ type: 'deployment_settled', key: failed.key, why: 'retry' })
}

/** Where it was put, and fails its verification; a rollback that landed is not tried again. */
const isSick = (pipeline: Pipeline, one: Deployment): boolean =>
  one.kind === 'forward' &&
  isUnderVerification(one) &&
  !isBaking(one) &&
  healthOf(pipeline, one) === 'failed'
