/**
 * What became of a flag, applied.
 *
 * Invariant: total, like `evolve`, of which it is a part: one word for each flag, the newest.
 */
import type { Event } from './event.ts'
import { environmentOf } from './line.ts'
import type { Pipeline } from './model.ts'
import { environmentTo } from './patch.ts'

/** Older ones are history, which the audit keeps. */
const FLAGS_MAX = 20

export function evolveFlag(
  pipeline: Pipeline,
  {
    environment,
    off,
  }: Extract<Event, { type: 'flag_off_requested' | 'flag_off_done' | 'flag_off_failed' }>,
): Pipeline {
  const known = environmentOf(pipeline, environment)?.flags ?? []
  const others = known.filter(({ flag }) => flag !== off.flag)
  return environmentTo(pipeline, environment, { flags: [...others, off].slice(-FLAGS_MAX) })
}
