/**
 * The one sentence under a train's header: what it waits for, on whom, since when.
 *
 * Invariant: exhaustive over the phases, and each has its own picture: failed, timed out, aborted,
 * cancelled and unknown never look alike.
 */
import type { Blocker, Gate } from '../../core/blocker.ts'
import { verdictOn } from '../../core/checks.ts'
import type { Deployment } from '../../core/model.ts'
import { unwell } from '../../core/verification.ts'
import { isTakenBack } from '../../core/vetoes.ts'
import { clip, join, type Mrkdwn, md, nothing, some } from '../words/mrkdwn.ts'
import { called, changeName, mention, ownerOf, shortSha } from '../words/names.ts'
import { clock, running, since } from '../words/time.ts'
import { approvalsNeeded, askedAboard, byPerson } from './asked.ts'
import { countingDown } from './counting-down.ts'
import { tookOf } from './journey.ts'
import type { Aboard, Phase, Seen } from './phase.ts'
import { runningSince } from './progress.ts'
import { restingSentence, stepsLine } from './rollout.ts'
import { arrived, cancelled, rolledBack } from './sentence-of-end.ts'
import { clearsAt, closedOnTheWay } from './windows.ts'

/** The picture and the state in one word, for the header. */
export function headline(phase: Phase): string {
  switch (phase.is) {
    case 'boarding':
      return '🚂 boarding'
    case 'due':
      return '⏰ due'
    case 'held':
      return '✋ held'
    case 'stopped':
      return '⛔ line stopped'
    case 'waiting':
      return '⏳ waiting'
    case 'starting':
      return '🚦 starting'
    case 'deploying':
      return '🚀 deploying'
    case 'ending':
      return '🛑 being cancelled'
    case 'baking':
      return '🪜 rolling out'
    case 'paused':
      return '⏸️ paused'
    case 'kept':
      return '⏳ waiting'
    case 'soaking':
      return '⏲️ soaking'
    case 'verifying':
      return '🔎 being verified'
    case 'sick':
      return '🤒 not healthy'
    case 'doubtful':
      return '❔ inconclusive'
    case 'counting_down':
      return '⏱️ about to go back'
    case 'failed':
      return isTimeout(phase.deployment) ? '⌛ timed out' : '❌ failed'
    case 'aborted':
      return '🛑 aborted'
    case 'unknown':
      return '❓ unknown'
    case 'rolling_back':
      return '⏪ rolling back'
    case 'rolled_back':
      return '⏪ rolled back'
    case 'cancelled':
      return '🚫 cancelled'
    case 'arrived':
      return '✅ arrived'
  }
}

