/**
 * What people say about migrations, and what agents report of their runs.
 *
 * Invariant: an increment's word counts once, and only where it can be read. Only a person goes on
 * after a run that went wrong, or of which nobody knows how it ended.
 */
import type { Command } from '../command.ts'
import type { Event } from '../event.ts'
import { answeredRun, hasFailed, type Migration, type MigrationRun, phaseOf } from '../migration.ts'
import { saidIn } from '../migration-progress.ts'
import { answerable, mayMove, nameOf, ownersOf } from '../migrations.ts'
import type { Pipeline } from '../model.ts'
import { type Answer, type Context, type Found, findEnvironment, record, refuse } from './answer.ts'

type Of<T extends Command['type']> = Extract<Command, { type: T }>

type Act = 'run' | 'pause' | 'resume'

const CAN: Readonly<Record<Act, (one: Migration) => boolean>> = {
  run: (one) => phaseOf(one) === 'ready',
  pause: (one) => (one.paused === null || one.run?.status === 'unknown') && one.verifiedAt === null,
  resume: (one) => one.paused !== null || hasFailed(one),
}

/** It runs as soon as nothing keeps it any more. */
export function answerRunMigration(
  pipeline: Pipeline,
  command: Of<'run_migration'>,
  context: Context,
): Answer {
  const found = chosen(pipeline, command, { act: 'run', context })
  if (!found.ok) return found
  const { change, environment } = found.it
  return record({ type: 'migration_begun', change, environment, by: context.actor.name })
}

/**
 * What no agent has taken yet is taken back; what runs ends by itself. Who may only hold answers for
 * no run that went wrong.
 */
export function answerPauseMigration(
  pipeline: Pipeline,
  command: Of<'pause_migration'>,
  context: Context,
): Answer {
  const found = chosen(pipeline, command, { act: 'pause', context })
  if (!found.ok) return found
  const { change, environment, run } = found.it
  const by = context.actor.name
  const { reason } = command
  const mayAnswer = mayMove(pipeline, context.actor, { change, act: 'resume' })
  if (found.it.paused !== null && !mayAnswer) {
    const owners = ownersOf(pipeline, change)
    const its = nameOf(pipeline, change)
    return refuse({ code: 'not_its_owner', change: its, owners, permission: 'settle' })
  }
  const after = mayAnswer ? answeredRun(found.it) : null
  const taken: readonly Event[] =
    run?.status === 'requested' && !run.claimed
      ? [endOf(found.it, run, { status: 'aborted', reason: `${by} paused it`, tail: [] })]
      : []
  return record({ type: 'migration_paused', change, environment, by, reason, after }, ...taken)
}

export function answerResumeMigration(
  pipeline: Pipeline,
  command: Of<'resume_migration'>,
  context: Context,
): Answer {
  const found = chosen(pipeline, command, { act: 'resume', context })
  if (!found.ok) return found
  const { change, environment } = found.it
  const by = context.actor.name
  const after = answeredRun(found.it)
  const { reason } = command
  return record({ type: 'migration_resumed', change, environment, by, reason, after })
}

const isNamed = (pipeline: Pipeline, change: string, name: string): boolean =>
  `#${name.replace(/^#/, '')}` === nameOf(pipeline, change) ||
  (/^[0-9a-f]{7,64}$/.test(name) && change.startsWith(name))

/** The one that is meant, if this may be done to it now. */
function chosen(
  pipeline: Pipeline,
  { change, environment }: Pick<Of<'run_migration'>, 'change' | 'environment'>,
  { act, context }: { readonly act: Act; readonly context: Context },
): Found<Migration> {
  if (environment !== null) {
    const place = findEnvironment(pipeline, environment)
    if (!place.ok) return place
  }
  const all = answerable(pipeline)
  const meant = all.filter(
    (one) =>
      (change === null || isNamed(pipeline, one.change, change)) &&
      (environment === null || one.environment === environment),
  )
  const ready = meant.filter(CAN.run).map((one) => nameOf(pipeline, one.change))
  if (act === 'run' && change === null && new Set(ready).size > 1) {
    return refuse({ code: 'which_migration', ready: [...new Set(ready)] })
  }
  const first = meant.find(CAN[act]) ?? meant[0]
  if (first === undefined) {
    const known = [...new Set(all.map((one) => nameOf(pipeline, one.change)))]
    return refuse({ code: 'no_migration', change, environment, known })
  }
  const its = nameOf(pipeline, first.change)
  if (!mayMove(pipeline, context.actor, { change: first.change, act })) {
    const permission = act === 'pause' ? 'hold' : 'settle'
    const owners = ownersOf(pipeline, first.change)
    return refuse({ code: 'not_its_owner', change: its, owners, permission })
  }
  if (!CAN[act](first)) {
    const phase = phaseOf(first)
    return refuse({ code: 'migration_is', change: its, environment: first.environment, phase, act })
  }
  return { ok: true, it: first }
}

/** An agent claims a run of a migration. */
export function claimMigrationRun(one: Migration, its: MigrationRun): Answer {
  const { change, environment } = one
  const { run } = its
  if (its.status !== 'requested') return refuse({ code: 'no_such_run', run })
  return its.claimed
    ? record()
    : record({ type: 'migration_run_claimed', change, environment, run })
}

/** An agent says how one goes. */
export function recordMigrationRun(
  one: Migration,
  its: MigrationRun,
  { epoch, status, reason, tail }: Of<'record_run'>,
): Answer {
  const { change, environment } = one
  const { run } = its
  if (its.epoch !== epoch) return refuse({ code: 'stale_epoch', run, epoch })
  if (status === 'running') {
    return its.status === 'requested'
      ? record({ type: 'migration_run_started', change, environment, run })
      : record()
  }
  const isOpen = its.status === 'requested' || its.status === 'running'
  const isEvidence = its.status === 'unknown' && status !== 'unknown'
  if (!isOpen && !isEvidence) return record()
  return record(endOf(one, its, { status, reason, tail }))
}

/** How it ended: what cannot be read, or does not move, has failed, whatever its exit status. */
function endOf(
  one: Migration,
  its: MigrationRun,
  {
    status,
    reason,
    tail,
  }: {
    readonly status: 'succeeded' | 'failed' | 'aborted' | 'unknown'
    readonly reason: string | null
    readonly tail: readonly string[]
  },
): Event {
  const { change, environment } = one
  const { run, kind, number } = its
  const nothing = { progress: null, isDone: false }
  const common = { type: 'migration_run_ended', change, environment, run, kind, number } as const
  if (status !== 'succeeded' || kind === 'verify') {
    return { ...common, status, reason, tail, ...nothing }
  }
  const said = saidIn(tail)
  switch (said.is) {
    case 'silent': {
      if (!one.hasSaidMore) return { ...common, status, reason, tail, ...nothing, isDone: true }
      const why =
        'it says nothing, where one before it said that there is more: let the last one say `signalbox: done`'
      return { ...common, status: 'failed', reason: why, tail, ...nothing }
    }
    case 'done':
      return { ...common, status, reason, tail, ...nothing, isDone: true }
    case 'unreadable':
      return { ...common, status: 'failed', reason: said.why, tail, ...nothing }
    case 'more': {
      const { progress } = said
      const before = one.progress
      const isStuck = before?.done === progress.done && before.cursor === progress.cursor
      const why = 'it says the same as the increment before it: it does not move'
      return isStuck
        ? { ...common, status: 'failed', reason: why, tail, ...nothing }
        : { ...common, status, reason, tail, progress, isDone: false }
    }
  }
}
