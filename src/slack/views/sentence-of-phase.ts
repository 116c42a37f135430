/**
 * The one sentence under a train's header: what it waits for, on whom, since when.
 *
 * Invariant: exhaustive over the phases, and each has its own picture: failed, timed out, aborted,
 * cancelled and unknown never look alike.
 */
import type { Blocker, Gate } from '../../core/blocker.ts'
import { verdictOn } from '../../core/checks.ts'
import { journeyOf } from '../../core/line.ts'
import type { Change, Deployment } from '../../core/model.ts'
import { clip, code, join, type Mrkdwn, md, nothing, ours, some } from '../words/mrkdwn.ts'
import { called, changeName, shortSha } from '../words/names.ts'
import { clock, moment, span } from '../words/time.ts'
import { approvalsNeeded, askedAboard, byPerson } from './asked.ts'
import { tookOf } from './journey.ts'
import type { Phase, Seen } from './phase.ts'

/** A seen train and what is aboard it. */
export type Aboard = Seen & { readonly changes: readonly Change[] }

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
    case 'soaking':
      return '⏲️ soaking'
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
      return boarding(seen, phase.due)
    case 'due':
      return md`Due to depart, but ${notReady(seen)}.`
    case 'held':
      return md`Held by ${join(
        train.holds.slice(0, 5).map(({ by, reason }) => md`${called(pipeline, by)}: ${reason}`),
        '; ',
      )}, since ${moment(train.holds[0]?.at ?? seen.now)}.`
    case 'stopped':
      return pipeline.stopped === null
        ? md`The line is stopped.`
        : md`${called(pipeline, pipeline.stopped.by)} stopped the line: ${pipeline.stopped.reason}, since ${moment(pipeline.stopped.since)}.`
    case 'waiting':
      return waiting(seen, phase)
    case 'starting':
      return md`Nothing is in the way of ${phase.environment}: it starts now.`
    case 'deploying':
      return deploying(phase.deployment)
    case 'ending':
      return md`${called(pipeline, train.cancelling?.by ?? 'somebody')} asked to end what runs in ${phase.deployment.environment}; its agent has not proven it dead yet.`
    case 'soaking':
      return md`Live in ${phase.deployment.environment}; it soaks there until ${clock(phase.until)}. No action needed.`
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

/** The agent ends what runs or keeps silent for too long, and says so in these words. */
export const isTimeout = ({ reason }: Deployment): boolean =>
  reason !== null && /^(over its time limit|silent for) /.test(reason)

const what = ({ kind }: Deployment): string =>
  kind === 'rollback' ? 'The rollback of' : 'The deployment to'

const after = (deployment: Deployment): string => {
  const took = tookOf(deployment)
  return took === '' ? '' : ` after ${took}`
}

function boarding({ pipeline }: Aboard, due: number | null): Mrkdwn {
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
function notReady({ pipeline, changes, now }: Aboard): Mrkdwn {
  const blocking = changes.flatMap((change) => {
    const verdict = verdictOn(pipeline, change, now)
    if (verdict.color === 'green') return []
    const names =
      verdict.names.length === 0 ? nothing : md`${verdict.names.slice(0, 3).join(', ')} `
    return [
      md`${names}${verdict.color === 'red' ? 'failed' : 'pending'} on ${changeName(change)} (${called(pipeline, change.author)})`,
    ]
  })
  return blocking.length === 0
    ? md`what was rolled back or is not known yet keeps it; depart it by hand to see why`
    : some(blocking, 4)
}

function deploying(deployment: Deployment): Mrkdwn {
  const { environment, status, startedAt, requestedAt } = deployment
  return status === 'requested'
    ? md`${what(deployment)} ${environment} waits for its agent since ${clock(requestedAt)}.`
    : md`${what(deployment)} ${environment} runs since ${clock(startedAt ?? requestedAt)}.`
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
]

function waiting(seen: Aboard, phase: Extract<Phase, { is: 'waiting' }>): Mrkdwn {
  const gates = new Set(phase.blockers.map(({ gate }) => gate))
  const words = join(
    [
      ...(gates.has('consent') ? [authorsMissing(seen)] : []),
      ...(gates.has('approvals') ? [approvalsMissing(seen, phase.blockers)] : []),
    ],
    ' and ',
  )
  const since = seen.train.departedAt ?? seen.train.openedAt
  if (words.mrkdwn !== '')
    return md`Waiting for ${words} before ${phase.environment}, since ${clock(since)}${alsoIn(gates)}.`
  const first = FIRST.map((gate) => phase.blockers.find((one) => one.gate === gate)).find(
    (one) => one !== undefined,
  )
  const lead = first ?? phase.blockers[0]
  return lead === undefined
    ? md`Waiting before ${phase.environment}.`
    : md`Waiting before ${phase.environment}: ${clip(lead.message, 250)}, since ${moment(lead.since)}.`
}

/** What no yes will clear. */
function alsoIn(gates: ReadonlySet<Gate>): Mrkdwn {
  const others = [...gates].filter((gate) => gate !== 'consent' && gate !== 'approvals')
  return others.length === 0 ? nothing : md`; also in the way: ${others.join(', ')}`
}

function authorsMissing({ pipeline, changes }: Aboard): Mrkdwn {
  const asked = askedAboard(pipeline, changes)
  const people = byPerson(asked)
  const silent = [...people.values()].filter((one) => one.silent).length
  const orphans = asked.filter(({ rule, consented }) => rule === 'any' && !consented).length
  const parts = [
    ...(silent > 0
      ? [md`${silent} of ${people.size} ${people.size === 1 ? 'author' : 'authors'}`]
      : []),
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
  return md`${missing} ${missing === 1 ? 'approval' : 'approvals'}`
}

function rolledBack({ pipeline, train }: Aboard): Mrkdwn {
  const veto = pipeline.environments
    .flatMap(({ vetoes }) => vetoes)
    .findLast(({ from }) => from === train.sha)
  return veto === undefined
    ? md`Taken back; its changes wait again.`
    : md`${called(pipeline, veto.by)} took it back: ${veto.reason}, ${moment(veto.since)}. Its changes wait again.`
}

const cancelled = ({ pipeline, train }: Aboard): Mrkdwn =>
  train.cancelling === null
    ? md`Cancelled; its changes fell to the next train.`
    : md`${called(pipeline, train.cancelling.by)} cancelled it: ${train.cancelling.reason}. Its changes fell to the next train.`

function arrived({ pipeline, train, deployments, now }: Aboard): Mrkdwn {
  const last = journeyOf(pipeline, train).at(-1)?.name ?? ''
  const live = deployments.findLast(
    ({ environment, kind }) => environment === last && kind === 'forward',
  )
  const end = live?.endedAt ?? null
  const took =
    end === null
      ? nothing
      : ours(`, ${span(end - (train.departedAt ?? train.openedAt))} after departure`)
  return md`Live in ${last} since ${moment(end ?? now)}${took}. No action needed. To take it back: ${code(`/rollback ${pipeline.name} ${last}`)}`
}
