/**
 * The gate: why a departed train may not enter an environment now.
 *
 * Invariant: it explains itself. The start asks whether the answer is empty; the API, the CLI and
 * every message render the same value, so nothing waits for a reason that people cannot read.
 */
import type { At, Blocker } from './blocker.ts'
import { diverged } from './gates/diverged.ts'
import { migrations } from './gates/migrations.ts'
import { facts, locks, occupancy, order, stopped } from './gates/way.ts'
import { windows } from './gates/windows.ts'
import { approvals, checks, consent, holds, veto } from './gates/words.ts'
import { planOf } from './line.ts'
import type { Pipeline, Train } from './model.ts'
import type { EnvironmentPolicy } from './policy.ts'

/** In the order in which people read them: the way first, then the words. */
const GATES = [
  facts,
  stopped,
  diverged,
  order,
  occupancy,
  locks,
  windows,
  veto,
  migrations,
  holds,
  checks,
  consent,
  approvals,
]

/** Every reason why `train` may not enter the environment now; empty means go. */
export function blockers(
  pipeline: Pipeline,
  train: Train,
  where: { readonly policy: EnvironmentPolicy; readonly now: number },
): readonly Blocker[] {
  const at: At = { pipeline, train, ...where }
  const found = GATES.flatMap((gate) => gate(at))
  const broken = brokenGates(at)
  return found.filter(({ gate, ahead }) => ahead === true || !broken.has(gate))
}

/** Gates that a named person has broken for exactly this plan. */
function brokenGates({ pipeline, train, policy }: At): ReadonlySet<string> {
  const mine = train.overrides.filter(({ environment }) => environment === policy.name)
  if (mine.length === 0) return new Set()
  const plan = planOf(pipeline, train, policy)?.hash
  return new Set(mine.filter((one) => one.plan === plan).flatMap(({ gates }) => gates))
}
