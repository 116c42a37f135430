/**
 * Hearing of one repository in all of its pipelines.
 *
 * Invariant: an observation is stored once for the repository; every other pipeline of the branch
 * only has to look. A look that is lost is made up by its own next command or tick.
 */
import type { Command } from '../core/command.ts'
import { SYSTEM } from '../core/system.ts'
import type { Configured } from '../db/load.ts'
import type { Dispatch } from './dispatch.ts'

export interface Hearing {
  readonly pipelines: ReadonlyMap<string, Configured>
  readonly dispatch: Dispatch
}

/** A dispatch that lets the other pipelines of the repository look at what one was told. */
export function hearInAll({ pipelines, dispatch }: Hearing): Dispatch {
  return async (name, command, actor, also) => {
    const outcome = await dispatch(name, command, actor, also)
    if (!outcome.ok || !isObservation(command)) return outcome
    const policy = pipelines.get(name)?.policy
    for (const [other, { policy: its }] of pipelines) {
      const same = its.repository === policy?.repository && its.branch === policy.branch
      if (!same || other === name) continue
      // Each pipeline answers a force-push by itself: it concerns what each has on its line.
      if (command.type === 'record_force_push') await dispatch(other, command, actor)
      else await dispatch(other, { type: 'tick' }, { name: SYSTEM, kind: 'system', groups: [] })
    }
    return outcome
  }
}

const isObservation = (command: Command): boolean =>
  command.type === 'record_change' ||
  command.type === 'record_check' ||
  command.type === 'record_force_push'
