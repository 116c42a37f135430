/**
 * What one look of a comparison is about: whose numbers, of which minutes, and how sure it must be.
 *
 * Invariant: both releases are compared over the same minutes, never more of them than a bake has, or
 * as few numbers need to say anything: a night of health behind a closed window hides no sick hour. Only where everybody has the new one
 * already may the old one speak from the minutes before that.
 */
import type { Deployment, Pipeline } from './model.ts'
import { stepsLeft } from './steps.ts'
import { askedSince, soakEnd, soakMsOf } from './verification.ts'
import type { VerifyStep } from './verify-step.ts'

export type ComparisonStep = Extract<VerifyStep, { kind: 'comparison' }>

/** Moments in milliseconds since the epoch. */
export interface Minutes {
  readonly from: number
  readonly until: number
}

export interface Comparison {
  readonly fresh: string
  /** What was live before; null: nothing was. */
  readonly old: string | null
  readonly minutes: Minutes
  /** As long, up to the start of the last step; null: with steps left the old one still serves. */
  readonly earlier: Minutes | null
  /** Below this p the new release is worse. */
  readonly worseBelow: number
}

/** Of fewer, none of the looks of a long wait could be sure enough that a release is worse. */
const ENOUGH_NUMBERS = 20

/** What a look that begins at `at` compares. `before`: when the one before it began. */
export function comparisonAt(
  pipeline: Pipeline,
  deployment: Deployment,
  look: {
    readonly step: ComparisonStep
    readonly at: number
    readonly before: number | null
  },
): Comparison {
  const { step, at, before } = look
  const { sha, baseSha, requestedAt } = deployment
  const bakeMs = soakMsOf(pipeline, deployment)
  const reachMs = Math.max(bakeMs, ENOUGH_NUMBERS * step.everyMs)
  const from = Math.max(askedSince(deployment), at - reachMs)
  const end = soakEnd(pipeline, deployment)
  const looks = Math.max(1, Math.ceil(bakeMs / step.everyMs))
  const isConcluding = at >= end && (before === null || before < end)
  // Who looks twenty times finds something by chance: looks on the way share what is allowed for one.
  // Those of a wait that follows share ever less, bake by bake, so that no night is long enough.
  const since = at < end ? 1 : Math.floor((at - end) / Math.max(1, bakeMs)) + 2
  return {
    fresh: sha,
    old: baseSha,
    minutes: { from, until: at },
    earlier:
      stepsLeft(deployment) === 0 ? { from: requestedAt - (at - from), until: requestedAt } : null,
    worseBelow: isConcluding ? step.fail : step.fail / (looks * since ** 2),
  }
}
