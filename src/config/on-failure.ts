/**
 * `on_failure` of an environment: what it does by itself about a failure.
 *
 * Invariant: a key that would mean nothing is refused.
 */
import { z } from 'zod'
import type { OnFailurePolicy } from '../core/policy.ts'
import { HOLD } from '../core/policy.ts'
import { duration, keyed } from './fields.ts'

const whole = keyed({
  do: z.enum(['hold', 'roll_back', 'stop'], {
    error: 'must be `hold`, `roll_back` or `stop`',
  }),
  after: duration(1).optional(),
  dry_run: z.boolean({ error: 'must be `true` or `false`' }).optional(),
}).superRefine(({ do: act, after, dry_run }, context) => {
  const say = (key: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [key], message })
  if (after !== undefined && act !== 'roll_back') {
    say('after', 'is how long `roll_back` waits for somebody to cancel it; remove it')
  }
  if (dry_run !== undefined && act === 'hold') {
    say('dry_run', 'tries `roll_back` or `stop`: `hold` does nothing; remove it')
  }
})

/** One word, or what it is made of. */
export const onFailure = z.preprocess(
  (value) => (typeof value === 'string' ? { do: value } : value),
  whole,
)

export const toOnFailure = (entry: z.output<typeof onFailure> | null): OnFailurePolicy =>
  entry === null
    ? HOLD
    : { act: entry.do, afterMs: entry.after ?? HOLD.afterMs, dryRun: entry.dry_run ?? false }
