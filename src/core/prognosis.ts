/**
 * What would happen to a train if nothing else did: where it would go, with what, and when each
 * gate would open.
 *
 * Invariant: the gate's own answers, asked at later moments; nothing is decided or changed. What
 * only a person or a report can open has no moment, and no length of a run is guessed.
 */
import type { Blocker } from './blocker.ts'
import { closesOn, dueAt, together } from './doors.ts'
import { blockers } from './gate.ts'
import { isLiveAt, isVerifiedAt, journeyOf, planOf } from './line.ts'
import type { Change, Pipeline, Train } from './model.ts'
import type { EnvironmentPolicy } from './policy.ts'

/** A gate on the way, now or at the moment it would be met. */
export interface Met extends Blocker {
  /** When time opens it; null: a person or a report has to. */
  readonly opensAt: number | null
}

/** One environment on the way. */
export interface Stage {
  readonly environment: string
  readonly sha: string
  readonly baseSha: string | null
  readonly plan: string
  readonly changes: readonly Change[]
  readonly gates: readonly Met[]
  /** By the clock alone: not before this, and then only if every other gate is open. */
  readonly notBefore: number
  /** Once there it must stay well for so long before it counts. */
  readonly soakMs: number
}

export interface Prognosis {
  readonly train: number
  /** When the doors close by themselves; null: by hand, by what comes aboard, or they are closed. */
  readonly departsAt: number | null
  /** Those aboard who stay for the next train. */
  readonly left: readonly Change[]
  readonly stages: readonly Stage[]
}

/** What would become of an unfinished train from now on; an empty one would go nowhere. */
export function prognosisOf(pipeline: Pipeline, train: Train, now: number): Prognosis {
  const due = train.sha === null ? dueAt(pipeline, train) : null
  const pinned = departed(pipeline, train, now)
  const common = { train: train.number, departsAt: due }
  if (pinned === null) return { ...common, left: [], stages: [] }
  const trains = pipeline.trains.map((one) => (one.number === train.number ? pinned : one))
  const line = { ...pipeline, trains }
  const stages: Stage[] = []
  let from = Math.max(now, due ?? now)
  for (const policy of journeyOf(line, pinned)) {
    if (isVerifiedAt(line, pinned, policy.name)) continue
    if (isLiveAt(line, pinned, policy.name)) {
      from = Math.max(from, soaked(line, pinned, policy))
      continue
    }
    const stage = stageOf(line, pinned, { policy, from, now })
    if (stage === null) continue
    stages.push(stage)
    from = stage.notBefore + policy.soakMs
  }
  return { ...common, left: leftBehind(pipeline, train, pinned), stages }
}

/** The train as it would depart: on the newest green change, else on the newest that may leave. */
function departed(pipeline: Pipeline, train: Train, now: number): Train | null {
  if (train.sha !== null) return train
  const last = closesOn(pipeline, train, now) ?? together(pipeline, train).at(-1)
  if (last === undefined) return null
  const journey = pipeline.policy.environments.map(({ name }) => name)
  return { ...train, status: 'departed', sha: last.sha, departedAt: now, journey }
}

function leftBehind(pipeline: Pipeline, train: Train, pinned: Train): readonly Change[] {
  if (train.sha !== null) return []
  const group = together(pipeline, train)
  return group.slice(group.findIndex(({ sha }) => sha === pinned.sha) + 1)
}

function soaked(
  { deployments }: Pipeline,
  train: Train,
  { name, soakMs }: EnvironmentPolicy,
): number {
  const ended = deployments
    .filter((one) => one.train === train.number && one.environment === name)
    .map(({ endedAt }) => endedAt ?? 0)
  return Math.max(0, ...ended) + soakMs
}

/** Time is let pass gate by gate at most so often: each look opens at least one. */
const LOOKS_MAX = 50

function stageOf(
  pipeline: Pipeline,
  train: Train,
  where: { readonly policy: EnvironmentPolicy; readonly from: number; readonly now: number },
): Stage | null {
  const { policy, from, now } = where
  const plan = planOf(pipeline, train, policy)
  if (plan === null) return null
  const met = new Map<string, Met>()
  let notBefore = from
  const look = (at: number): void => {
    for (const one of blockers(pipeline, train, { policy, now: at })) {
      if (isOwnWay(one)) continue
      const opensAt = isTimed(one) ? one.until : null
      const key = `${one.gate} ${one.message}`
      const since = Math.min(met.get(key)?.since ?? now, one.since)
      met.set(key, { ...one, since, opensAt })
      if (opensAt !== null) notBefore = Math.max(notBefore, opensAt)
    }
  }
  look(now)
  for (let looks = 0; looks < LOOKS_MAX; looks += 1) {
    const at = notBefore
    look(at)
    if (notBefore === at) break
  }
  const { environment, baseSha, sha, changes, hash } = plan
  const gates = [...met.values()]
  return { environment, baseSha, sha, changes, plan: hash, gates, notBefore, soakMs: policy.soakMs }
}

/** The environments before it are stages of their own; a soak that no time ends is a gate. */
const isOwnWay = ({ gate, ahead, until }: Blocker): boolean =>
  (gate === 'order' && ahead !== true) || (gate === 'soak' && until !== null)

/** A check that is pending for too long becomes red: time alone never opens that gate. */
const isTimed = ({ gate, until }: Blocker): boolean => gate !== 'checks' && until !== null
