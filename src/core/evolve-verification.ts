/**
 * What was seen of a deployment, applied.
 *
 * Invariant: total, like `evolve`, of which it is a part: one finding for each step, the newest.
 */
import type { Event } from './event.ts'
import { leaveToPeople } from './evolve-failure.ts'
import type { Verification } from './finding.ts'
import type { Pipeline } from './model.ts'
import { deployment } from './patch.ts'

export function evolveVerification(
  pipeline: Pipeline,
  event: Extract<Event, { type: 'verification_recorded' | 'verification_accepted' }>,
): Pipeline {
  const found = pipeline.deployments.find(({ key }) => key === event.key)
  if (found === undefined) return pipeline
  const verification = after(found.verification, event)
  // Should it get worse than what a person answers for, that is another failure.
  return event.type === 'verification_accepted'
    ? deployment(pipeline, event.key, { verification, reaction: null })
    : leaveToPeople(deployment(pipeline, event.key, { verification }), event.key, {
        byPerson: false,
      })
}

function after(
  { findings, accepted }: Verification,
  event: Extract<Event, { type: 'verification_recorded' | 'verification_accepted' }>,
): Verification {
  if (event.type === 'verification_accepted') return { findings, accepted: event.accepted }
  const { finding } = event
  const isKnown = findings.some(({ step }) => step === finding.step)
  return {
    findings: isKnown
      ? findings.map((one) => (one.step === finding.step ? finding : one))
      : [...findings, finding],
    accepted,
  }
}
