/**
 * `flags` of a pipeline: how a change names the flag it stands behind, and how one is turned off.
 *
 * Invariant: exactly one way, and an address that may be asked.
 */
import type { z } from 'zod'
import type { FlagsPolicy } from '../core/policy.ts'
import { wrongAddress } from './addresses.ts'
import { checkedText, duration, keyed, text } from './fields.ts'

const SECOND = 1_000

/** A process that asks delivers nothing else meanwhile to those who wait behind it. */
const HTTP_MAX_MS = 30 * SECOND

const off = keyed({
  run: text.optional(),
  in: text.optional(),
  http: checkedText(wrongAddress).optional(),
  timeout: duration(1).optional(),
}).superRefine(({ run, http, in: directory, timeout }, context) => {
  const say = (key: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [key], message })
  if ((run === undefined) === (http === undefined)) {
    say('run', 'is either a command to `run` or an address for `http`: give one of them')
  }
  if (directory !== undefined && run === undefined) say('in', 'belongs to `run`')
  if (http !== undefined && timeout !== undefined && timeout > HTTP_MAX_MS) {
    say('timeout', 'of `http` is 30s at most: what takes longer is for a command to `run`')
  }
})

export const flags = keyed({
  match: checkedText((value) =>
    value.trim().length < 3 ? 'must have at least 3 characters: less is found everywhere' : null,
  ).default('flag:'),
  off,
})

export function toFlags(entry: z.output<typeof flags> | null): FlagsPolicy | null {
  if (entry === null) return null
  const { run, in: directory = null, http, timeout } = entry.off
  if (run !== undefined) {
    const timeoutMs = timeout ?? 120 * SECOND
    return { match: entry.match, off: { kind: 'run', run, in: directory, timeoutMs } }
  }
  if (http === undefined) throw new Error('flags are turned off in no way')
  return {
    match: entry.match,
    off: { kind: 'http', url: http, timeoutMs: timeout ?? 10 * SECOND },
  }
}
