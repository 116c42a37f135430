/**
 * How far a run is: since when, how much of what it usually takes is over.
 *
 * Invariant: what is drawn changes only when a part is over; Slack itself counts the minutes.
 */
import type { Deployment } from '../../core/model.ts'
import { progressOf } from '../../core/usual.ts'
import { type Mrkdwn, md, ours } from '../words/mrkdwn.ts'
import { clock, running, span } from '../words/time.ts'
import type { Seen } from './phase.ts'

/** `10:15`, or where it is known what is usual `10:15, 2 minutes ago · ▰▰▱▱ usually 4m`. */
export function runningSince(
  { pipeline, now }: Pick<Seen, 'pipeline' | 'now'>,
  deployment: Deployment,
): Mrkdwn {
  const since = deployment.startedAt ?? deployment.requestedAt
  const progress = progressOf(pipeline, deployment, now)
  if (progress === null) return clock(since)
  const { over, parts, usualMs } = progress
  if (over === parts) return md`${running(since)} · longer than its usual ${span(usualMs)}`
  const bar = ours(`${'▰'.repeat(over)}${'▱'.repeat(parts - over)}`)
  return md`${running(since)} · ${bar} usually ${span(usualMs)}`
}
