/**
 * What each command looks like in JSON.
 *
 * Invariant: strict. A field that is not named here does not exist, and ids are never taken from
 * outside.
 */
import { z } from 'zod'

const sha = z
  .string()
  .regex(/^[0-9a-f]{40,64}$/, 'must be a full sha: 40 to 64 lower-case hexadecimal digits')
/** What people write: kept as it is, so only what can be stored. */
export const line = z
  .string()
  .min(1)
  .max(1_000)
  .refine((text) => !text.includes('\u0000'), 'must not contain NUL')
  .refine((text) => !/\p{Surrogate}/u.test(text), 'must not contain half a character')
const name = line.max(200)
const moment = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))
const reason = line
const train = z.int().positive()
const environment = name.optional()
/** The one that carries a migration. */
const change = z
  .string()
  .regex(/^(#?[1-9][0-9]{0,9}|[0-9a-f]{7,64})$/, 'must be the number of a change, or its sha')
  .optional()

/** Each command by its type. */
export const shapes = {
  record_change: z.strictObject({
    type: z.literal('record_change'),
    sha,
    number: z.int().positive().optional(),
    title: line,
    author: name,
    co_authors: z.array(name).max(100).optional(),
    merged_by: name.optional(),
    merged_at: moment,
    parent: sha.optional(),
    lines: z.int().nonnegative().optional(),
    paths: z.array(line).max(10_000).optional(),
    labels: z.array(name).max(100).optional(),
    reverts: z
      .string()
      .regex(/^(#[1-9][0-9]{0,9}|[0-9a-f]{7,64})$/, 'must be a sha, or `#` and a number')
      .optional(),
  }),
  record_check: z.strictObject({
    type: z.literal('record_check'),
    sha,
    name,
    status: z.enum(['pending', 'success', 'failure']),
    at: moment.optional(),
  }),
  record_force_push: z.strictObject({
    type: z.literal('record_force_push'),
    head: sha,
    gone: z.array(sha).max(10_000),
    by: line.optional(),
    at: moment.optional(),
  }),
  depart: z.strictObject({
    type: z.literal('depart'),
    train: train.optional(),
    /** A branch, a tag or a sha. */
    ref: z
      .string()
      .regex(/^[^\s\p{Cc}]{1,250}$/u, 'must be a branch, a tag or a sha')
      .optional(),
    environment,
    plan: line.optional(),
  }),
  consent: z.strictObject({ type: z.literal('consent'), train }),
  approve: z.strictObject({
    type: z.literal('approve'),
    train,
    environment,
    plan: line.optional(),
  }),
  hold: z.strictObject({ type: z.literal('hold'), train, reason }),
  withdraw: z.strictObject({
    type: z.literal('withdraw'),
    train,
    what: z.enum(['consent', 'approval', 'hold']).optional(),
    of: name.optional(),
    reason: reason.optional(),
  }),
  lock: z.strictObject({
    type: z.literal('lock'),
    environment,
    reason,
    /** Seconds. */
    for: z.int().positive().max(31_536_000).optional(),
    take_over: z.boolean().optional(),
  }),
  unlock: z.strictObject({ type: z.literal('unlock'), environment, id: line.optional() }),
  stop: z.strictObject({ type: z.literal('stop'), reason }),
  claim: z.strictObject({ type: z.literal('claim') }),
  resume: z.strictObject({ type: z.literal('resume'), reason }),
  cancel: z.strictObject({ type: z.literal('cancel'), train: train.optional(), reason }),
  retry: z.strictObject({
    type: z.literal('retry'),
    train: train.optional(),
    reason: reason.optional(),
  }),
  settle_unknown: z.strictObject({
    type: z.literal('settle_unknown'),
    environment: name,
    outcome: z.enum(['succeeded', 'failed']),
    reason,
  }),
  roll_back: z.strictObject({
    type: z.literal('roll_back'),
    environment,
    to: z
      .string()
      .regex(/^[0-9a-f]{7,64}$/, 'must be a sha of a past release, at least its first 7 digits')
      .optional(),
    reason,
    take_over: z.boolean().optional(),
    settle: z.boolean().optional(),
    abort: z.boolean().optional(),
  }),
  release_veto: z.strictObject({ type: z.literal('release_veto'), train, reason }),
  vouch: z.strictObject({ type: z.literal('vouch'), train, change: name, reason }),
  record_release: z.strictObject({
    type: z.literal('record_release'),
    environment: name,
    sha,
    reason,
  }),
  break_glass: z.strictObject({
    type: z.literal('break_glass'),
    train: train.optional(),
    environment,
    gates: z.array(name).max(20).optional(),
    reason,
  }),
  continue: z.strictObject({ type: z.literal('continue'), environment, reason }),
  pause_rollout: z.strictObject({ type: z.literal('pause_rollout'), environment, reason }),
  skip_to_full: z.strictObject({ type: z.literal('skip_to_full'), environment, reason }),
  cancel_countdown: z.strictObject({
    type: z.literal('cancel_countdown'),
    environment,
    deployment: line.optional(),
    reason: reason.optional(),
  }),
  flag_off: z.strictObject({ type: z.literal('flag_off'), environment, flag: name }),
  run_migration: z.strictObject({ type: z.literal('run_migration'), change, environment }),
  pause_migration: z.strictObject({
    type: z.literal('pause_migration'),
    change,
    environment,
    reason,
  }),
  resume_migration: z.strictObject({
    type: z.literal('resume_migration'),
    change,
    environment,
    reason: reason.optional(),
  }),
  tick: z.strictObject({ type: z.literal('tick') }),
} as const

export const body = z.discriminatedUnion('type', [
  shapes.record_change,
  shapes.record_check,
  shapes.record_force_push,
  shapes.depart,
  shapes.consent,
  shapes.approve,
  shapes.hold,
  shapes.withdraw,
  shapes.lock,
  shapes.unlock,
  shapes.stop,
  shapes.claim,
  shapes.resume,
  shapes.cancel,
  shapes.retry,
  shapes.settle_unknown,
  shapes.roll_back,
  shapes.release_veto,
  shapes.vouch,
  shapes.record_release,
  shapes.break_glass,
  shapes.continue,
  shapes.pause_rollout,
  shapes.skip_to_full,
  shapes.cancel_countdown,
  shapes.flag_off,
  shapes.run_migration,
  shapes.pause_migration,
  shapes.resume_migration,
  shapes.tick,
])
