/**
 * Turning a flag off: quicker than a rollback, and asked of whoever may roll back.
 *
 * Invariant: one at a time for each flag of an environment, and an outcome is recorded once.
 */
import type { Command } from '../command.ts'
import { isFlag } from '../flags.ts'
import { environmentOf } from '../line.ts'
import type { Environment, Pipeline } from '../model.ts'
import { occupant } from '../releases.ts'
import { type Answer, type Context, findPlace, lacks, record, refuse } from './answer.ts'

type Of<T extends Command['type']> = Extract<Command, { type: T }>

/** On top of what turning it off may take: an agent comes late, a process dies. */
const SPARE_MS = 5 * 60_000

export function answerFlagOff(
  pipeline: Pipeline,
  { environment, flag }: Of<'flag_off'>,
  context: Context,
): Answer {
  const denied = lacks(pipeline, context, 'roll_back')
  if (denied !== undefined) return refuse(denied)
  const place = findPlace(pipeline, environment)
  if (!place.ok) return place
  const { flags } = pipeline.policy
  if (flags === null) return refuse({ code: 'no_flags' })
  if (!isFlag(flag)) return refuse({ code: 'not_a_flag', flag })
  const { name } = place.it
  const { actor, now } = context
  const open = place.it.flags.find((one) => one.flag === flag && one.status === 'requested')
  if (open !== undefined && now < open.since + flags.off.timeoutMs + SPARE_MS) {
    return refuse({ code: 'flag_under_way', flag, environment: name, by: open.by })
  }
  return record({
    type: 'flag_off_requested',
    train: trainThere(pipeline, place.it),
    environment: name,
    off: { flag, by: actor.name, since: now, status: 'requested', says: null },
  })
}

/** Heard twice, or of an attempt that another one followed, it says nothing. */
export function recordFlag(
  pipeline: Pipeline,
  { environment, flag, since, outcome, says }: Of<'record_flag'>,
): Answer {
  const place = environmentOf(pipeline, environment)
  const open = place?.flags.find((one) => one.flag === flag && one.since === since)
  if (place === undefined || open?.status !== 'requested') return record()
  return record({
    type: outcome === 'done' ? 'flag_off_done' : 'flag_off_failed',
    train: trainThere(pipeline, place),
    environment,
    off: { ...open, status: outcome, says },
  })
}

const trainThere = (pipeline: Pipeline, { name, live }: Environment): number | null =>
  occupant(pipeline, name)?.train ?? live?.train ?? null