export function sentenceOf(seen: Aboard, phase: Phase): Mrkdwn {
  const { pipeline, train } = seen
  switch (phase.is) {
    case 'boarding':
      return md`${boarding(seen, phase.due)}${closedOnTheWay(pipeline, train, seen.now)}`
    case 'due':
      return md`Due to depart, but ${notReady(seen)}.`
    case 'held':
      return md`Held by ${join(
        train.holds.slice(0, 5).map(({ by, reason }) => md`${called(pipeline, by)}: ${reason}`),
        '; ',
      )}, since ${since(train.holds[0]?.at ?? seen.now, seen.now)}.`
    case 'stopped':
      return pipeline.stopped === null
        ? md`The line is stopped.`
        : md`${called(pipeline, pipeline.stopped.by)} stopped the line ${running(pipeline.stopped.since)}: ${pipeline.stopped.reason}. ${ownerOf(pipeline, pipeline.stopped)}`
    case 'waiting':
      return waiting(seen, phase)
    case 'starting':
      return md`Nothing is in the way of ${phase.environment}: it starts now.`
    case 'deploying':
      return deploying(seen, phase.deployment)
    case 'ending':
      return md`${called(pipeline, train.cancelling?.by ?? 'somebody')} asked to end what runs in ${phase.deployment.environment}; its agent has not proven it dead yet.`
    case 'baking':
    case 'paused':
    case 'kept':
      return restingSentence(seen, phase)
    case 'soaking':
      return md`Live in ${phase.deployment.environment}; it soaks there until ${clock(phase.until)}. No action needed.`
    case 'verifying':
      return md`Deployed to ${phase.deployment.environment}, and being verified: ${seenOf(seen, phase)}. No action needed.`
    case 'sick':
      return md`The verification in ${phase.deployment.environment} failed: ${seenOf(seen, phase)}.`
    case 'doubtful':
      return md`Nobody can tell whether ${phase.deployment.environment} is healthy: ${seenOf(seen, phase)}. It waits for a person.`
    case 'counting_down':
      return countingDown(phase.countdown)
    case 'failed':
      return md`${what(phase.deployment)} ${phase.deployment.environment} failed${after(phase.deployment)}: ${phase.deployment.reason ?? 'no reason given'}.`
    case 'aborted':
      return md`${what(phase.deployment)} ${phase.deployment.environment} was aborted${after(phase.deployment)}: ${phase.deployment.reason ?? 'no reason given'}.`
    case 'unknown':
      return md`Nobody knows how ${phase.deployment.kind === 'rollback' ? 'the rollback of' : 'the deployment to'} ${phase.deployment.environment} ended: ${phase.deployment.reason ?? 'its agent is silent'}. It stays closed until a person says.`
    case 'rolling_back':
      return md`${called(pipeline, phase.order.by)} rolls ${phase.environment} back to ${shortSha(phase.order.to.sha)}: ${phase.order.reason}.`
    case 'rolled_back':
      return rolledBack(seen)
    case 'cancelled':
      return cancelled(seen)
    case 'arrived':
      return arrived(seen)
  }
}

const seenOf = ({ pipeline }: Seen, { deployment }: { deployment: Deployment }): Mrkdwn =>
  clip(unwell(pipeline, deployment), 300)

/** The agent ends what runs or keeps silent for too long, and says so in these words. */
export const isTimeout = ({ reason }: Deployment): boolean =>
  reason !== null && /^(over its time limit|silent for) /.test(reason)

const what = ({ kind }: Deployment): string =>
  kind === 'rollback' ? 'The rollback of' : 'The deployment to'

const after = (deployment: Deployment): string => {
  const took = tookOf(deployment)
  return took === '' ? '' : ` after ${took}`
}

function boarding({ pipeline, changes }: Aboard, due: number | null): Mrkdwn {
  if (changes.length === 0) {
    return md`Nobody is aboard; the next change that concerns ${pipeline.name} boards here.`
  }
  const { departAtChanges, departAtLines } = pipeline.policy.doors
  const when = [
    ...(due === null ? [] : [md`at ${clock(due)}`]),
    ...(departAtChanges === null ? [] : [md`with ${departAtChanges} changes aboard`]),
    ...(departAtLines === null ? [] : [md`with ${departAtLines} changed lines aboard`]),
  ]
  return when.length === 0
    ? md`Boarding; the doors close by hand.`
    : md`Boarding; departs ${join(when, ', or ')}.`
}

/** Which check of whose change keeps the doors open. */
function notReady({ pipeline, train, changes, now }: Aboard): Mrkdwn {
  const blocking = changes.flatMap((change) => {
    const verdict = verdictOn(pipeline, change, now)
    if (verdict.color === 'green') return []
    const names =
      verdict.names.length === 0 ? nothing : md`${verdict.names.slice(0, 3).join(', ')} `
    return [
      md`${names}${verdict.color === 'red' ? 'failed' : 'pending'} on ${changeName(change)} (${called(pipeline, change.author)})`,
    ]
  })
  const back = changes.filter((change) => isTakenBack(pipeline, train, change))
  if (blocking.length === 0 && back.length > 0) {
    return md`${some(
      back.map((change) => changeName(change)),
      3,
    )} was taken back: a fix or a revert has to come aboard, or somebody lets it go again`
  }
  return blocking.length === 0
    ? md`what was rolled back or is not known yet keeps it; depart it by hand to see why`
    : some(blocking, 4)
}

