/**
 * `train` and `checks` of a pipeline: their keys, their defaults, and a part of them put on a whole.
 *
 * Invariant: what a part does not say stays as it was; a list that it names is replaced whole.
 */
import type { z } from 'zod'
import type { ChecksPolicy, DoorsPolicy, SoloPolicy } from '../core/policy.ts'
import { count, duration, durationOrNever, keyed, listOf, text, timeOfDay } from './fields.ts'

const MINUTE = 60_000

export const globs = listOf(text).min(1, { error: 'must have at least one glob' })

const labels = listOf(text)
const lines = count(0).nullable()
const least = count(1).nullable()

export const train = keyed({
  depart_after: durationOrNever.default(20 * MINUTE),
  depart_at_changes: least.default(null),
  depart_at_lines: least.default(null),
  depart_at: listOf(timeOfDay).default([]),
  solo: keyed({
    labels: labels.default([]),
    paths: globs.nullable().default(null),
    over_lines: lines.default(null),
  })
    .nullable()
    .default(null),
  backlog: lines.default(null),
  urgent: keyed({ labels: labels.default([]) }).prefault({}),
})

export const partOfTrain = keyed({
  depart_after: durationOrNever.optional(),
  depart_at_changes: least.optional(),
  depart_at_lines: least.optional(),
  depart_at: listOf(timeOfDay).optional(),
  solo: keyed({
    labels: labels.optional(),
    paths: globs.nullable().optional(),
    over_lines: lines.optional(),
  })
    .nullable()
    .optional(),
  backlog: lines.optional(),
  urgent: keyed({ labels: labels.optional() }).optional(),
})

export const checks = keyed({
  require: listOf(text).nullable().default(null),
  timeout: duration(1).default(60 * MINUTE),
  settle: duration(0).default(10_000),
})

export const partOfChecks = keyed({
  require: listOf(text).nullable().optional(),
  timeout: duration(1).optional(),
  settle: duration(0).optional(),
})

type PartOfTrain = z.output<typeof partOfTrain>

/** Doors as a part of a `train` changes them. */
export const doorsWith = (base: DoorsPolicy, given: PartOfTrain): DoorsPolicy => ({
  departAfterMs: orElse(given.depart_after, base.departAfterMs),
  departAtChanges: orElse(given.depart_at_changes, base.departAtChanges),
  departAtLines: orElse(given.depart_at_lines, base.departAtLines),
  departAt: orElse(given.depart_at, base.departAt),
  solo: given.solo === undefined ? base.solo : given.solo && soloWith(base.solo, given.solo),
  urgentLabels: orElse(given.urgent?.labels, base.urgentLabels),
})

const soloWith = (
  base: SoloPolicy | null,
  given: NonNullable<PartOfTrain['solo']>,
): SoloPolicy => ({
  labels: orElse(given.labels, base?.labels ?? []),
  paths: orElse(given.paths, base?.paths ?? null),
  overLines: orElse(given.over_lines, base?.overLines ?? null),
})

/** How many may wait on the line, as a part of a `train` changes it; null: any number. */
export const backlogWith = (base: number | null, { backlog }: PartOfTrain): number | null =>
  orElse(backlog, base)

export const checksWith = (
  base: ChecksPolicy,
  given: z.output<typeof partOfChecks>,
): ChecksPolicy => ({
  require: orElse(given.require, base.require),
  timeoutMs: orElse(given.timeout, base.timeoutMs),
  settleMs: orElse(given.settle, base.settleMs),
})

/** Null is a word of its own. */
const orElse = <T>(given: T | undefined, base: T): T => (given === undefined ? base : given)

export const toDoors = (entry: z.output<typeof train>): DoorsPolicy => ({
  departAfterMs: entry.depart_after,
  departAtChanges: entry.depart_at_changes,
  departAtLines: entry.depart_at_lines,
  departAt: entry.depart_at,
  solo: entry.solo && {
    labels: entry.solo.labels,
    paths: entry.solo.paths,
    overLines: entry.solo.over_lines,
  },
  urgentLabels: entry.urgent.labels,
})

export const toChecks = (entry: z.output<typeof checks>): ChecksPolicy => ({
  require: entry.require,
  timeoutMs: entry.timeout,
  settleMs: entry.settle,
})
