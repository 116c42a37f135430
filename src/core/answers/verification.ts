/**
 * What was seen of a deployment, what a person answers for, and what an environment says it runs.
 *
 * Invariant: a look speaks for exactly the run it looked at; one that comes too late for it says
 * nothing. Only a linked person lets a doubtful deployment go on.
 */
import type { Command } from '../command.ts'
import type { Event } from '../event.ts'
import { type Doubt, isSame, judged } from '../finding.ts'
import type { Deployment, Environment, Pipeline } from '../model.ts'
import { occupant } from '../releases.ts'
import {
  askedSince,
  findingOf,
  healthOf,
  isDueAnew,
  isUnderVerification,
  soakEnd,
  stepsOf,
} from '../verification.ts'
import {
  type Answer,
  type Context,
  findEnvironment,
  findPlace,
  lacks,
  notLinked,
  record,
  refuse,
} from './answer.ts'

type Of<T extends Command['type']> = Extract<Command, { type: T }>

/** Recorded when people would read it differently, at the end of the soak, and now and then in a wait. */
export function recordVerification(
  pipeline: Pipeline,
  { run, step: name, at, before, look }: Of<'record_verification'>,
): Answer {
  const found = pipeline.deployments.find((one) => one.run === run)
  if (found === undefined) return refuse({ code: 'no_such_run', run })
  const step = stepsOf(pipeline, found).find((one) => one.name === name)
  const ended = askedSince(found)
  if (step === undefined || !isUnderVerification(found) || at < ended) return record()
  const known = findingOf(found, name)
  if (known !== undefined && at <= known.at) return record()
  const end = soakEnd(pipeline, found)
  const finding = judged(step, known, { look, when: { at, before, ended, end } })
  const isOpen = finding.outcome === 'waiting' && known?.outcome === 'waiting'
  // Until its end a comparison that says something else each time has said nothing; but that there is
  // something to compare now, or no longer, is news.
  if (step.kind === 'comparison' && isOpen && known.all === finding.all) return record()
  const isLast = at >= end && (known === undefined || known.at < end)
  const isAnew = known !== undefined && isDueAnew(pipeline, found, { known, at })
  if (isSame(known, finding) && !isLast && !isAnew) return record()
  return record({
    type: 'verification_recorded',
    key: found.key,
    finding,
    was: known?.outcome ?? null,
  })
}

/** A person answers for what nobody could see, or for what looks bad; or lets a rollout go on. */
export function answerContinue(
  pipeline: Pipeline,
  command: Of<'continue'>,
  context: Context,
): Answer {
  const denied = lacks(pipeline, context, 'settle')
  if (denied !== undefined) return refuse(denied)
  const unknown = notLinked(pipeline, context, 'answer for a verification')
  if (unknown !== undefined) return refuse(unknown)
  const { environment, reason } = command
  if (environment !== null) {
    const where = findEnvironment(pipeline, environment)
    if (!where.ok) return where
  }
  const waits = pipeline.deployments.find(
    (one) =>
      (environment === null || one.environment === environment) &&
      (isWaiting(pipeline, one) || one.rollout?.paused != null),
  )
  if (waits === undefined) return refuse({ code: 'nothing_doubtful', environment })
  const { key, verification, rollout } = waits
  const by = context.actor.name
  const steps = verification.findings.flatMap(({ step, outcome }) =>
    outcome === 'fail' || outcome === 'inconclusive' ? [{ step, outcome }] : [],
  )
  const accepted = { by, reason, at: context.now, steps }
  return record(
    ...(isWaiting(pipeline, waits)
      ? [{ type: 'verification_accepted', key, accepted } as const]
      : []),
    ...(rollout?.paused == null
      ? []
      : [{ type: 'rollout_continued', key, by, reason, paused: rollout.paused } as const]),
  )
}

const isWaiting = (pipeline: Pipeline, one: Deployment): boolean =>
  isUnderVerification(one) && isDoubtful(pipeline, one)

const isDoubtful = (pipeline: Pipeline, deployment: Deployment): boolean =>
  ['inconclusive', 'failed'].includes(healthOf(pipeline, deployment))

/** What has drifted and says something else each time is told anew no more often. */
const RETOLD_MS = 60 * 60_000

/** Several disagreeing answers in a row are a drift; one that agrees ends it. */
export function recordReality(pipeline: Pipeline, command: Of<'record_reality'>): Answer {
  const { environment, epoch, look, at } = command
  const where = findPlace(pipeline, environment)
  if (!where.ok) return where
  const { live, doubt } = where.it
  const policy = pipeline.policy.environments.find(({ name }) => name === environment)
  const isStale = where.it.epoch !== epoch || occupant(pipeline, environment) !== undefined
  if (isStale || live === null || policy?.reality == null) return record()
  switch (look.outcome) {
    case 'inconclusive':
      return record()
    case 'pass':
      return doubt === null ? record() : record({ type: 'reality_agreed', environment, doubt })
    case 'fail':
      return disagreed(where.it, {
        sha: live.sha,
        says: saysOf(look),
        at,
        times: policy.reality.times,
      })
  }
}

function disagreed(
  { name: environment, doubt }: Environment,
  {
    times,
    sha,
    says,
    at,
  }: { readonly times: number; readonly sha: string; readonly says: string; readonly at: number },
): Answer {
  if (doubt !== null && at <= doubt.at) return record()
  const isNews = doubt?.says !== says && at - (doubt?.at ?? 0) >= RETOLD_MS
  if (doubt?.isDrift === true && !isNews) return record()
  const answers = Math.min((doubt?.answers ?? 0) + 1, times)
  const isDrift = answers >= times
  const next: Doubt = { sha, answers, says, since: doubt?.since ?? at, at, isDrift }
  const told: Event =
    isDrift && doubt?.isDrift !== true
      ? { type: 'drift_found', environment, doubt: next }
      : { type: 'reality_doubted', environment, doubt: next }
  return record(told)
}

const saysOf = ({ good, all, behind }: Of<'record_reality'>['look']): string =>
  [
    `${good} of ${all} agree`,
    ...behind.slice(0, 3).map(({ name, says }) => `${name}: ${says}`),
  ].join(', ')
