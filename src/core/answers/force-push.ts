/**
 * A force-push: part of the branch is gone, and perhaps an earlier part is back.
 *
 * Invariant: the newest force-push wins by the source's own time, so a report heard twice or late
 * changes nothing. Removing a change that was known stops the line and names it. What it took may
 * be told in parts.
 */
import { parentsOf } from '../ancestry.ts'
import { title } from '../blocker.ts'
import type { Command } from '../command.ts'
import type { Event } from '../event.ts'
import { line, spanOf } from '../line.ts'
import type { Change, Pipeline } from '../model.ts'
import { type Answer, type Context, record } from './answer.ts'

type ForcePush = Extract<Command, { type: 'record_force_push' }>

export function recordForcePush(
  pipeline: Pipeline,
  { head, gone, by, at: told }: ForcePush,
  { actor }: Context,
): Answer {
  if (isOlder(pipeline, { head, at: told })) return record()
  const at = Math.max(told, pipeline.rewritten?.at ?? told)
  const onBranch = parentsOf(pipeline, head)
  const back = [...onBranch].filter((sha) => pipeline.dropped.has(sha))
  const fresh = [...new Set(gone)].filter((sha) => !onBranch.has(sha) && !pipeline.dropped.has(sha))
  const vanished = pipeline.changes
    .filter(({ sha }) => fresh.includes(sha))
    .map(({ sha, number, title: its, author }) => ({ sha, number, title: its, author }))
  const isRepeat = head === pipeline.rewritten?.head && at === pipeline.rewritten.at
  if (isRepeat && fresh.length + back.length === 0) return record()
  const trains = line(pipeline).filter(
    (train) =>
      train.status === 'departed' && spanOf(pipeline, train).some(({ sha }) => fresh.includes(sha)),
  )
  const rewritten: Event = {
    type: 'branch_rewritten',
    head,
    at,
    gone: fresh,
    back,
    vanished,
    trains: trains.map(({ number }) => number),
  }
  if (vanished.length === 0 || pipeline.stopped !== null) return record(rewritten)
  const reason = `${by ?? 'somebody'} force-pushed ${pipeline.policy.branch}: it no longer contains ${named(vanished)}`
  return record(rewritten, { type: 'line_stopped', by: actor.name, reason, owner: null })
}

const NAMED_MAX = 10
const TITLE_MAX = 60

/** `#12 (Cache the price list)`, as many as a sentence bears. */
function named(vanished: readonly Pick<Change, 'sha' | 'number' | 'title'>[]): string {
  const names = vanished
    .slice(0, NAMED_MAX)
    .map((one) => `${title(one.number, one.sha)} (${[...one.title].slice(0, TITLE_MAX).join('')})`)
  const more = vanished.length - names.length
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '')
}

/**
 * Two force-pushes at one moment: the one heard first stays. What a push to the present head took
 * is gone whenever that was: the source's own clocks may differ by a moment.
 */
function isOlder(
  { rewritten }: Pipeline,
  { head, at }: { readonly head: string; readonly at: number },
): boolean {
  return rewritten !== null && head !== rewritten.head && at <= rewritten.at
}
