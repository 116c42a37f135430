/**
 * Watching migrations: a run of one that never began, or that writes nothing.
 *
 * Invariant: each is about one run, whatever becomes of it meanwhile. Nobody ends a run that is at
 * work from here: who is told can look, and keep the next one from starting.
 */
import { isAtWork, type Migration, type MigrationRun } from '../migration.ts'
import { nameOf, ownersOf, standing, trainWith } from '../migrations.ts'
import type { Pipeline } from '../model.ts'
import { isActive } from '../people.ts'
import { type Concern, type History, isOver } from './concern.ts'
import { named } from './people.ts'
import { span, waitingForAgent } from './runs.ts'

export const incrementConcerns = (
  pipeline: Pipeline,
  history: History,
  now: number,
): readonly Concern[] =>
  standing(pipeline).flatMap((one) => {
    const { run } = one
    if (run === null || !isAtWork(one)) return []
    const watched = { one, run, now }
    return run.status === 'requested'
      ? notStarted(pipeline, history, watched)
      : silent(pipeline, history, watched)
  })

interface Watched {
  readonly one: Migration
  readonly run: MigrationRun
  readonly now: number
}

const about = (pipeline: Pipeline, { one, run }: Watched) =>
  ({
    about: run.run,
    train: trainWith(pipeline, one.change),
    environment: one.environment,
  }) as const

function what(pipeline: Pipeline, { one, run: { kind, number } }: Watched): string {
  const its = `the migration of ${nameOf(pipeline, one.change)} in ${one.environment}`
  return kind === 'verify' ? `the verification of ${its}` : `increment ${number} of ${its}`
}

function notStarted(pipeline: Pipeline, history: History, its: Watched): readonly Concern[] {
  const { run, now } = its
  if (!isOver(run.requestedAt, pipeline.policy.watch.notStartedMs, now)) return []
  const told = waitingForAgent(history, run, { what: what(pipeline, its), now })
  return [
    {
      ...about(pipeline, its),
      ...told,
      kind: 'not_started',
      since: run.requestedAt,
      act: run.claimed ? told.act : 'pause it, which takes it back, or start the agent',
      runs: [],
      to: { at: 'channel' },
    },
  ]
}

function silent(pipeline: Pipeline, history: History, its: Watched): readonly Concern[] {
  const { one, run, now } = its
  const begun = run.startedAt ?? run.requestedAt
  const since = Math.max(begun, history.spoke.get(run.run) ?? 0)
  const isUsual = now < begun + (history.usual.get(run.run) ?? 0)
  if (!isOver(since, pipeline.policy.watch.silentMs, now) || isUsual) return []
  return [
    {
      ...about(pipeline, its),
      kind: 'silent',
      since,
      says: `${what(pipeline, its)} has written nothing for ${span(now - since)}`,
      ...look(pipeline, one),
      runs: [run.run],
      to: { at: 'thread', people: whoseIs(pipeline, one) },
    },
  ]
}

/** What hangs is ended where it runs, or by its time limit. */
function look(
  pipeline: Pipeline,
  { change, environment, paused }: Migration,
): Pick<Concern, 'act' | 'command'> {
  const act = 'look at its log, and end it on its machine if it hangs'
  if (paused !== null) return { act, command: null }
  const place = `${pipeline.name} ${nameOf(pipeline, change)}`
  return {
    act: `${act}; a pause keeps the next one from starting`,
    command: `/deploy migrate ${place} pause in ${environment} REASON`,
  }
}

/** Whoever let it run; of one that began by itself, its owners. */
function whoseIs(pipeline: Pipeline, { begun, change }: Migration): readonly string[] {
  const by = begun?.by
  if (by !== undefined && isActive(pipeline, by)) return [by]
  return named(pipeline, ownersOf(pipeline, change))
}
