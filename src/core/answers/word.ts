/**
 * The words people give about a train: consent, approval, hold, and their withdrawal.
 *
 * Invariant: consent binds to a change's sha, approval to a plan's hash; nobody approves what he
 * or she wrote; once the last environment is under way, no word stops it.
 */

import { title } from '../blocker.ts'
import type { Command } from '../command.ts'
import type { Event } from '../event.ts'
import { answeredFor, countedApprovals, othersFor } from '../gates/words.ts'
import { aboard, attemptAt, journeyOf, planOf } from '../line.ts'
import type { Pipeline, Train } from '../model.ts'
import { askedFor, entitled, standInOf, vouchersOf, writersOf } from '../people.ts'
import type { EnvironmentPolicy } from '../policy.ts'
import type { Refusal } from '../refusal.ts'
import { senderOf } from '../special.ts'
import { isRollingOut } from '../steps.ts'
import {
  type Answer,
  type Context,
  findEnvironment,
  findTrain,
  lacks,
  notLinked,
  record,
  refuse,
} from './answer.ts'

type Of<T extends Command['type']> = Extract<Command, { type: T }>

/** Yes to every change of the speaker's own aboard, wherever this train goes. */
export function answerConsent(
  pipeline: Pipeline,
  command: Of<'consent'>,
  context: Context,
): Answer {
  const denied = notLinked(pipeline, context, 'consent')
  if (denied !== undefined) return refuse(denied)
  const found = findTrain(pipeline, command.train)
  if (!found.ok) return found
  const by = context.actor.name
  const own = ownAboard(pipeline, found.it, by)
  if (own.length === 0) return refuse({ code: 'nothing_of_yours', train: command.train })
  const silent = own.filter(
    (sha) => !pipeline.consents.some((consent) => consent.change === sha && consent.by === by),
  )
  if (silent.length === 0) {
    return refuse({ code: 'already_done', what: 'you have consented to all of yours aboard' })
  }
  return record(
    ...silent.map((change): Event => {
      const consent = { change, by, at: context.now, vouchedBy: null, reason: null }
      return { type: 'consent_given', train: command.train, consent }
    }),
  )
}

function ownAboard(pipeline: Pipeline, train: Train, name: string): readonly string[] {
  const policies = pipeline.policy.environments.filter(
    ({ approvals }) => approvals.authors === 'all',
  )
  return aboard(pipeline, train)
    .filter((change) =>
      policies.some(({ approvals }) =>
        askedFor(pipeline, change, standInOf(approvals)).people.includes(name),
      ),
    )
    .map(({ sha }) => sha)
}

/** Yes to a plan, by someone who wrote none of it. */
export function answerApprove(
  pipeline: Pipeline,
  command: Of<'approve'>,
  context: Context,
): Answer {
  const denied = notLinked(pipeline, context, 'approve')
  if (denied !== undefined) return refuse(denied)
  const found = findTrain(pipeline, command.train)
  if (!found.ok) return found
  const train = found.it
  if (train.sha === null) return refuse({ code: 'still_boarding', train: train.number })
  const where = approvalEnvironment(pipeline, train, command, context.now)
  if (!where.ok) return where
  const policy = where.it
  const by = context.actor.name
  if (!entitled(pipeline, policy.approvals.from).includes(by)) {
    return refuse({ code: 'not_entitled', environment: policy.name })
  }
  const plan = planOf(pipeline, train, policy)
  if (plan === null) return refuse({ code: 'still_boarding', train: train.number })
  const carried = answeredFor(pipeline, train, plan)
  const own = carried.find((one) => writersOf(pipeline, one).includes(by))
  if (own !== undefined) return refuse({ code: 'own_change', change: title(own.number, own.sha) })
  const mine = carried.find((one) => vouchersOf(pipeline, one).includes(by))
  if (mine !== undefined) return refuse({ code: 'vouched', change: title(mine.number, mine.sha) })
  if (senderOf(train) === by) return refuse({ code: 'own_special', train: train.number })
  if (command.plan !== null && command.plan !== plan.hash) {
    return refuse({ code: 'plan_changed', plan: plan.hash })
  }
  const counted = countedApprovals(pipeline, train, { policy, plan, now: context.now })
  if (counted.some((approval) => approval.by === by)) {
    return refuse({ code: 'already_done', what: 'you have approved this plan' })
  }
  const approval = { by, environment: policy.name, plan: plan.hash, at: context.now }
  return record({ type: 'approval_given', train: train.number, approval })
}

