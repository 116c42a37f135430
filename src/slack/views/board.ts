/**
 * The board: every pipeline at a glance, and what waits for whoever asks.
 *
 * Invariant: what waits for the viewer stands first and is never left out for want of room before
 * anything else is.
 */
import type { Button, KnownBlock } from '@slack/types'
import { unfinished } from '../../core/line.ts'
import type { Actor, Pipeline, Train } from '../../core/model.ts'
import { entitled, vouchersOf, writersOf } from '../../core/people.ts'
import { occupant } from '../../core/releases.ts'
import type { Message } from '../scene.ts'
import { command, listed, type Mrkdwn, md, ours, some } from '../words/mrkdwn.ts'
import { changeName, counted, shortSha } from '../words/names.ts'
import { span } from '../words/time.ts'
import { approvalsNeeded, askedAboard } from './asked.ts'
import {
  actions,
  context,
  divider,
  fitting,
  header,
  MESSAGE_MAX,
  message,
  section,
  sections,
} from './blocks.ts'
import { approve, consent, hold, rollBack } from './choices.ts'
import { statusLines } from './status.ts'
import { aboardOf } from './train-line.ts'

/** Every one of them has buttons, and buttons cost blocks. */
const WAITING_MAX = 6

interface Waiting {
  readonly line: Mrkdwn
  readonly buttons: readonly Button[]
}

export function board(pipelines: readonly Pipeline[], viewer: Actor, now: number): Message {
  if (pipelines.length === 0) {
    const none = md`No pipeline is configured yet.`
    return message(none, [section(none)])
  }
  const waiting = pipelines.flatMap((pipeline) => waitsFor(pipeline, viewer, now))
  const text = md`${counted(pipelines.length, 'pipeline')}, ${waiting.length === 0 ? 'nothing waits for you' : `${counted(waiting.length, 'thing')} for you to answer`}`
  const lines = pipelines.flatMap((pipeline) => [
    md`*${pipeline.name}*`,
    ...statusLines(pipeline, now),
    ours('\u200b'),
  ])
  const first = waitingBlocks(waiting)
  const used = JSON.stringify(first).length
  const { shown, left } = fitting(lines, Math.max(1_500, MESSAGE_MAX - 1_500 - used))
  const more =
    left === 0 ? [] : [context(md`Not all fits; the rest: ${command('/deploy status PIPELINE')}`)]
  return message(text, [header('The board'), ...first, divider, ...sections(shown), ...more])
}

/** What waits for one person, with the buttons that answer it. */
export function waitingBlocks(waiting: readonly Waiting[]): readonly KnownBlock[] {
  if (waiting.length === 0) return [section(md`🟢 Nothing waits for you.`)]
  const shown = waiting.slice(0, WAITING_MAX)
  const more = waiting.length - shown.length
  return [
    ...shown.flatMap(({ line, buttons }) => [section(line), ...actions(buttons)]),
    ...(more === 0 ? [] : [context(md`+ ${more} more for you; answer these first`)]),
  ]
}

/** Consents, approvals, own holds and own locks: what only this person can move, or forgot. */
export function waitsFor(pipeline: Pipeline, viewer: Actor, now: number): readonly Waiting[] {
  const { name } = viewer
  return [
    ...unfinished(pipeline).flatMap((train) => [
      ...consentOf(pipeline, train, { name, now }),
      ...approvalOf(pipeline, train, { name, now }),
      ...train.holds
        .filter(({ by }) => by === name)
        .map(({ reason, at }) => ({
          line: md`✋ You hold ${pipeline.name} train #${train.number} for ${span(now - at)}: ${reason}`,
          buttons: [],
        })),
    ]),
    ...asksHolder(pipeline, name, now),
    ...ownLocks(pipeline, name, now),
  ]
}

interface For {
  readonly name: string
  readonly now: number
}

function consentOf(pipeline: Pipeline, train: Train, { name, now }: For): readonly Waiting[] {
  const seen = aboardOf(pipeline, train, now)
  const mine = askedAboard(pipeline, seen.changes).filter(({ silent }) => silent.includes(name))
  if (mine.length === 0 || train.sha === null) return []
  const names = some(
    mine.map(({ change }) => changeName(change)),
    8,
  )
  const line = md`⏳ ${pipeline.name} train #${train.number}: your ${names} ${mine.length === 1 ? 'is' : 'are'} aboard. Good to go?`
  return [{ line, buttons: [consent(seen), hold(seen)] }]
}

function approvalOf(pipeline: Pipeline, train: Train, { name, now }: For): readonly Waiting[] {
  const seen = aboardOf(pipeline, train, now)
  const needed = approvalsNeeded(seen, seen.changes)
  if (needed === undefined || train.sha === null) return []
  const wrote = seen.changes.some(
    (one) => writersOf(pipeline, one).includes(name) || vouchersOf(pipeline, one).includes(name),
  )
  const { policy, plan, by } = needed
  if (wrote || by.includes(name) || !entitled(pipeline, policy.approvals.from).includes(name)) {
    return []
  }
  const authors = [...new Set(seen.changes.map(({ author }) => author))]
  const whose = listed(authors.slice(0, 5).map((author) => md`${author}`))
  const line = md`⏳ ${pipeline.name} train #${train.number}: ${counted(seen.changes.length, 'change')} by ${whose} ${policy.name === '' ? '' : `for ${policy.name}`} may be approved by you.`
  return [{ line, buttons: [approve(seen, policy.name, plan)] }]
}

/** What went wrong under somebody's lock is taken back by nobody else's word. */
const asksHolder = (pipeline: Pipeline, name: string, now: number): readonly Waiting[] =>
  pipeline.environments.flatMap(({ name: environment }) => {
    const here = occupant(pipeline, environment)
    const why = here?.reaction?.is === 'withheld' ? here.reaction.why : null
    const train = pipeline.trains.find(({ number }) => number === here?.train)
    if (why?.is !== 'locked' || why.by !== name || train === undefined) return []
    const line = md`🔒 ${pipeline.name} ${environment} went wrong under your lock. Shall it be taken back to ${shortSha(why.to)}?`
    return [{ line, buttons: rollBack(aboardOf(pipeline, train, now), environment) }]
  })

const ownLocks = (pipeline: Pipeline, name: string, now: number): readonly Waiting[] =>
  [pipeline.lock, ...pipeline.environments.map(({ lock }) => lock)].flatMap((lock) =>
    lock === null || lock.by !== name
      ? []
      : [
          {
            line: md`🔒 Your lock on ${[pipeline.name, lock.environment ?? ''].join(' ').trim()} stands for ${span(now - lock.since)}: ${lock.reason}`,
            buttons: [],
          },
        ],
  )
