/**
 * What became of migrations, applied.
 *
 * Invariant: total, like `evolve`, of which it is a part. A run that went wrong stays until a person
 * answers for it.
 */
import type { Event } from './event.ts'
import {
  hasTouched,
  isAtWork,
  type Migration,
  type MigrationRun,
  newMigration,
} from './migration.ts'
import type { MigrationEvent } from './migration-event.ts'
import type { Pipeline } from './model.ts'
import { environmentTo } from './patch.ts'

export function openMigrations(
  pipeline: Pipeline,
  { change, environments }: Extract<Event, { type: 'migration_opened' }>,
  at: number,
): Pipeline {
  const opened = environments.map((environment) => newMigration(change, environment, at))
  return { ...pipeline, migrations: [...pipeline.migrations, ...opened] }
}

export function evolveMigration(pipeline: Pipeline, event: MigrationEvent, at: number): Pipeline {
  const migrations = pipeline.migrations.map((one) =>
    one.change === event.change && one.environment === event.environment
      ? evolved(one, event, at)
      : one,
  )
  const next = { ...pipeline, migrations }
  if (event.type !== 'migration_run_requested') return next
  // Every start raises it, so that nothing older is executed after this.
  return environmentTo(next, event.environment, { epoch: event.run.epoch })
}

function evolved(one: Migration, event: MigrationEvent, at: number): Migration {
  switch (event.type) {
    case 'migration_live':
      return { ...one, liveSince: at }
    case 'migration_gone':
      return gone(one)
    case 'migration_ready':
      return { ...one, readyAt: at }
    case 'migration_begun':
      return { ...one, begun: { by: event.by, at, done: one.progress?.done ?? 0 } }
    case 'migration_paused': {
      const { by, reason, after } = event
      return { ...(after === null ? one : withoutFailure(one)), paused: { by, reason, since: at } }
    }
    case 'migration_resumed':
      return resumed(one, event, at)
    case 'migration_run_requested':
      return { ...one, run: event.run, former: one.run, runs: one.runs + 1 }
    case 'migration_run_claimed':
      return withRun(one, event.run, { claimed: true })
    case 'migration_run_started':
      return { ...withRun(one, event.run, { status: 'running', startedAt: at }), touched: true }
    case 'migration_run_ended':
      return ended(one, event, at)
    case 'migration_verified':
      return { ...one, verifiedAt: at }
    case 'migration_reminded':
      return { ...one, remindedAt: at }
    case 'migration_reopened':
      return { ...one, contract: null, remindedAt: at }
    case 'migration_contracted':
      return { ...one, contract: event.contract }
  }
}

/** The code before it writes again, also where it was done already: it begins anew. */
const gone = (one: Migration): Migration => ({
  ...one,
  liveSince: null,
  readyAt: null,
  begun: null,
  progress: null,
  isComplete: false,
  verifiedAt: null,
  remindedAt: null,
  ...(isAtWork(one) || one.run?.status === 'unknown' ? {} : { run: null, former: one.run }),
})

const withoutFailure = (one: Migration): Migration =>
  one.run?.status === 'failed' || one.run?.status === 'unknown'
    ? { ...one, run: null, former: one.run }
    : one

function resumed(
  one: Migration,
  { by }: Extract<MigrationEvent, { type: 'migration_resumed' }>,
  at: number,
): Migration {
  const begun = one.begun && { by, at, done: one.progress?.done ?? 0 }
  return { ...withoutFailure(one), paused: null, begun }
}

function withRun(one: Migration, run: string, patch: Partial<MigrationRun>): Migration {
  return one.run?.run === run ? { ...one, run: { ...one.run, ...patch } } : one
}

/** What ends after its change has gone says nothing of the data that the code before it writes. */
function ended(
  one: Migration,
  event: Extract<MigrationEvent, { type: 'migration_run_ended' }>,
  at: number,
): Migration {
  const { run, kind, status, reason, tail, progress, isDone } = event
  const hasSaidMore = one.hasSaidMore || progress !== null
  const over = {
    ...withRun(one, run, { status, reason, tail, endedAt: at }),
    hasSaidMore,
    // What was claimed and is not known never to have begun may have moved something.
    touched:
      one.touched || hasTouched(one.run === null ? one : { ...one, run: { ...one.run, status } }),
  }
  // What failed its verification is not complete, whatever it says: it begins from the start.
  if (kind === 'verify' && status === 'failed')
    return { ...over, progress: null, isComplete: false }
  if (status !== 'succeeded') return over
  if (one.liveSince === null || one.begun === null) {
    return kind === 'verify' ? over : { ...over, increments: one.increments + 1 }
  }
  if (kind === 'verify') return { ...over, verifiedAt: at }
  const told = isDone ? one.progress && { ...one.progress, cursor: '' } : progress
  return { ...over, increments: one.increments + 1, progress: told, isComplete: isDone }
}
