/**
 * Done means attested: whether a succeeded deployment was seen to be healthy, and for how long.
 *
 * Invariant: derived from the findings and the present policy. It counts as verified only when
 * every step was seen to pass, or is answered for by name, through the whole soak.
 */
import { short } from './blocker.ts'
import { durationText } from './duration.ts'
import { type Finding, gapMs, type Verification } from './finding.ts'
import type { Deployment, Pipeline } from './model.ts'
import { isBaking, stepOf, stepsLeft } from './steps.ts'
import type { VerifyStep } from './verify-step.ts'

/** From best to worst. */
export type Health = 'well' | 'waiting' | 'inconclusive' | 'failed'

/** Its command, or that of its step, ended well, and whether it is healthy is still asked. */
export const isUnderVerification = (one: Deployment): boolean =>
  (one.status === 'succeeded' || isBaking(one)) &&
  !one.takenBack &&
  !one.settled &&
  one.account === null

/** From when on it is asked. */
export const askedSince = ({ rollout, endedAt, requestedAt }: Deployment): number =>
  rollout?.bakesSince ?? endedAt ?? requestedAt

/** How long it must stay healthy: of a last step through its own bake and the soak, side by side. */
export function soakMsOf(pipeline: Pipeline, deployment: Deployment): number {
  const bakeMs = stepOf(deployment)?.bakeMs ?? 0
  return stepsLeft(deployment) > 0
    ? bakeMs
    : Math.max(bakeMs, policyOf(pipeline, deployment)?.soakMs ?? 0)
}

const policyOf = (pipeline: Pipeline, { environment }: Deployment) =>
  pipeline.policy.environments.find(({ name }) => name === environment)

/** What its environment wants to be seen of it now. */
export const stepsOf = (pipeline: Pipeline, deployment: Deployment): readonly VerifyStep[] => {
  const verify = policyOf(pipeline, deployment)?.verify ?? []
  const analysis = deployment.rollout?.analysis ?? []
  return analysis.length === 0 ? verify : [...verify, ...analysis]
}

export const findingOf = ({ verification }: Deployment, step: string): Finding | undefined =>
  verification.findings.find((one) => one.step === step)

/** Somebody answers for a step as it stood; if it gets worse than that, nobody does. */
function isAccepted({ accepted }: Verification, { step, outcome }: Finding): boolean {
  const known = accepted?.steps.find((one) => one.step === step)
  return known !== undefined && (known.outcome === outcome || outcome !== 'fail')
}

function healthOfStep(deployment: Deployment, { name }: VerifyStep): Health {
  const finding = findingOf(deployment, name)
  if (finding === undefined) return 'waiting'
  if (finding.outcome === 'pass' || isAccepted(deployment.verification, finding)) return 'well'
  return finding.outcome === 'fail' ? 'failed' : finding.outcome
}

/** Steps that failed, and that nobody answers for, while that is still asked. */
export const failingSteps = (pipeline: Pipeline, deployment: Deployment): readonly VerifyStep[] =>
  isUnderVerification(deployment)
    ? stepsOf(pipeline, deployment).filter((step) => healthOfStep(deployment, step) === 'failed')
    : []

const WORST: readonly Health[] = ['failed', 'inconclusive', 'waiting', 'well']

/** The worst of its steps; without steps it is well. */
export function healthOf(pipeline: Pipeline, deployment: Deployment): Health {
  const found = stepsOf(pipeline, deployment).map((step) => healthOfStep(deployment, step))
  return WORST.find((one) => found.includes(one)) ?? 'well'
}

/** Until when it must stay healthy, as far as is known now: a soak begins with the last good turn. */
export function soakEnd(pipeline: Pipeline, deployment: Deployment): number {
  const passing = stepsOf(pipeline, deployment).flatMap(({ name, kind }) => {
    const finding = findingOf(deployment, name)
    // A comparison is of the whole time at its end.
    return finding?.outcome === 'pass' && kind !== 'comparison' ? [finding.since] : []
  })
  return Math.max(askedSince(deployment), ...passing) + soakMsOf(pipeline, deployment)
}

/** Seen to be healthy through its soak, with a last look at its end. */
export function isHealthy(pipeline: Pipeline, deployment: Deployment, now: number): boolean {
  const end = soakEnd(pipeline, deployment)
  if (now < end || healthOf(pipeline, deployment) !== 'well') return false
  const soaks = soakMsOf(pipeline, deployment) > 0
  return stepsOf(pipeline, deployment).every((step) => {
    const finding = findingOf(deployment, step.name)
    if (finding === undefined || finding.outcome !== 'pass') return true
    const isSeen = finding.missed === 0 && (!soaks || finding.at >= end)
    return isSeen && !isOutdated(pipeline, deployment, { step, finding, now })
  })
}

