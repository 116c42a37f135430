/**
 * A deployment as JSON: how it goes, what was seen of it, whose change is suspected.
 *
 * Invariant: a rendering of what the core says of it, never a second opinion.
 */
import type { Deployment, Pipeline } from '../core/model.ts'
import type { Reaction } from '../core/reaction.ts'
import { isAtWork, isBaking, stepOf } from '../core/steps.ts'
import { type Suspect, suspectsIn } from '../core/suspects.ts'
import { progressOf, usualMs } from '../core/usual.ts'
import {
  findingText,
  healthOf,
  isUnderVerification,
  soakEnd,
  stepsOf,
} from '../core/verification.ts'
import { iso, type Json } from './json.ts'

export function deploymentState(
  one: Deployment | undefined,
  pipeline: Pipeline,
  now: number,
): Json | null {
  if (one === undefined) return null
  return {
    key: one.key,
    environment: one.environment,
    kind: one.kind,
    train: one.train,
    status: one.status,
    run: one.run,
    sha: one.sha,
    epoch: one.epoch,
    requested_at: iso(one.requestedAt),
    started_at: iso(one.startedAt),
    ended_at: iso(one.endedAt),
    usual_ms: usualMs(pipeline, one),
    // Of what runs, whether it is late or not.
    eta: iso(progressOf(pipeline, one, 0)?.eta ?? null),
    reason: one.reason,
    tail: one.tail,
    cancelling: one.cancelling,
    account: one.account,
    reaction: one.reaction && reactionState(one.reaction),
    rollout: rolloutState(pipeline, one, now),
    verification: verificationState(pipeline, one),
    suspects: suspectsIn(pipeline, one).map(suspectState),
  }
}

/** How far it is in its steps; null: it goes to everybody at once. */
function rolloutState(pipeline: Pipeline, one: Deployment, now: number): Json | null {
  const { rollout } = one
  const step = stepOf(one)
  if (rollout === null || step === undefined) return null
  const { paused, skipped } = rollout
  return {
    step: step.name,
    at: rollout.at + 1,
    phase: rolloutPhase(pipeline, one, now),
    since: iso(rollout.bakesSince ?? one.requestedAt),
    until: isBaking(one) ? iso(soakEnd(pipeline, one)) : null,
    steps: rollout.steps.map(({ name, traffic, bakeMs }) => ({ name, traffic, bake_ms: bakeMs })),
    paused: paused && { ...paused, at: iso(paused.at) },
    skipped: skipped && { ...skipped, at: iso(skipped.at) },
  }
}

/** `waiting`: what it waits for stands among its train's blockers. */
function rolloutPhase(pipeline: Pipeline, one: Deployment, now: number): string {
  if (!isBaking(one)) return isAtWork(one) ? 'deploying' : 'over'
  if (one.rollout?.paused != null) return 'paused'
  const isOver = now >= soakEnd(pipeline, one) || one.rollout?.skipped != null
  return isOver || healthOf(pipeline, one) === 'inconclusive' ? 'waiting' : 'baking'
}

function reactionState(one: Reaction): Json | null {
  if (one.is === 'left') return null
  return one.is === 'countdown' ? { ...one, since: iso(one.since), at: iso(one.at) } : { ...one }
}

/** Whose change may have caused what is wrong with it, and what speaks for that. */
const suspectState = ({ change, people, evidence }: Suspect): Json => ({
  sha: change.sha,
  number: change.number,
  title: change.title,
  author: change.author,
  people,
  evidence,
})

/** What was seen of it, step by step, and who answers for what was not well. */
function verificationState(pipeline: Pipeline, one: Deployment): Json | null {
  const steps = stepsOf(pipeline, one)
  if (steps.length === 0) return null
  const { findings, accepted } = one.verification
  return {
    health: healthOf(pipeline, one),
    until: isUnderVerification(one) ? iso(soakEnd(pipeline, one)) : null,
    steps: steps.map((step) => {
      const finding = findings.find((found) => found.step === step.name)
      return {
        name: step.name,
        outcome: finding?.outcome ?? 'waiting',
        since: iso(finding?.since ?? null),
        looked_at: iso(finding?.at ?? null),
        says: finding === undefined ? null : findingText(step, finding, one.sha),
        behind: finding?.behind.map((late) => ({ ...late, since: iso(late.since) })) ?? [],
      }
    }),
    accepted: accepted && { ...accepted, at: iso(accepted.at) },
  }
}
