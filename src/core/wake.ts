/**
 * When the core must look again: the earliest moment at which time alone may change something.
 *
 * Invariant: never later than an automatic step becomes possible, or than a message would show
 * something else. Earlier is harmless.
 */
import { ownLocks, wanted } from './advance.ts'
import { migrationMoments } from './advance-migrations.ts'
import { verdictOn } from './checks.ts'
import { dueAt } from './doors.ts'
import { countdowns } from './failure.ts'
import { blockers } from './gate.ts'
import { aboard, unfinished } from './line.ts'
import type { Pipeline, Train } from './model.ts'
import { progressMoments } from './usual.ts'
import { isUnderVerification, soakEnd } from './verification.ts'
import { standing } from './windows.ts'

/**
 * What time alone changes in what people are shown: an approval has expired, or an author was silent
 * for so long that somebody may vouch.
 */
function offersOf({ policy }: Pipeline, train: Train): readonly number[] {
  return policy.environments.flatMap(
    ({ name, approvals: { expireMs, authors, standInAfterMs } }) => [
      ...(authors === 'all' && train.departedAt !== null
        ? [train.departedAt + standInAfterMs]
        : []),
      ...train.approvals.flatMap(({ environment, at }) =>
        environment === name && expireMs !== null ? [at + expireMs] : [],
      ),
    ],
  )
}

/** The earliest such moment after `now`, or null: only a command can move this pipeline. */
export function wakeAt(pipeline: Pipeline, now: number): number | null {
  const moments: (number | null)[] = ownLocks(pipeline).map(({ expires }) => expires)
  moments.push(pipeline.lockAll?.expires ?? null)
  for (const one of pipeline.deployments) {
    if (isUnderVerification(one)) moments.push(soakEnd(pipeline, one))
    moments.push(...progressMoments(pipeline, one))
  }
  moments.push(...countdowns(pipeline).map(({ countdown }) => countdown.at))
  moments.push(...migrationMoments(pipeline, now))
  for (const train of unfinished(pipeline)) {
    if (train.status === 'boarding') {
      moments.push(dueAt(pipeline, train))
      for (const change of aboard(pipeline, train)) {
        const verdict = verdictOn(pipeline, change, now)
        if (verdict.color === 'pending') moments.push(verdict.until)
      }
    }
    if (train.sha === null) continue
    moments.push(...offersOf(pipeline, train))
    for (const policy of wanted(pipeline, train)) {
      moments.push(...blockers(pipeline, train, { policy, now }).map(({ until }) => until))
    }
  }
  // A window that closes moves nothing, but what people read of it changes.
  if (unfinished(pipeline).length > 0) {
    for (const { windows } of pipeline.policy.environments) {
      if (windows !== null) moments.push(standing(windows, now).until)
    }
  }
  const future = moments.flatMap((moment) => (moment !== null && moment > now ? [moment] : []))
  return future.length === 0 ? null : Math.min(...future)
}
