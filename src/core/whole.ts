/**
 * A stored policy made whole: one that an earlier version kept lacks what later versions know.
 *
 * Invariant: what was stored is never changed; only what is missing is taken from the present one.
 * Nothing is taken back by itself, nor goes in steps, before a policy that asks for it was accepted.
 */
import { type EnvironmentPolicy, HOLD, type Policy } from './policy.ts'

/** `stored` with every part it lacks taken from `present`. */
export function wholePolicy(stored: Policy, present: Policy): Policy {
  const [template] = present.environments
  const environments = stored.environments.map((one): EnvironmentPolicy => {
    const same =
      present.environments.find(({ name }) => name === one.name) ??
      present.environments.find(({ was }) => was === one.name) ??
      (template && unwatched(template))
    const its = {
      ...one,
      onFailure: one.onFailure ?? HOLD,
      rollout: one.rollout ?? null,
      afterVerified: one.afterVerified ?? null,
    }
    return same === undefined ? its : filled(its, same)
  })
  return { ...filled(stored, present), environments }
}

/** What is looked at, and when trains are taken, is an environment's own. */
const unwatched = (place: EnvironmentPolicy): EnvironmentPolicy => ({
  ...place,
  windows: null,
  verify: [],
  reality: null,
})

function filled<T extends object>(stored: T, present: T): T {
  const merged = Object.entries(present).map(([key, value]): [string, unknown] => {
    const own: unknown = Reflect.get(stored, key)
    if (own === undefined) return [key, value]
    return [key, isParts(own) && isParts(value) ? filled(own, value) : own]
  })
  return { ...stored, ...(Object.fromEntries(merged) as T) }
}

const isParts = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
