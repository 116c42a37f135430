/**
 * Every lock that stands, oldest first: locks are forgotten more often than kept.
 *
 * Invariant: an expired lock is none.
 */
import type { Lock, Pipeline } from '../../core/model.ts'
import type { Message } from '../scene.ts'
import { command, type Mrkdwn, md } from '../words/mrkdwn.ts'
import { counted } from '../words/names.ts'
import { actions, context, fitting, message, section } from './blocks.ts'
import { lockLine } from './status.ts'
import { releaseLock } from './ways-out.ts'

/** Each costs two blocks. */
const SHOWN_MAX = 15

export function lockList(pipelines: readonly Pipeline[], now: number): Message {
  const everything = pipelines.map(({ lockAll }) => lockAll).find((lock) => stands(lock, now))
  const locks = pipelines
    .flatMap((pipeline) => standing(pipeline, now).map((lock) => ({ pipeline, lock })))
    .sort((a, b) => a.lock.since - b.lock.since)
  const [first] = pipelines
  const all =
    everything == null || first === undefined
      ? []
      : [
          section(
            md`🔒 *everything* · ${lockLine(first, everything, now)} · ${command('/lock all release')}`,
          ),
        ]
  if (locks.length + all.length === 0) {
    const none = md`🔓 Nothing is locked.`
    return message(none, [section(none)])
  }
  const text = md`🔒 ${counted(locks.length + all.length, 'lock')}, oldest first`
  const lines = locks.map(({ pipeline, lock }): Mrkdwn => {
    const place = [pipeline.name, ...(lock.environment === null ? [] : [lock.environment])]
    return md`🔒 *${place.join(' ')}* · ${lockLine(pipeline, lock, now)}`
  })
  const { shown } = fitting(lines.slice(0, SHOWN_MAX), 5_000)
  const left = locks.length - shown.length
  const blocks = shown.flatMap((line, index) => {
    const found = locks[index]
    const buttons = found === undefined ? [] : [releaseLock(found.pipeline.name, found.lock)]
    return [section(line), ...actions(buttons)]
  })
  const more =
    left === 0 ? [] : [context(md`+ ${left} more: ${command('/deploy status PIPELINE')}`)]
  return message(text, [section(text), ...all, ...blocks, ...more])
}

const standing = (pipeline: Pipeline, now: number): readonly Lock[] =>
  [pipeline.lock, ...pipeline.environments.map(({ lock }) => lock)].flatMap((lock) =>
    lock !== null && stands(lock, now) ? [lock] : [],
  )

const stands = (lock: Lock | null, now: number): boolean =>
  lock !== null && (lock.expires === null || now < lock.expires)