/**
 * What still passes is recorded anew after so long, while a release waits for its next step: as
 * seldom as is safe, for each is a row of the audit.
 */
const anewMs = (pipeline: Pipeline, deployment: Deployment): number =>
  Math.max(30_000, Math.min(5 * 60_000, soakMsOf(pipeline, deployment)))

/** Whether a look that tells nothing new is the news that it still holds. */
export const isDueAnew = (
  pipeline: Pipeline,
  deployment: Deployment,
  { known, at }: { readonly known: Finding; readonly at: number },
): boolean => isBaking(deployment) && at - known.at >= anewMs(pipeline, deployment)

/** A release that waited for its next step while nobody looked is looked at before it takes it. */
const isOutdated = (
  pipeline: Pipeline,
  deployment: Deployment,
  {
    step,
    finding,
    now,
  }: { readonly step: VerifyStep; readonly finding: Finding; readonly now: number },
): boolean => isBaking(deployment) && now - finding.at > anewMs(pipeline, deployment) + gapMs(step)

/** Whether it would go on, had anybody looked at it lately. */
export const isUnseen = (pipeline: Pipeline, deployment: Deployment, now: number): boolean =>
  stepsOf(pipeline, deployment).some((step) => {
    const finding = findingOf(deployment, step.name)
    return finding?.outcome === 'pass' && isOutdated(pipeline, deployment, { step, finding, now })
  })

/**
 * When to look again at one step; null: never, it has its verdict, or nobody waits for it. `last`:
 * when the newest look began.
 */
export function nextLookAt(
  pipeline: Pipeline,
  deployment: Deployment,
  { step, last }: { readonly step: VerifyStep; readonly last: number | null },
): number | null {
  if (!isUnderVerification(deployment)) return null
  if (findingOf(deployment, step.name)?.outcome === 'fail') return null
  const ended = askedSince(deployment)
  if (last === null || last < ended) return ended
  const end = soakEnd(pipeline, deployment)
  return last < end ? Math.min(last + step.everyMs, end) : last + step.everyMs
}

/** What is not well, in one sentence: `41 of 42 on abc12345, web-07 stale 6m`. */
export function unwell(pipeline: Pipeline, deployment: Deployment): string {
  const found: string[] = []
  const unseen: string[] = []
  const isFailed = healthOf(pipeline, deployment) === 'failed'
  for (const step of stepsOf(pipeline, deployment)) {
    const health = healthOfStep(deployment, step)
    // What is still compared is no part of the cause where something else failed.
    const isOpen = step.kind === 'comparison' && health === 'waiting'
    if (health === 'well' || (isFailed && isOpen)) continue
    const finding = findingOf(deployment, step.name)
    if (finding === undefined) unseen.push(step.name)
    else found.push(`${step.name}: ${findingText(step, finding, deployment.sha)}`)
  }
  if (unseen.length > 0) found.push(`${unseen.join(', ')} not looked at yet`)
  return found.join('; ')
}

/** What each step that is well has found, a sentence each. */
export const wellSeen = (pipeline: Pipeline, deployment: Deployment): readonly string[] =>
  stepsOf(pipeline, deployment).flatMap((step) => {
    const finding = findingOf(deployment, step.name)
    return finding?.outcome === 'pass'
      ? [`${step.name}: ${findingText(step, finding, deployment.sha)}`]
      : []
  })

const NAMED_MAX = 3

/** What a step had found when it was last told of, as people read it. */
export function findingText(
  step: VerifyStep,
  { says, good, all, behind, at }: Finding,
  sha: string,
): string {
  if (step.kind !== 'http') return says
  const right = step.expect === null ? `answer ${step.status}` : rightWords(step.expect, sha)
  const [only] = behind
  // Of a single one the name tells nothing.
  if (all === 1 && only !== undefined) {
    return `${only.says} for ${minutes(at - only.since)}, should ${step.expect?.is === 'sha' ? `be ${right}` : right}`
  }
  const named = behind
    .slice(0, NAMED_MAX)
    .map((one) => `${one.name} stale ${minutes(at - one.since)} (${one.says})`)
  const left = all - good - named.length
  return [`${good} of ${all} ${right}`, ...named, ...(left > 0 ? [`${left} more`] : [])].join(', ')
}

const rightWords = (
  expect: Extract<VerifyStep, { kind: 'http' }>['expect'],
  sha: string,
): string => (expect?.is === 'value' ? `say ${expect.value}` : `on ${short(sha)}`)

/** To the minute once there is one: nobody acts on the seconds of a stale instance. */
function minutes(ms: number): string {
  const unit = ms < 60_000 ? 1_000 : 60_000
  return durationText(Math.max(0, Math.floor(ms / unit) * unit))
}
