/**
 * What happens to migrations by itself: they stand once heard of, become ready, go on increment by
 * increment, are verified, reminded of, and over.
 *
 * Invariant: a run is ordered only while nothing keeps it, and none while another one is at work in
 * its environment. Where a change is no longer live, nothing of its migration counts.
 */
import { short } from './blocker.ts'
import type { Event } from './event.ts'
import { environmentOf, wholeOrder } from './line.ts'
import { isAtWork, type Migration, phaseOf } from './migration.ts'
import { waitsOf } from './migration-way.ts'
import { isLiveIn, migrationOf, standing } from './migrations.ts'
import type { Change, Pipeline } from './model.ts'
import type { MigrationsPolicy } from './policy.ts'
import { occupant } from './releases.ts'
import { SYSTEM } from './system.ts'

/** The next step about any migration; undefined: none now. */
export function migrate(pipeline: Pipeline, now: number): Event | undefined {
  return (
    open(pipeline) ??
    firstOf(pipeline.migrations, (one) => reopened(pipeline, one)) ??
    firstOf(standing(pipeline), (one) => contracted(pipeline, one) ?? moved(pipeline, one)) ??
    firstOf(standing(pipeline), (one) => due(pipeline, one, now)) ??
    firstOf(standing(pipeline), (one) => order(pipeline, one, now))
  )
}

function firstOf<T, U>(all: readonly T[], next: (one: T) => U | undefined): U | undefined {
  for (const one of all) {
    const found = next(one)
    if (found !== undefined) return found
  }
  return undefined
}

const isLast = ({ policy }: Pipeline, environment: string): boolean =>
  policy.environments.at(-1)?.name === environment

/** Of what is live already nobody knows whether its data was moved: it is nothing to begin with. */
function open(pipeline: Pipeline): Event | undefined {
  const { policy, changes, shipped, dropped } = pipeline
  if (policy.migrations === null) return undefined
  const names = policy.environments.map(({ name }) => name)
  return firstOf(changes, ({ sha: change, migrates, carried }): Event | undefined => {
    if (!migrates || !carried || shipped.has(change) || dropped.has(change)) return undefined
    const environments = names.filter(
      (environment) => migrationOf(pipeline, { change, environment }) === undefined,
    )
    return environments.length === 0
      ? undefined
      : { type: 'migration_opened', change, environments }
  })
}

/** Over once what removes the old code has shipped, whatever is left to do elsewhere. */
function contracted(pipeline: Pipeline, { change, environment }: Migration): Event | undefined {
  const contract = contractOf(pipeline, change)
  return contract && { type: 'migration_contracted', change, environment, contract: contract.sha }
}

/** What had removed the old code waits again. */
function reopened(
  { changes, shipped }: Pipeline,
  { change, environment, contract }: Migration,
): Event | undefined {
  const waits = contract !== null && changes.some(({ sha }) => sha === contract)
  if (!waits || shipped.has(contract)) return undefined
  return { type: 'migration_reopened', change, environment }
}

/** The first change of ours after it on the branch that removes what it replaced, and has shipped. */
function contractOf(pipeline: Pipeline, change: string): Change | undefined {
  if (!pipeline.shipped.has(change)) return undefined
  const order = wholeOrder(pipeline)
  const at = order.findIndex(({ sha }) => sha === change)
  return order
    .slice(at + 1)
    .find(({ sha, carried, contracts }) => carried && contracts && pipeline.shipped.has(sha))
}

/** Its change has come to the environment, or is no longer there. */
function moved(pipeline: Pipeline, one: Migration): Event | undefined {
  const { change, environment, liveSince } = one
  const isThere = isLiveIn(pipeline, environment, change)
  if (!isThere) {
    return liveSince === null ? undefined : { type: 'migration_gone', change, environment }
  }
  if (liveSince !== null || occupant(pipeline, environment) !== undefined) return undefined
  return { type: 'migration_live', change, environment }
}

