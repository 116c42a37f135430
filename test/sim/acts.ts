/**
 * One act of a history, done: the switch from its name to who does it.
 *
 * Invariant: exhaustive, and never fails for want of something to act on.
 */

import { actOutage } from './acts-of-outage.ts'
import { actSaying } from './acts-of-words.ts'
import { actOnBranch } from './acts-on-branch.ts'
import { actOnLine } from './acts-on-line.ts'
import { helpOnce } from './help.ts'
import type { Act } from './history.ts'
import type { World } from './world.ts'

export function perform(world: World, act: Act): void {
  const at = { ...act, who: who(act.m) }
  switch (act.act) {
    case 'merge':
    case 'cut':
    case 'merge_back':
    case 'force_push':
    case 'check_again':
    case 'redeliver':
      actOnBranch(world, at)
      return
    case 'consent':
    case 'withdraw':
    case 'approve':
    case 'vouch':
    case 'hold':
    case 'unhold':
    case 'accept_plan':
    case 'release_veto':
    case 'break_glass':
      actSaying(world, at)
      return
    case 'cooperate':
      helpOnce(world, act.n % 8)
      return
    case 'depart':
    case 'depart_up_to':
    case 'send':
    case 'lock':
    case 'unlock':
    case 'lock_all':
    case 'unlock_all':
    case 'go_under_lock':
    case 'stop':
    case 'claim':
    case 'resume':
    case 'cancel':
    case 'keep':
    case 'retry':
    case 'continue':
    case 'pause':
    case 'skip':
    case 'settle':
    case 'roll_back':
    case 'record_release':
    case 'turn_flag_off':
    case 'run_migration':
    case 'pause_migration':
    case 'resume_migration':
      actOnLine(world, at)
      return
    case 'deactivate':
    case 'activate':
    case 'lose_role':
    case 'gain_role':
    case 'reload':
    case 'kill_replica':
    case 'start_replica':
    case 'kill_agent':
    case 'lose_machine':
    case 'start_machine':
    case 'by_hand':
    case 'skew':
    case 'hint':
      actOutage(world, at)
      return
  }
}

/** Everybody acts, and now and then a stranger whom nobody has linked. */
const who = (m: number): string =>
  ['ana', 'bob', 'cem', 'dee', 'eve', 'ana', 'bob', 'cem', 'dee', 'mallory'][m % 10] ?? 'ana'