/** The environment named, else the first whose plan still lacks approvals. */
function approvalEnvironment(
  pipeline: Pipeline,
  train: Train,
  { environment }: Of<'approve'>,
  now: number,
):
  | { readonly ok: true; readonly it: EnvironmentPolicy }
  | { readonly ok: false; readonly refusal: Refusal } {
  if (environment !== null) return findEnvironment(pipeline, environment)
  const lacking = journeyOf(pipeline, train).find((policy) => {
    const plan = planOf(pipeline, train, policy)
    const others = othersFor(pipeline, train, policy)
    if (plan === null || others === 0) return false
    return countedApprovals(pipeline, train, { policy, plan, now }).length < others
  })
  return lacking
    ? { ok: true, it: lacking }
    : refuse({ code: 'no_approval_needed', train: train.number })
}

export function answerHold(pipeline: Pipeline, command: Of<'hold'>, context: Context): Answer {
  const denied = lacks(pipeline, context, 'hold')
  if (denied !== undefined) return refuse(denied)
  const found = findTrain(pipeline, command.train)
  if (!found.ok) return found
  const late = underWay(pipeline, found.it)
  if (late !== undefined) return refuse(late)
  const by = context.actor.name
  if (found.it.holds.some((hold) => hold.by === by)) {
    return refuse({ code: 'already_done', what: 'you hold this train already' })
  }
  const hold = { by, reason: command.reason, at: context.now }
  return record({ type: 'hold_placed', train: command.train, hold })
}

/** Takes back what the speaker said; somebody else's hold with `of`, a permission and a reason. */
export function answerWithdraw(
  pipeline: Pipeline,
  command: Of<'withdraw'>,
  context: Context,
): Answer {
  const found = findTrain(pipeline, command.train)
  if (!found.ok) return found
  const train = found.it
  const { what, of, reason } = command
  const by = of ?? context.actor.name
  if (by !== context.actor.name) {
    const denied = lacks(pipeline, context, 'depart')
    if (denied !== undefined) return refuse(denied)
    if (reason === null) return refuse({ code: 'reason_needed', act: `withdraw ${by}'s hold` })
  }
  const mine = (kind: 'consent' | 'approval' | 'hold'): boolean =>
    kind === 'hold'
      ? what === null || what === kind
      : by === context.actor.name && (what === null || what === kind)
  const number = train.number
  const shas = new Set(aboard(pipeline, train).map(({ sha }) => sha))
  const consents = pipeline.consents.filter(
    (c) => mine('consent') && c.by === by && shas.has(c.change),
  )
  const approvals = train.approvals.filter((a) => mine('approval') && a.by === by)
  const holds = train.holds.filter((h) => mine('hold') && h.by === by)
  const late = consents.length + approvals.length > 0 ? underWay(pipeline, train) : undefined
  if (late !== undefined) return refuse(late)
  const events: readonly Event[] = [
    ...consents.map((consent): Event => ({ type: 'consent_withdrawn', train: number, consent })),
    ...approvals.map(
      (approval): Event => ({ type: 'approval_withdrawn', train: number, approval }),
    ),
    ...holds.map((hold): Event => ({ type: 'hold_withdrawn', train: number, hold, reason })),
  ]
  return events.length > 0
    ? record(...events)
    : refuse({ code: 'nothing_to_withdraw', train: number })
}

/** After the start in its last environment a word comes too late; cancel is the way out. */
function underWay(pipeline: Pipeline, train: Train): Refusal | undefined {
  const last = journeyOf(pipeline, train).at(-1)
  const attempt = last && attemptAt(pipeline, train, last.name)
  if (last === undefined || attempt === undefined || attempt.settled) return undefined
  if (attempt.status === 'failed' || attempt.status === 'aborted') return undefined
  // Its next step is a start like any other.
  if (isRollingOut(attempt)) return undefined
  return { code: 'under_way', environment: last.name, since: attempt.requestedAt }
}
