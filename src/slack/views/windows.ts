/**
 * Windows as people read them: whether they are open, and when they change, on the reader's clock.
 *
 * Invariant: from the same standing that the gate decides on.
 */
import type { Blocker } from '../../core/blocker.ts'
import { journeyOf } from '../../core/line.ts'
import type { Pipeline, Train } from '../../core/model.ts'
import type { EnvironmentPolicy } from '../../core/policy.ts'
import { standing } from '../../core/windows.ts'
import { join, type Mrkdwn, md, nothing } from '../words/mrkdwn.ts'
import { moment } from '../words/time.ts'

/** `, opens today at 09:00`: when time alone clears a gate; nothing where it never does. */
export const clearsAt = ({ gate, until }: Blocker): Mrkdwn =>
  until === null ? nothing : md`, ${gate === 'window' ? 'opens' : 'until'} ${moment(until)}`

/** How an environment's windows stand, for the board; nothing where it has none. */
export function windowNote({ windows }: EnvironmentPolicy, now: number): Mrkdwn {
  if (windows === null) return nothing
  const { isOpen, until } = standing(windows, now)
  if (isOpen) return until === null ? nothing : md` · 🕘 takes trains until ${moment(until)}`
  return until === null
    ? md` · 🕘 outside its windows, which never open again`
    : md` · 🕘 outside its windows, opens ${moment(until)}`
}

/** Which environments on a train's way take none now, as a sentence; nothing where all do. */
export function closedOnTheWay(pipeline: Pipeline, train: Train, now: number): Mrkdwn {
  const closed = journeyOf(pipeline, train).flatMap(({ name, windows }) => {
    const its = windows === null ? null : standing(windows, now)
    if (its === null || its.isOpen) return []
    return [
      its.until === null
        ? md`${name} is outside its windows, which never open again`
        : md`${name} is outside its windows until ${moment(its.until)}`,
    ]
  })
  return closed.length === 0 ? nothing : md` 🕘 ${join(closed, '; ')}.`
}
