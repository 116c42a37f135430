/**
 * Everything that a run of the simulator must have done at least once: or it proves nothing.
 *
 * Invariant: the lists are exhaustive by their types; what was added to the core and is never played
 * fails the run.
 */
import type { Command } from '../../src/core/command.ts'
import type { Event } from '../../src/core/event.ts'
import { FAULTS } from './faults.ts'
import { ACTS } from './history.ts'

const COMMANDS: Readonly<Record<Command['type'], true>> = {
  record_change: true,
  record_force_push: true,
  record_check: true,
  depart: true,
  depart_ref: true,
  record_merged: true,
  consent: true,
  approve: true,
  hold: true,
  withdraw: true,
  lock: true,
  unlock: true,
  stop: true,
  claim: true,
  resume: true,
  cancel: true,
  retry: true,
  settle_unknown: true,
  roll_back: true,
  release_veto: true,
  vouch: true,
  record_release: true,
  break_glass: true,
  claim_run: true,
  record_run: true,
  take_account: true,
  record_verification: true,
  record_reality: true,
  continue: true,
  cancel_countdown: true,
  pause_rollout: true,
  skip_to_full: true,
  record_retirement: true,
  flag_off: true,
  record_flag: true,
  run_migration: true,
  pause_migration: true,
  resume_migration: true,
  tick: true,
}

const EVENTS: Readonly<Record<Event['type'], true>> = {
  change_recorded: true,
  change_enriched: true,
  check_recorded: true,
  branch_rewritten: true,
  train_opened: true,
  train_departed: true,
  special_departed: true,
  special_kept: true,
  special_merged: true,
  consent_given: true,
  consent_withdrawn: true,
  approval_given: true,
  approval_withdrawn: true,
  hold_placed: true,
  hold_withdrawn: true,
  locked: true,
  lock_overruled: true,
  lock_passed: true,
  glass_broken: true,
  plan_accepted: true,
  window_passed: true,
  unlocked: true,
  lock_expired: true,
  line_stopped: true,
  stop_claimed: true,
  line_resumed: true,
  deployment_requested: true,
  run_claimed: true,
  run_started: true,
  run_cancel_requested: true,
  deployment_ended: true,
  step_done: true,
  step_requested: true,
  rollout_paused: true,
  rollout_skipped: true,
  rollout_continued: true,
  retirement_done: true,
  retirement_failed: true,
  deployment_verified: true,
  verification_recorded: true,
  verification_accepted: true,
  countdown_begun: true,
  countdown_cancelled: true,
  reaction_withheld: true,
  reality_doubted: true,
  drift_found: true,
  reality_agreed: true,
  flag_off_requested: true,
  flag_off_done: true,
  flag_off_failed: true,
  deployment_told: true,
  deployment_settled: true,
  cancel_requested: true,
  cancel_lapsed: true,
  train_cancelled: true,
  train_arrived: true,
  rollback_ordered: true,
  rolled_back: true,
  veto_released: true,
  release_recorded: true,
  release_placed: true,
  migration_opened: true,
  migration_live: true,
  migration_gone: true,
  migration_ready: true,
  migration_begun: true,
  migration_paused: true,
  migration_resumed: true,
  migration_run_requested: true,
  migration_run_claimed: true,
  migration_run_started: true,
  migration_run_ended: true,
  migration_verified: true,
  migration_reminded: true,
  migration_reopened: true,
  migration_contracted: true,
}

/** What never happened. */
export function missing(counts: ReadonlyMap<string, number>): readonly string[] {
  const kinds = new Set([...counts.keys()].map((what) => what.split(':').at(-1)))
  const wanted = [
    ...Object.keys(COMMANDS).map((type) => `command:${type}`),
    ...Object.keys(EVENTS).map((type) => `event:${type}`),
    ...ACTS.map((act) => `act:${act}`),
  ]
  return [
    ...wanted.filter((what) => !counts.has(what)),
    ...FAULTS.filter((kind) => !kinds.has(kind)).map((kind) => `fault:${kind}`),
  ]
}

/** Totals by group, and each member with how often. */
export function summary(counts: ReadonlyMap<string, number>): string {
  return ['command', 'refusal', 'event', 'fault']
    .map((group) => {
      const its = [...counts].filter(([what]) => what.startsWith(`${group}:`)).sort()
      const total = its.reduce((sum, [, count]) => sum + count, 0)
      const each = its.map(([what, count]) => `${what.slice(group.length + 1)} ${count}`)
      return `${group}s: ${total} of ${its.length} kinds\n  ${each.join(', ')}`
    })
    .join('\n')
}
