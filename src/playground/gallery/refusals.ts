/**
 * One refusal of every code, with facts that a person could have typed.
 *
 * Invariant: exhaustive: a refusal without a sample does not compile.
 */
import type { Refusal } from '../../core/refusal.ts'
import { refused } from '../../slack/views/refused.ts'
import { sha } from './cast.ts'
import { ephemeral, type Picture } from './picture.ts'
import { states } from './states.ts'

/** One of every code, with facts that a person could have typed. */
export function refusals(): readonly Picture[] {
  const ride = states()['locked']
  const at = { pipeline: ride?.pipeline ?? null, now: ride?.now ?? 0 }
  return SAMPLES.flatMap((refusal) => [
    ephemeral(`refused: ${refusal.code}`, refused(refusal, at)),
    ephemeral(`refused: ${refusal.code}, nowhere`, refused(refusal, { ...at, pipeline: null })),
  ])
}

const WHERE = { environment: 'production' } as const
const TRAIN = { train: 41 } as const
/** A hostile name: it must mention nobody and format nothing. */
export const NAME = '#12 <!channel> *x*'

export const SAMPLE: { readonly [Code in Refusal['code']]: Extract<Refusal, { code: Code }> } = {
  not_allowed: { code: 'not_allowed', permission: 'break_glass' },
  people_only: { code: 'people_only', act: 'approve' },
  not_linked: { code: 'not_linked', name: NAME },
  not_active: { code: 'not_active', name: NAME },
  linked_already: { code: 'linked_already', name: NAME },
  login_taken: { code: 'login_taken', login: 'eve', by: NAME },
  own_link: { code: 'own_link' },
  no_link: { code: 'no_link' },
  nobody_confirms: { code: 'nobody_confirms', pipelines: [NAME] },
  too_many_links: { code: 'too_many_links' },
  no_train: { code: 'no_train' },
  no_such_train: { code: 'no_such_train', ...TRAIN },
  train_over: { code: 'train_over', ...TRAIN, status: 'arrived' },
  still_boarding: { code: 'still_boarding', ...TRAIN },
  already_departed: { code: 'already_departed', ...TRAIN },
  no_such_environment: { code: 'no_such_environment', environment: NAME, known: ['staging'] },
  not_aboard: { code: 'not_aboard', ref: NAME, ...TRAIN },
  rides_alone: { code: 'rides_alone', change: '#12', ref: sha('a') },
  nothing_of_yours: { code: 'nothing_of_yours', ...TRAIN },
  own_change: { code: 'own_change', change: '#12' },
  not_entitled: { code: 'not_entitled', ...WHERE },
  no_approval_needed: { code: 'no_approval_needed', ...TRAIN },
  plan_changed: { code: 'plan_changed', plan: sha('plan') },
  already_done: { code: 'already_done', what: NAME },
  nothing_to_withdraw: { code: 'nothing_to_withdraw', ...TRAIN },
  reason_needed: { code: 'reason_needed', act: 'cancel' },
  under_way: { code: 'under_way', ...WHERE, since: 0 },
  locked: { code: 'locked', by: 'bob', reason: 'migration under way', where: 'production' },
  not_locked: { code: 'not_locked', where: 'production' },
  outside_windows: { code: 'outside_windows', where: 'production', until: 0, people: [NAME] },
  stale_lock: { code: 'stale_lock', where: 'production' },
  live_already: { code: 'live_already', ...TRAIN },
  no_migration: { code: 'no_migration', change: '#99', environment: null, known: ['#12'] },
  which_migration: { code: 'which_migration', ready: ['#12', '#14'] },
  not_its_owner: {
    code: 'not_its_owner',
    change: '#12',
    owners: [NAME],
    permission: 'settle',
  },
  migration_is: {
    code: 'migration_is',
    change: '#12',
    ...WHERE,
    phase: 'waiting',
    act: 'run',
  },
  no_flags: { code: 'no_flags' },
  not_a_flag: { code: 'not_a_flag', flag: NAME },
  flag_under_way: { code: 'flag_under_way', flag: 'new-cart', ...WHERE, by: NAME },
  nothing_failed: { code: 'nothing_failed' },
  nothing_doubtful: { code: 'nothing_doubtful', environment: NAME },
  no_rollout: { code: 'no_rollout', environment: NAME },
  no_countdown: { code: 'no_countdown', environment: NAME },
  not_unknown: { code: 'not_unknown', ...WHERE },
  nothing_before: { code: 'nothing_before', ...WHERE },
  not_a_release: { code: 'not_a_release', ...WHERE, to: NAME, known: [sha('a')] },
  must_abort: { code: 'must_abort', ...WHERE, ...TRAIN },
  must_settle: { code: 'must_settle', ...WHERE, ...TRAIN },
  occupied: { code: 'occupied', ...WHERE, train: null },
  no_veto: { code: 'no_veto', ...TRAIN },
  no_such_change: { code: 'no_such_change', change: NAME, ...TRAIN },
  too_early: { code: 'too_early', author: 'ana', from: 0 },
  not_stand_in: { code: 'not_stand_in', change: '#12' },
  own_word: { code: 'own_word', change: '#12' },
  vouched: { code: 'vouched', change: '#12' },
  not_breakable: { code: 'not_breakable', gate: NAME, breakable: ['checks'] },
  not_diverged: { code: 'not_diverged', ...TRAIN },
  own_special: { code: 'own_special', ...TRAIN },
  older_than_live: { code: 'older_than_live', ref: NAME, ...WHERE },
  on_branch: { code: 'on_branch', ref: NAME, branch: 'main' },
  not_heard: { code: 'not_heard', ref: NAME, branch: 'main' },
  no_such_ref: { code: 'no_such_ref', ref: NAME },
  two_refs: { code: 'two_refs', ref: NAME },
  foreign_ref: { code: 'foreign_ref', ref: NAME },
  ref_too_far: { code: 'ref_too_far', ref: NAME, commits: 812 },
  not_looked_up: { code: 'not_looked_up', ref: NAME },
  no_such_run: { code: 'no_such_run', run: NAME },
  stale_epoch: { code: 'stale_epoch', run: NAME, epoch: 3 },
}

const SAMPLES: readonly Refusal[] = Object.values(SAMPLE)
