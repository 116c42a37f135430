/**
 * `migrations` of a pipeline: by what a change is known that carries one, how it is run, and what
 * removes the old code afterwards.
 *
 * Invariant: a command and something to know such a change by; everything else has a default.
 */
import { z } from 'zod'
import { durationText } from '../core/duration.ts'
import type { ChangeMarks, MigrationsPolicy } from '../core/policy.ts'
import { count, duration, keyed, listOf, text } from './fields.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const DAY = 24 * 60 * MINUTE

export const migrations = keyed({
  labels: listOf(text).default(['migration']),
  paths: listOf(text).default([]),
  run: text,
  in: text.nullable().default(null),
  verify: text.nullable().default(null),
  after: duration(0).default(60 * MINUTE),
  start: z
    .enum(['by_hand', 'by_itself'], { error: 'must be `by_hand` or `by_itself`' })
    .default('by_hand'),
  batch: keyed({
    size: count(1).default(1_000),
    every: duration(0).default(10 * SECOND),
  }).prefault({}),
  timeout: duration(1).default(10 * MINUTE),
  contract: keyed({
    labels: listOf(text).default(['contract']),
    paths: listOf(text).default([]),
  }).prefault({}),
  remind: duration(60 * SECOND).default(7 * DAY),
}).superRefine(({ labels, paths, contract }, context) => {
  const say = (path: readonly string[], message: string): void =>
    context.addIssue({ code: 'custom', path: [...path], message })
  if (labels.length === 0 && paths.length === 0) {
    say(['paths'], 'must name a glob, or `labels` a label: else no change carries a migration')
  }
  if (contract.labels.length === 0 && contract.paths.length === 0) {
    say(
      ['contract'],
      'must name a label or a glob: else nobody could ever say that the old code is gone',
    )
  }
  const both = contract.labels.find((label) => labels.includes(label))
  if (both !== undefined) {
    say(
      ['contract', 'labels'],
      `must not name \`${both}\` too, which marks what carries a migration`,
    )
  }
})

export function toMigrations(entry: z.output<typeof migrations> | null): MigrationsPolicy | null {
  if (entry === null) return null
  const { labels, paths, run, verify, batch, contract } = entry
  const how = { in: entry.in, timeoutMs: entry.timeout, silenceTimeoutMs: null }
  return {
    carried: { labels, paths },
    run: { run, ...how },
    verify: verify === null ? null : { run: verify, ...how },
    afterMs: entry.after,
    start: entry.start,
    batch: { size: batch.size, everyMs: batch.every },
    contract: { labels: contract.labels, paths: contract.paths },
    remindMs: entry.remind,
  }
}

const marked = ({ labels, paths }: ChangeMarks): string =>
  [
    ...(labels.length === 0 ? [] : [`is labelled ${labels.join(' or ')}`]),
    ...(paths.length === 0 ? [] : [`touches ${paths.join(' or ')}`]),
  ].join(', or ')

/** What it means, for `signalbox config check`. */
export function migrationsInWords(policy: MigrationsPolicy): string {
  const { carried, run, verify, afterMs, start, batch, contract, remindMs } = policy
  const who = start === 'by_itself' ? 'by itself' : 'when its owner says so'
  const proof = verify === null ? 'its own word' : `\`${verify.run.trim()}\``
  return [
    `Migrations: a change that ${marked(carried)} carries one, and rides alone.`,
    `Live and verified in an environment for ${durationText(afterMs)}, it runs there ${who}: \`${run.run.trim()}\`, ${batch.size} at a time, at most every ${durationText(batch.everyMs)}, each ended after ${durationText(run.timeoutMs)}; ${proof} says that it is complete.`,
    `A change that ${marked(contract)} removes the old code, goes nowhere before that, and is reminded of every ${durationText(remindMs)}.`,
  ].join(' ')
}
