/**
 * `after_verified` of an environment: what is run once a release is verified there.
 *
 * Invariant: a command, for nothing else is known of how an old release is retired.
 */
import type { z } from 'zod'
import type { AfterVerifiedPolicy } from '../core/rollout.ts'
import { duration, keyed, text } from './fields.ts'

export const afterVerified = keyed({
  run: text,
  in: text.nullable().default(null),
  timeout: duration(1).default(10 * 60_000),
})

export const toAfterVerified = (
  entry: z.output<typeof afterVerified> | null,
): AfterVerifiedPolicy | null => entry && { run: entry.run, in: entry.in, timeoutMs: entry.timeout }
