/**
 * One pipeline: what is live where and since when, its locks, and the trains on its line.
 *
 * Invariant: read from the pipeline as it is now; says "nothing waits" when nothing does.
 */
import { countdownIn } from '../../core/failure.ts'
import { locksOn } from '../../core/gates/way.ts'
import { unfinished } from '../../core/line.ts'
import type { Environment, Lock, Pipeline } from '../../core/model.ts'
import { occupant } from '../../core/releases.ts'
import type { Concern } from '../../core/watch/concern.ts'
import type { Message } from '../scene.ts'
import { clip, command, type Mrkdwn, md, nothing } from '../words/mrkdwn.ts'
import { called, ownerOf, shortSha } from '../words/names.ts'
import { ago, exactly, moment } from '../words/time.ts'
import { fitting, header, MESSAGE_MAX, message, sections } from './blocks.ts'
import { concernLines } from './concern.ts'
import { openMigrations } from './migration-list.ts'
import { trainLine } from './train-line.ts'
import { windowNote } from './windows.ts'

export function status(
  pipeline: Pipeline,
  now: number,
  concerns: readonly Concern[] = [],
): Message {
  const trains = unfinished(pipeline)
  const text = md`${pipeline.name}: ${trains.length === 0 ? 'nothing waits' : `${trains.length} on the line`}`
  const { shown, left } = fitting(
    [...statusLines(pipeline, now), ...concernLines(concerns, now)],
    MESSAGE_MAX - 600,
  )
  const more = left === 0 ? [] : [md`+ ${left} more lines`]
  return message(text, [header(`${pipeline.name}`), ...sections([...shown, ...more])])
}

/** What is where, what is closed, what travels; for this pipeline alone. */
export function statusLines(pipeline: Pipeline, now: number): readonly Mrkdwn[] {
  const { stopped, lock } = pipeline
  const trains = unfinished(pipeline)
  return [
    ...(stopped === null
      ? []
      : [
          md`⛔ The line was stopped by ${called(pipeline, stopped.by)} ${ago(stopped.since, now)}: ${stopped.reason}. ${ownerOf(pipeline, stopped)}`,
        ]),
    ...(lock === null ? [] : [md`🔒 All of it: ${lockLine(pipeline, lock, now)}`]),
    ...pipeline.environments.map((one) => place(pipeline, one, now)),
    ...openMigrations(pipeline, now).slice(0, 6),
    ...(trains.length === 0
      ? [md`No train is on the line: one opens with the next merged change.`]
      : trains.slice(0, 8).map((train) => trainLine(pipeline, train, now))),
    ...(trains.length > 8 ? [md`+ ${trains.length - 8} more trains`] : []),
  ]
}

function place(pipeline: Pipeline, environment: Environment, now: number): Mrkdwn {
  const { name, live, lock } = environment
  const by = live?.train == null ? nothing : md` by train #${live.train}`
  const what =
    live === null
      ? md`nothing yet`
      : md`${shortSha(live.sha)}${by} since ${moment(live.since)} (${ago(live.since, now)})`
  const policy = pipeline.policy.environments.find((one) => one.name === name)
  const here = occupant(pipeline, name)
  const busy =
    here === undefined || here.status === 'succeeded' || here.status === 'verified'
      ? nothing
      : md` · ${here.kind === 'rollback' ? 'rollback' : `train #${here.train ?? '?'}`} ${here.status}`
  const closed =
    lock !== null && locksOn(pipeline, name, now).includes(lock)
      ? md` · 🔒 ${lockLine(pipeline, lock, now)}`
      : nothing
  return md`• *${name}*: ${what}${busy}${soonBack(pipeline, environment)}${closed}${policy === undefined ? nothing : windowNote(policy, now)}`
}

function soonBack(pipeline: Pipeline, environment: Environment): Mrkdwn {
  const running = countdownIn(pipeline, environment)?.countdown
  return running === undefined
    ? nothing
    : md` · ⏱️ goes back to ${shortSha(running.to)} by itself at ${exactly(running.at)}, unless ${command(`/deploy keep ${pipeline.name}`)}`
}

/** Who, why, for how long already, until when. */
export function lockLine(pipeline: Pipeline, lock: Lock, now: number): Mrkdwn {
  const end = lock.expires === null ? nothing : md`, until ${moment(lock.expires)}`
  return md`${called(pipeline, lock.by)}: ${clip(lock.reason, 120)} (${ago(lock.since, now)}${end})`
}
