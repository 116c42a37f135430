/**
 * A train's announcement: the one message in the channel, redrawn as the train moves.
 *
 * Invariant: at most 50 blocks and 9,000 characters whatever is aboard, and the same scene always
 * draws the same message, so that an unchanged one need not be sent.
 */
import type { KnownBlock } from '@slack/types'
import { journeyOf, planOf } from '../../core/line.ts'
import type { Message, Scene } from '../scene.ts'
import { clip, join, logTail, type Mrkdwn, md, nothing } from '../words/mrkdwn.ts'
import { called, comparison, counted, shortSha } from '../words/names.ts'
import { moment, since } from '../words/time.ts'
import { accusedLine, failureIn, flagsOn, withFlag } from './accused.ts'
import { actions, context, divider, header, message, section, sections } from './blocks.ts'
import { canGoBack, choices } from './choices.ts'
import { clearedBy } from './cleared-by.ts'
import { notDone } from './counting-down.ts'
import { guide } from './guide.ts'
import { journey } from './journey.ts'
import { onLine, type Phase, phaseOf } from './phase.ts'
import { rows } from './rows.ts'
import { alsoInTheWay, gatesOf, headline, sentenceOf } from './sentence-of-phase.ts'
import { bakeLines, wellLines } from './verification-notes.ts'
import { clearsAt } from './windows.ts'

export function announcement(scene: Scene): Message {
  const { pipeline, train, links } = scene
  const phase = phaseOf(scene)
  const [picture = '', ...state] = headline(phase).split(' ')
  const kind = train.special === null ? 'Train' : 'Special train'
  const name = `${kind} #${train.number} · ${pipeline.name}`
  const sentence = sentenceOf(scene, phase)
  const blocks: readonly KnownBlock[] = [
    header(`${picture} ${name} · ${state.join(' ')}`),
    ...sections([sentence, ...accused(scene, phase), ...details(scene, phase)]),
    ...(train.status === 'boarding' ? [] : [divider, section(journey(scene))]),
    divider,
    ...sections(rows(scene)),
    context(facts(scene)),
    ...actions(withFlag(scene, phase, choices(scene, phase, links.announcement))),
  ]
  return message(md`${picture} ${name}: ${sentence}${alsoInTheWay(phase)}`, blocks)
}

/** What stands below the sentence: the other gates, or what went wrong and what to do. */
function details(scene: Scene, phase: Phase): readonly Mrkdwn[] {
  switch (phase.is) {
    case 'waiting':
      return gates(phase, scene.now)
    case 'failed':
    case 'aborted':
    case 'unknown':
      return [
        logTail(telling(phase.deployment.tail), 700),
        ...notDone(scene, phase.deployment),
        ...guide(phase.deployment, {
          canGoBack: canGoBack(scene, phase.deployment.environment),
          flags: phase.is === 'failed' ? flagsOn(scene, phase.deployment) : [],
          log: scene.links.logs[phase.deployment.run] ?? null,
        }),
      ]
    case 'counting_down':
      return [logTail(telling(phase.deployment.tail), 700), ...wellLines(scene, phase.deployment)]
    case 'sick':
      return [...notDone(scene, phase.deployment), ...wellLines(scene, phase.deployment)]
    case 'baking':
    case 'paused':
    case 'kept':
      return bakeLines(scene, phase.deployment)
    case 'verifying':
    case 'doubtful':
      return wellLines(scene, phase.deployment)
    case 'boarding':
    case 'due':
    case 'held':
    case 'stopped':
    case 'starting':
    case 'deploying':
    case 'ending':
    case 'soaking':
    case 'rolling_back':
    case 'rolled_back':
    case 'cancelled':
    case 'arrived':
      return []
  }
}

function accused(scene: Scene, phase: Phase): readonly Mrkdwn[] {
  const failed = failureIn(phase)
  return failed === null ? [] : [accusedLine(scene, failed)]
}

const TELLING_MAX = 5

/** The few lines that tell most: from the last error among the last lines on, else the last. */
function telling(tail: readonly string[]): readonly string[] {
  const lines = tail.filter((line) => line.trim() !== '').slice(-20)
  const error = lines.findLastIndex((line) => /\b(?:\w*error|fatal|panic|exception)\b/i.test(line))
  return error === -1 ? lines.slice(-TELLING_MAX) : lines.slice(error, error + TELLING_MAX)
}

const GATES_MAX = 6

/** The way out of what the sentence names, then what else is in the way: nothing twice. */
function gates(phase: Extract<Phase, { is: 'waiting' }>, now: number): readonly Mrkdwn[] {
  const { lead, others: all } = gatesOf(phase)
  // How long it soaks stands in the journey.
  const others = all.filter(({ gate }) => gate !== 'soak')
  const lines = others
    .slice(0, GATES_MAX)
    .map(
      (one) =>
        md`• also: ${clip(one.message, 220)}, since ${since(one.since, now)}${clearsAt(one)} → ${clearedBy(one)}`,
    )
  return [
    ...(lead === undefined ? [] : [md`→ ${clearedBy(lead)}`]),
    ...lines,
    ...(others.length > GATES_MAX ? [md`• + ${others.length - GATES_MAX} more`] : []),
  ]
}

function facts(scene: Scene): Mrkdwn {
  const { changes, links, train } = scene
  const lines = changes.reduce((sum, one) => sum + (one.lines ?? 0), 0)
  const oldest = changes.reduce((at, one) => Math.min(at, one.mergedAt), Number.POSITIVE_INFINITY)
  const base = baseOf(scene)
  const head = train.sha ?? changes.at(-1)?.sha ?? null
  const range =
    base === null || head === null || base === head
      ? head === null
        ? nothing
        : shortSha(head)
      : comparison(links.repository, base, head)
  return join(
    [
      specialOf(scene),
      range,
      md`${counted(changes.length, 'change')}`,
      lines === 0 ? nothing : md`${counted(lines, 'line')}`,
      changes.length === 0 ? nothing : md`oldest merged ${moment(oldest)}`,
    ],
    ' · ',
  )
}

/** Outside the line a train is known by its REF and by who sent it. */
function specialOf({ pipeline, train: { special } }: Scene): Mrkdwn {
  if (special === null) return nothing
  const by = called(pipeline, special.by)
  return special.isOffBranch
    ? md`off ${pipeline.policy.branch} at ${clip(special.ref, 80)}, sent by ${by}`
    : md`what is live once more, sent by ${by}`
}

/** What the whole journey starts from: what the last environment serves, or served before it. */
function baseOf({ pipeline, train, deployments }: Scene): string | null {
  const last = journeyOf(pipeline, train).at(-1)
  const landed = deployments.findLast(
    ({ kind, environment }) => kind === 'forward' && environment === last?.name,
  )
  if (landed !== undefined) return landed.baseSha
  const plan = last && onLine(pipeline, train) ? planOf(pipeline, train, last) : null
  return plan?.baseSha ?? null
}
