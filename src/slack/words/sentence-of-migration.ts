/**
 * The sentences about migrations.
 *
 * Invariant: exhaustive, and drawn from the event's own facts.
 */
import type { Event } from '../../core/event.ts'
import { amountOf } from '../../core/gates/migrations.ts'
import type { AnsweredRun } from '../../core/migration.ts'
import type { MigrationEvent } from '../../core/migration-event.ts'
import type { Pipeline } from '../../core/model.ts'
import { clip, type Mrkdwn, md, nothing } from './mrkdwn.ts'
import { called } from './names.ts'

export function migrationSentence(
  event: Extract<Event, { type: 'migration_opened' }> | MigrationEvent,
  { pipeline }: { readonly pipeline: Pipeline },
  nameOf: (sha: string) => Mrkdwn,
): Mrkdwn {
  const its = md`the migration of ${nameOf(event.change)}`
  if (event.type === 'migration_opened') {
    return md`${nameOf(event.change)} carries a migration, for ${event.environments.join(', ')}.`
  }
  const { environment } = event
  switch (event.type) {
    case 'migration_live':
      return md`What carries ${its} is live and verified in ${environment}.`
    case 'migration_gone':
      return md`What carries ${its} is no longer live in ${environment}: it waits, and begins from the start once it is live again.`
    case 'migration_ready':
      return md`In ${environment} ${its} is ready to run.`
    case 'migration_begun':
      return md`${called(pipeline, event.by)} runs ${its} in ${environment}.`
    case 'migration_paused':
      return md`${called(pipeline, event.by)} paused ${its} in ${environment}${over(event.after)}: ${event.reason}`
    case 'migration_resumed': {
      const { after, reason } = event
      return md`${called(pipeline, event.by)} resumed ${its} in ${environment}${over(after)}${reason === null ? md`.` : md`: ${reason}`}`
    }
    case 'migration_run_requested':
      return md`${runOf(event.run.kind, event.run.number)} of ${its} was ordered in ${environment}.`
    case 'migration_run_claimed':
      return md`An agent took what is next of ${its} in ${environment}.`
    case 'migration_run_started':
      return md`What is next of ${its} started in ${environment}.`
    case 'migration_run_ended':
      return ended(event, its)
    case 'migration_verified':
      return md`In ${environment} ${its} is complete.`
    case 'migration_reminded':
      return md`In ${environment} ${its} is done, and what it replaced is still there.`
    case 'migration_reopened':
      return md`What removed the old code after ${its} was taken back: it is still to be removed.`
    case 'migration_contracted':
      return md`${nameOf(event.contract)} has removed what ${its} replaced in ${environment}: it is over.`
  }
}

/** What somebody answered for; none in what a version before wrote of a pause. */
const over = (after: AnsweredRun | null | undefined): Mrkdwn =>
  after == null
    ? nothing
    : md` after ${after.kind === 'verify' ? 'its verification' : `increment ${after.number}`} ${after.status === 'unknown' ? 'ended unknown' : 'failed'}`

const runOf = (kind: 'increment' | 'verify', number: number): string =>
  kind === 'verify' ? 'The verification' : `Increment ${number}`

function ended(
  {
    environment,
    kind,
    number,
    status,
    reason,
    progress,
    isDone,
  }: Extract<MigrationEvent, { type: 'migration_run_ended' }>,
  its: Mrkdwn,
): Mrkdwn {
  const what = md`${runOf(kind, number)} of ${its} in ${environment}`
  switch (status) {
    case 'succeeded':
      if (kind === 'verify') return md`In ${environment} ${its} is verified.`
      if (isDone) return md`${what} was the last one.`
      return md`${what} ended well${progress === null ? nothing : md`: ${amountOf(progress)}`}.`
    case 'failed':
      return md`${what} failed: ${clip(reason ?? 'no reason given', 250)}. Nothing of it starts until somebody resumes it.`
    case 'aborted':
      return md`${what} did not begin: ${clip(reason ?? 'no reason given', 250)}.`
    case 'unknown':
      return md`Nobody knows how ${what} ended: ${clip(reason ?? 'its agent is silent', 250)}. Make sure that it has, then resume it.`
  }
}
