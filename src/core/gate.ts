/**
 * The gate: why a departed train may not enter an environment now, or go a step further there.
 *
 * Invariant: it explains itself. The start asks whether the answer is empty; the API, the CLI and
 * every message render the same value, so nothing waits for a reason that people cannot read.
 */
import type { At, Blocker } from './blocker.ts'
import { diverged } from './gates/diverged.ts'
import { notVerified } from './gates/health.ts'
import { migrations } from './gates/migrations.ts'
import { rolloutBlockers } from './gates/rollout.ts'
import { facts, locks, occupancy, order, stopped } from './gates/way.ts'
import { windows } from './gates/windows.ts'
import { approvals, checks, consent, holds, veto } from './gates/words.ts'
import { attemptAt, deploymentsOf, journeyOf, nextEnvironment, planOf } from './line.ts'
import type { Deployment, Pipeline, Train } from './model.ts'
import type { EnvironmentPolicy } from './policy.ts'
import type { Passed } from './rollout.ts'
import { isBaking } from './steps.ts'

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

/** Those that a further step has to pass as well: all but what it is in the way of itself. */
const STEP_GATES = GATES.filter((gate) => gate !== order && gate !== occupancy)

/** Why a rollout may not take its next step now, as far as others than itself are concerned. */
function stepBlockers(its: At, here: Deployment): readonly Blocker[] {
  const at: At = { ...its, begun: here.plan }
  const broken = brokenGates(at)
  return STEP_GATES.flatMap((gate) => gate(at)).filter(
    (one) => !broken.has(one.gate) && !isPassedSince(here, one),
  )
}

/** What an earlier step started past stays passed, and so does a part of it; what closed since not. */
const isPassedSince = ({ rollout }: Deployment, closed: Blocker): boolean =>
  rollout?.words.some(
    ({ passed = [], at }) =>
      closed.since <= at &&
      keptBy(closed).every((one) =>
        passed.some(({ gate, message }) => gate === closed.gate && message === one),
      ),
  ) ?? false

/** How it stands is told along with some, and goes on while they stay closed. */
const keptBy = ({ about, message }: Blocker): readonly string[] => about ?? [message]

/**
 * What a start that nothing keeps goes past: all that stands closed there but for somebody's word.
 * `here`: the deployment whose next step it is; undefined: its first.
 */
export function passedBy(its: At, here?: Deployment): readonly Passed[] {
  const train = { ...its.train, passes: [] }
  const at: At = here === undefined ? { ...its, train } : { ...its, train, begun: here.plan }
  const gates = here === undefined ? GATES : STEP_GATES
  return gates
    .flatMap((gate) => gate(at))
    .flatMap((one) => keptBy(one).map((message) => ({ gate: one.gate, message })))
}

/** Every reason why `train` may not enter the environment now; empty means go. */
export function blockers(
  pipeline: Pipeline,
  train: Train,
  where: { readonly policy: EnvironmentPolicy; readonly now: number },
): readonly Blocker[] {
  const at: At = { pipeline, train, ...where }
  const here = deploymentsOf(pipeline, train).find(
    (one) => one.environment === where.policy.name && isBaking(one),
  )
  if (here !== undefined) return rolloutBlockers(at, here, stepBlockers(at, here))
  const found = GATES.flatMap((gate) => gate(at))
  const broken = brokenGates(at)
  return found.filter(({ gate, ahead }) => ahead === true || !broken.has(gate))
}

/**
 * Why a departed train does not move: what keeps it out of its next environment, or, once it is in
 * the last one, from arriving.
 */
export function reasons(pipeline: Pipeline, train: Train, now: number): readonly Blocker[] {
  if (train.sha === null) return []
  const policy = nextEnvironment(pipeline, train)
  if (policy !== undefined) return blockers(pipeline, train, { policy, now })
  const last = journeyOf(pipeline, train).at(-1)
  const here = last && attemptAt(pipeline, train, last.name)
  if (here?.status !== 'succeeded') return []
  const { environment, endedAt, requestedAt } = here
  return [{ environment, since: endedAt ?? requestedAt, ...notVerified(pipeline, here, 'it') }]
}

/** Gates that a named person has broken for exactly this plan. */
function brokenGates({ pipeline, train, policy }: At): ReadonlySet<string> {
  const mine = train.overrides.filter(({ environment }) => environment === policy.name)
  if (mine.length === 0) return new Set()
  const plan = planOf(pipeline, train, policy)?.hash
  return new Set(mine.filter((one) => one.plan === plan).flatMap(({ gates }) => gates))
}
