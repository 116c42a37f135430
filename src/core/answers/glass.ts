/**
 * Break-glass: a named person passes named gates with one plan, once, on the record.
 *
 * Invariant: never `occupied`, `unknown`, `failed`, `diverged` or the bake of a rollout, which have
 * their own way out, and never a train ahead. It is bound to the plan's hash and used up by the start.
 */
import type { Command } from '../command.ts'
import { together } from '../doors.ts'
import type { Event } from '../event.ts'
import { deploymentsOf, journeyOf, nextEnvironment, planOf } from '../line.ts'
import type { Pipeline, Train } from '../model.ts'
import { isRollingOut } from '../steps.ts'
import { type Answer, type Context, findEnvironment, lacks, record, refuse } from './answer.ts'
import { chosen } from './train.ts'

type BreakGlass = Extract<Command, { type: 'break_glass' }>

/** What people's words and the clock would open. */
const BY_DEFAULT = ['checks', 'consent', 'approvals', 'window', 'soak']

/** Only when named. */
const BY_NAME = ['hold', 'stopped', 'lock', 'order', 'veto', 'facts', 'migration']

export function answerBreakGlass(
  pipeline: Pipeline,
  command: BreakGlass,
  context: Context,
): Answer {
  const denied = lacks(pipeline, context, 'break_glass')
  if (denied !== undefined) return refuse(denied)
  if (context.actor.kind !== 'person') {
    return refuse({ code: 'people_only', act: 'break the glass' })
  }
  const breakable = [...BY_DEFAULT, ...BY_NAME]
  const wrong = command.gates.find((gate) => !breakable.includes(gate))
  if (wrong !== undefined) return refuse({ code: 'not_breakable', gate: wrong, breakable })
  const found = chosen(pipeline, command.train, () => true)
  if (!found.ok) return found
  const closed = doorsClosed(pipeline, found.it, context.now)
  if (closed === undefined) return refuse({ code: 'no_train' })
  const { train, trains, events } = closed
  // Who passes the order wants to be at the end of the way, not at its next step.
  const ahead = command.gates.includes('order')
    ? journeyOf(pipeline, train).at(-1)
    : nextEnvironment({ ...pipeline, trains }, train)
  const where = findEnvironment(pipeline, command.environment ?? ahead?.name ?? '')
  if (!where.ok) return where
  const isInSteps = deploymentsOf(pipeline, train).some(
    (one) => one.environment === where.it.name && isRollingOut(one),
  )
  const here = breakable.filter((gate) => !isInSteps || gate !== 'soak')
  const shut = command.gates.find((gate) => !here.includes(gate))
  if (shut !== undefined) {
    const rollout = where.it.name
    return refuse({ code: 'not_breakable', gate: shut, breakable: here, rollout })
  }
  const plan = planOf({ ...pipeline, trains }, train, where.it)
  if (plan === null) return refuse({ code: 'no_train' })
  const override = {
    by: context.actor.name,
    environment: where.it.name,
    gates:
      command.gates.length === 0 ? BY_DEFAULT.filter((gate) => here.includes(gate)) : command.gates,
    plan: plan.hash,
    reason: command.reason,
  }
  return record(...events, { type: 'glass_broken', train: train.number, override })
}

/** A boarding train's doors close with the same act. */
function doorsClosed(
  pipeline: Pipeline,
  train: Train,
  now: number,
):
  | { readonly train: Train; readonly trains: readonly Train[]; readonly events: readonly Event[] }
  | undefined {
  if (train.sha !== null) return { train, trains: pipeline.trains, events: [] }
  const changes = together(pipeline, train)
  const last = changes.at(-1)
  if (last === undefined) return undefined
  const pinned: Train = { ...train, status: 'departed', sha: last.sha, departedAt: now }
  const departed: Event = {
    type: 'train_departed',
    train: train.number,
    sha: last.sha,
    why: 'by_hand',
    changes: changes.map(({ sha }) => sha),
  }
  const trains = pipeline.trains.map((one) => (one.number === train.number ? pinned : one))
  return { train: pinned, trains, events: [departed] }
}
