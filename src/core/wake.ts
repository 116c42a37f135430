/**
 * When the core must look again: the earliest moment at which time alone may change something.
 *
 * Invariant: never later than an automatic step becomes possible. Earlier is harmless.
 */
import { ownLocks, soakMs, wanted } from './advance.ts'
import { verdictOn } from './checks.ts'
import { dueAt } from './doors.ts'
import { blockers } from './gate.ts'
import { aboard, unfinished } from './line.ts'
import type { Pipeline } from './model.ts'

/** The earliest such moment after `now`, or null: only a command can move this pipeline. */
export function wakeAt(pipeline: Pipeline, now: number): number | null {
  const moments: (number | null)[] = ownLocks(pipeline).map(({ expires }) => expires)
  moments.push(pipeline.lockAll?.expires ?? null)
  for (const { status, endedAt, environment, account } of pipeline.deployments) {
    if (status === 'succeeded' && account === null)
      moments.push((endedAt ?? now) + soakMs(pipeline, environment))
  }
  for (const train of unfinished(pipeline)) {
    if (train.status === 'boarding') {
      moments.push(dueAt(pipeline, train))
      for (const change of aboard(pipeline, train)) {
        const verdict = verdictOn(pipeline, change, now)
        if (verdict.color === 'pending') moments.push(verdict.until)
      }
    }
    if (train.sha === null) continue
    for (const policy of wanted(pipeline, train)) {
      moments.push(...blockers(pipeline, train, { policy, now }).map(({ until }) => until))
    }
  }
  const future = moments.flatMap((moment) => (moment !== null && moment > now ? [moment] : []))
  return future.length === 0 ? null : Math.min(...future)
}
