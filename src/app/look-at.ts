/**
 * One look of this process at a deployment, whatever it looks at.
 *
 * Invariant: exhaustive over the ways of looking but for commands, which are an agent's.
 */
import { comparisonAt } from '../core/comparison.ts'
import type { Look } from '../core/finding.ts'
import type { Deployment, Pipeline } from '../core/model.ts'
import type { VerifyStep } from '../core/verify-step.ts'
import { lookAtBoth } from '../verify/comparison-look.ts'
import { longestLookMs, lookAtInstances } from '../verify/http-look.ts'
import { lookAtMetrics } from '../verify/prometheus-look.ts'

/** Asks what the step asks; whatever goes wrong is an answer of its own. */
export function lookAt(
  step: Exclude<VerifyStep, { kind: 'run' }>,
  of: {
    readonly pipeline: Pipeline
    readonly deployment: Deployment
    readonly at: number
    readonly before: number | null
    readonly signal: AbortSignal
  },
): Promise<Look> {
  const { pipeline, deployment, at, before, signal } = of
  const { sha, environment } = deployment
  const place = { pipeline: pipeline.name, environment }
  switch (step.kind) {
    case 'http':
      return lookAtInstances(step, { sha, signal })
    case 'prometheus':
      return lookAtMetrics(step, { subject: { ...place, sha }, signal })
    case 'comparison': {
      const comparison = comparisonAt(pipeline, deployment, { step, at, before })
      return lookAtBoth(step, { comparison, place, signal })
    }
  }
}

/** The longest a look may take, of whatever kind. */
export const longestMs = (step: VerifyStep): number =>
  step.kind === 'http'
    ? longestLookMs(step)
    : step.kind === 'comparison'
      ? 2 * step.timeoutMs
      : step.timeoutMs