function deploying(seen: Seen, deployment: Deployment): Mrkdwn {
  const { environment, status, requestedAt } = deployment
  return status === 'requested'
    ? md`${what(deployment)} ${environment} waits for its agent since ${clock(requestedAt)}.`
    : md`${what(deployment)} ${environment} runs${stepsLine(deployment)} since ${runningSince(seen, deployment)}.`
}

/** The gate a glance should name first: what a person can clear before what only time can. */
const FIRST: readonly Gate[] = [
  'diverged',
  'facts',
  'veto',
  'lock',
  'checks',
  'failed',
  'unknown',
  'order',
  'occupied',
  'soak',
  'window',
]

function waiting(seen: Aboard, phase: Extract<Phase, { is: 'waiting' }>): Mrkdwn {
  const lead = leadOf(phase)
  if (lead !== undefined) {
    return md`Waiting before ${phase.environment}: ${clip(lead.message, 250)}, since ${since(lead.since, seen.now)}${clearsAt(lead)}.`
  }
  const gates = new Set(phase.blockers.map(({ gate }) => gate))
  const words = join(
    [
      ...(gates.has('consent') ? [authorsMissing(seen)] : []),
      ...(gates.has('approvals') ? [approvalsMissing(seen, phase.blockers)] : []),
    ],
    ' and ',
  )
  const departed = seen.train.departedAt ?? seen.train.openedAt
  return md`Waiting for ${words} before ${phase.environment}, since ${since(departed, seen.now)}.`
}

type Waits = Extract<Phase, { is: 'waiting' }>

const isWord = ({ gate }: Blocker): boolean => gate === 'consent' || gate === 'approvals'

/** The gate the sentence is about, where it is not about people's words. */
function leadOf({ blockers }: Waits): Blocker | undefined {
  if (blockers.some(isWord)) return undefined
  const first = FIRST.map((gate) => blockers.find((one) => one.gate === gate))
  return first.find((one) => one !== undefined) ?? blockers[0]
}

/** What the sentence is about, and what else is in the way: told once each. */
export function gatesOf(phase: Waits): {
  readonly lead: Blocker | undefined
  readonly others: readonly Blocker[]
} {
  const lead = leadOf(phase)
  return { lead, others: phase.blockers.filter((one) => one !== lead && !isWord(one)) }
}

/** What no yes will clear, where there is no room for more than its name. */
export function alsoInTheWay(phase: Phase): Mrkdwn {
  if (phase.is !== 'waiting') return nothing
  const names = [...new Set(gatesOf(phase).others.map(({ gate }) => gate))]
  return names.length === 0 ? nothing : md` Also in the way: ${names.join(', ')}.`
}

/** More names than this are no sentence any more. */
const NAMED_MAX = 5

function authorsMissing({ pipeline, changes }: Aboard): Mrkdwn {
  const asked = askedAboard(pipeline, changes)
  const people = byPerson(asked)
  const silent = [...people].filter(([, one]) => one.silent).map(([name]) => name)
  const orphans = asked.filter(({ rule, consented }) => rule === 'any' && !consented).length
  const names = some(
    silent.map((name) => mention(pipeline, name)),
    NAMED_MAX,
  )
  const parts = [
    ...(silent.length === 0
      ? []
      : people.size === 1
        ? [names]
        : [md`${silent.length} of ${people.size} authors (${names})`]),
    ...(orphans > 0
      ? [md`somebody to stand in for ${orphans} ${orphans === 1 ? 'change' : 'changes'}`]
      : []),
  ]
  return parts.length === 0 ? md`the authors` : join(parts, ' and ')
}

function approvalsMissing(seen: Aboard, found: readonly Blocker[]): Mrkdwn {
  const needed = approvalsNeeded(seen, seen.changes)
  const gate = found.find((one) => one.gate === 'approvals')
  if (needed === undefined || needed.policy.name !== gate?.environment) return md`approvals`
  const missing = needed.needed - needed.by.length
  const { from } = needed.policy.approvals
  const whose =
    from === null
      ? nothing
      : md` from ${some(
          from.map((one) => clip(one, 40)),
          3,
        )}`
  return md`${missing} ${missing === 1 ? 'approval' : 'approvals'}${whose}`
}