/** What time alone brings about: it is ready, or people are reminded of what is left. */
function due(pipeline: Pipeline, one: Migration, now: number): Event | undefined {
  const at = dueAt(pipeline, one)
  if (at === null || now < at) return undefined
  const { change, environment, verifiedAt, readyAt } = one
  if (verifiedAt !== null) return { type: 'migration_reminded', change, environment }
  return readyAt === null
    ? { type: 'migration_ready', change, environment }
    : { type: 'migration_begun', change, environment, by: SYSTEM }
}

/** When something of that becomes due; null: never by itself. */
export function dueAt(pipeline: Pipeline, one: Migration): number | null {
  const { migrations } = pipeline.policy
  if (migrations === null || one.contract !== null) return null
  if (one.verifiedAt !== null) {
    return isLast(pipeline, one.environment)
      ? (one.remindedAt ?? one.verifiedAt) + migrations.remindMs
      : null
  }
  if (one.liveSince === null) return null
  if (one.readyAt === null) return one.liveSince + migrations.afterMs
  const isByItself = migrations.start === 'by_itself' && one.begun === null
  return isByItself && one.paused === null ? one.readyAt : null
}

/** Its next increment; after the last one its verification. */
function order(pipeline: Pipeline, one: Migration, now: number): Event | undefined {
  const phase = phaseOf(one)
  if (isAtWork(one) || (phase !== 'running' && phase !== 'verifying')) return undefined
  const { migrations } = pipeline.policy
  if (migrations === null) return undefined
  const { change, environment } = one
  if (phase === 'verifying' && migrations.verify === null) {
    return { type: 'migration_verified', change, environment }
  }
  if (waitsOf(pipeline, one, now).length > 0) return undefined
  return requested(pipeline, one, { migrations, now })
}

function requested(
  pipeline: Pipeline,
  one: Migration,
  { migrations, now }: { readonly migrations: MigrationsPolicy; readonly now: number },
): Event | undefined {
  const { change, environment, increments, isComplete, progress, runs } = one
  const place = environmentOf(pipeline, environment)
  const policy = pipeline.policy.environments.find(({ name }) => name === environment)
  if (place?.live == null || policy === undefined) return undefined
  const { run, verify, batch } = migrations
  return {
    type: 'migration_run_requested',
    change,
    environment,
    run: {
      run: `${pipeline.name}-${environment}-migration-${short(change)}-${runs + 1}`,
      kind: isComplete ? 'verify' : 'increment',
      number: isComplete ? increments : increments + 1,
      sha: place.live.sha,
      epoch: place.epoch + 1,
      deploy: isComplete && verify !== null ? verify : run,
      agent: policy.agent,
      cursor: progress?.cursor ?? '',
      size: batch.size,
      status: 'requested',
      requestedAt: now,
      startedAt: null,
      endedAt: null,
      reason: null,
      tail: [],
      claimed: false,
    },
  }
}

/** A run that no agent has taken yet makes room for a way back. */
export function makeRoom(pipeline: Pipeline, environment: string): Event | undefined {
  const one = pipeline.migrations.find((its) => its.environment === environment && isAtWork(its))
  if (one?.run == null || one.run.claimed) return undefined
  const { run, kind, number } = one.run
  const nothing = { tail: [], progress: null, isDone: false }
  const reason = 'taken back before any agent took it: something else goes first there'
  const its = { change: one.change, environment, run, kind, number, reason, ...nothing }
  return { type: 'migration_run_ended', ...its, status: 'aborted' }
}

/** When the core must look again because of them. */
export function migrationMoments(pipeline: Pipeline, now: number): readonly (number | null)[] {
  return standing(pipeline).flatMap((one) => {
    const phase = phaseOf(one)
    const waits = phase === 'running' || phase === 'verifying' ? waitsOf(pipeline, one, now) : []
    return [dueAt(pipeline, one), ...waits.map(({ until }) => until)]
  })
}
