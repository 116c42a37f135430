/**
 * The watchdogs of the pipeline file: after how long people are told of what may be forgotten.
 *
 * Invariant: each has a default and can be switched off by itself; `config check` names them all.
 */
import { z } from 'zod'
import { durationText, parseDuration } from '../core/duration.ts'
import type { WatchPolicy } from '../core/watch-policy.ts'
import { keyed } from './fields.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const TIMES_MAX = 100

/** Milliseconds, or null for `off`. */
const durationOrOff = z.unknown().transform((value, context) => {
  const ms = typeof value === 'string' ? parseDuration(value) : undefined
  if (value === 'off') return null
  if (ms !== undefined && ms > 0) return ms
  const message = 'must be `off`, or a duration such as `90s`, `20m` or `8h`, a year at most'
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})

/** A number from `least` on, or null for `off`. */
const numberOrOff = (least: number, what: string, fits: (value: number) => boolean) =>
  z.unknown().transform((value, context) => {
    if (value === 'off') return null
    if (typeof value === 'number' && value >= least && value <= TIMES_MAX && fits(value)) {
      return value
    }
    const message = `must be \`off\`, or ${what} from ${least} to ${TIMES_MAX}`
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })

export const watch = keyed({
  not_started: durationOrOff.default(2 * MINUTE),
  silent: durationOrOff.default(5 * MINUTE),
  slower: numberOrOff(1.1, 'how many times the usual, a number', Number.isFinite).default(2),
  checks: durationOrOff.default(30 * MINUTE),
  waiting: durationOrOff.default(4 * HOUR),
  lock: durationOrOff.default(8 * HOUR),
  no_deploy: durationOrOff.default(null),
  failures: numberOrOff(2, 'how many in a row, a whole number', Number.isInteger).default(3),
})

export const toWatch = (entry: z.output<typeof watch>): WatchPolicy => ({
  notStartedMs: entry.not_started,
  silentMs: entry.silent,
  slowerTimes: entry.slower,
  checksMs: entry.checks,
  waitingMs: entry.waiting,
  lockMs: entry.lock,
  noDeployMs: entry.no_deploy,
  failures: entry.failures,
})

/** What is told, and after how long; what is switched off is named too. */
export function watchInWords(policy: WatchPolicy): string {
  const all: readonly (readonly [string, string | null])[] = [
    ['a run not begun', after(policy.notStartedMs)],
    ['a silent run', after(policy.silentMs)],
    ['a slow run', policy.slowerTimes === null ? null : `at ${policy.slowerTimes} times the usual`],
    ['pending checks', after(policy.checksMs)],
    ['a train that waits for people', after(policy.waitingMs)],
    ['a lock without an end', after(policy.lockMs)],
    ['changes that wait without a deploy', after(policy.noDeployMs)],
    ['failures', policy.failures === null ? null : `at ${policy.failures} in a row`],
  ]
  const told = all.flatMap(([what, when]) => (when === null ? [] : [`${what} ${when}`]))
  const off = all.flatMap(([what, when]) => (when === null ? [what] : []))
  const silence = off.length === 0 ? '' : ` Nobody is told of ${off.join(', ')}.`
  return told.length === 0 ? 'nobody is told of anything.' : `${told.join(', ')}.${silence}`
}

const after = (ms: number | null): string | null =>
  ms === null ? null : `after ${durationText(ms)}`
