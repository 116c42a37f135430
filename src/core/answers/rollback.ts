/**
 * The way back, as people ask for it: a rollback, the release of a veto, a release by hand.
 *
 * Invariant: a rollback passes every gate but three (a running deployment, an unknown one,
 * another's lock), and each of these only by a word in the same act. It starts in `advance`.
 */
import type { Command } from '../command.ts'
import type { Event } from '../event.ts'
import { locksOn } from '../gates/way.ts'
import { lockedForRollback, rolledBackByHand, upTo, why } from '../hand.ts'
import { planOf } from '../line.ts'
import { answeredRun, type Migration } from '../migration.ts'
import { nameOf } from '../migrations.ts'
import type { Environment, Pipeline, Release, RollbackOrder } from '../model.ts'
import { previewRollback } from '../preview-rollback.ts'
import { isUnderWay, occupant, pastRelease } from '../releases.ts'
import { isAtWork } from '../steps.ts'
import { revertedIn, vetoesOn } from '../vetoes.ts'
import {
  type Answer,
  type Context,
  findPlace,
  findTrain,
  lacks,
  notLinked,
  record,
  refuse,
} from './answer.ts'

type Of<T extends Command['type']> = Extract<Command, { type: T }>

/** Orders a rollback; `abort`, `settle` and `takeOver` are the words it may need. */
export function answerRollBack(
  pipeline: Pipeline,
  command: Of<'roll_back'>,
  context: Context,
): Answer {
  const denied = lacks(pipeline, context, 'roll_back')
  if (denied !== undefined) return refuse(denied)
  const where = findPlace(pipeline, command.environment)
  if (!where.ok) return where
  const { name } = where.it
  const previewed = previewRollback(pipeline, where.it, command.to)
  if (!previewed.ok) return previewed
  const { under, doubtful, from, target } = previewed.preview
  if (under !== null && isUnderWay(under) && !command.abort) {
    return refuse({ code: 'must_abort', environment: name, train: under.train })
  }
  if (under?.status === 'unknown' && !command.settle) {
    return refuse({ code: 'must_settle', environment: name, train: under.train })
  }
  if (doubtful !== null && !command.settle) {
    const migration = nameOf(pipeline, doubtful.change)
    return refuse({ code: 'must_settle', environment: name, train: null, migration })
  }
  const by = context.actor.name
  const others = locksOn(pipeline, name, context.now).filter((lock) => lock.by !== by)
  const [standing] = others
  if (standing !== undefined && !command.takeOver) {
    return refuse({ code: 'locked', by: standing.by, reason: standing.reason, where: name })
  }
  const { reason } = command
  const since = context.now
  const order: RollbackOrder = {
    by,
    reason,
    since,
    epoch: where.it.epoch,
    from: from ?? target.sha,
    to: target,
  }
  return record(
    ...others.map((lock): Event => {
      // The lock on everything stays its holder's: other pipelines are none of this one's business.
      if (lock === pipeline.lockAll)
        return { type: 'lock_overruled', environment: name, lock, reason }
      return {
        type: 'locked',
        lock: { ...lock, by, reason: why(reason), since },
        takenFrom: lock.by,
      }
    }),
    ...endingUnder(pipeline, where.it, context, reason),
    ...answering(doubtful, context, reason),
    { type: 'rollback_ordered', environment: name, order },
    ...lockedAfter(where.it, context, reason),
  )
}

/** What is under way there is ended: aborted by its agent, or declared dead by this person. */
function endingUnder(
  pipeline: Pipeline,
  { name }: Environment,
  { actor }: Context,
  reason: string,
): readonly Event[] {
  const here = occupant(pipeline, name)
  if (here === undefined) return []
  const ended = {
    type: 'deployment_ended',
    key: here.key,
    tail: here.tail,
    source: 'person',
  } as const
  if (here.status === 'unknown') {
    return [{ ...ended, status: 'failed', reason: `declared dead by ${actor.name}: ${reason}` }]
  }
  if (!isAtWork(here) || here.cancelling) return []
  return here.claimed
    ? [{ type: 'run_cancel_requested', key: here.key, run: here.run }]
    : [{ ...ended, status: 'aborted', reason: `${actor.name} rolls back: ${reason}` }]
}

/** An increment of which nobody knows the end is declared dead: its migration waits for people. */
function answering(one: Migration | null, { actor }: Context, reason: string): readonly Event[] {
  if (one === null) return []
  const { change, environment } = one
  const because = `declared dead to roll back: ${reason}`
  const its = { change, environment, by: actor.name, reason: because, after: answeredRun(one) }
  return [{ type: 'migration_paused', ...its }]
}

/**
 * Afterwards the environment is locked; a lock that stands already is kept. One whose time is over
 * stands no more, though no sweep has taken it away yet.
 */
function lockedAfter(
  environment: Environment,
  { actor, now }: Context,
  reason: string,
): readonly Event[] {
  const { lock } = environment
  const stands = lock !== null && (lock.expires === null || now < lock.expires)
  return !stands ? [lockedForRollback(environment, { by: actor.name, reason, now })] : []
}

/** A written reason lets this train's plan pass what was taken back, for its sha alone. */
export function answerReleaseVeto(
  pipeline: Pipeline,
  command: Of<'release_veto'>,
  context: Context,
): Answer {
  const denied = lacks(pipeline, context, 'roll_back')
  if (denied !== undefined) return refuse(denied)
  const found = findTrain(pipeline, command.train)
  if (!found.ok) return found
  const train = found.it
  if (train.sha === null) return refuse({ code: 'still_boarding', train: train.number })
  const plans = pipeline.policy.environments.flatMap((one) => planOf(pipeline, train, one) ?? [])
  const covers = plans.flatMap((plan) => [
    ...vetoesOn(pipeline, plan).map(({ id }) => id),
    ...revertedIn(pipeline, plan).map(({ revert }) => revert.sha),
  ])
  const known = train.vetoReleases.flatMap((one) => one.covers)
  const fresh = [...new Set(covers)].filter((id) => !known.includes(id))
  if (fresh.length === 0) return refuse({ code: 'no_veto', train: train.number })
  const release = {
    by: context.actor.name,
    reason: command.reason,
    at: context.now,
    covers: fresh,
  }
  return record({ type: 'veto_released', train: train.number, release })
}

/** What is live without us. Behind the former release, it is a rollback by hand. */
export function answerRecordRelease(
  pipeline: Pipeline,
  command: Of<'record_release'>,
  context: Context,
): Answer {
  const denied = lacks(pipeline, context, 'settle')
  if (denied !== undefined) return refuse(denied)
  const unknown = context.actor.kind === 'person' && notLinked(pipeline, context, 'record this')
  if (unknown) return refuse(unknown)
  const where = findPlace(pipeline, command.environment)
  if (!where.ok) return where
  const environment = where.it
  const here = occupant(pipeline, environment.name)
  if (here !== undefined && (isUnderWay(here) || here.status === 'succeeded')) {
    return refuse({ code: 'occupied', environment: environment.name, train: here.train })
  }
  const { sha, reason } = command
  const epoch = environment.epoch + 1
  return record(
    ...settling(pipeline, environment, context, command),
    ...releaseByHand(pipeline, environment, { sha, epoch, reason, context }),
  )
}

/** What becomes of the line when somebody says what is live. */
export function releaseByHand(
  pipeline: Pipeline,
  environment: Environment,
  said: {
    readonly sha: string
    readonly epoch: number
    readonly reason: string
    readonly context: Context
  },
): readonly Event[] {
  const { sha, epoch, reason, context } = said
  const by = context.actor.name
  const release: Release = { sha, train: null, epoch, since: context.now, by }
  const isLast = pipeline.policy.environments.at(-1)?.name === environment.name
  const span = isLast ? upTo(pipeline, sha) : []
  return [
    { type: 'release_recorded', environment: environment.name, release, reason, span },
    ...backwards(pipeline, environment, release, { context, reason }),
  ]
}

/** A failed, aborted or unknown deployment is over once somebody says what is there. */
function settling(
  pipeline: Pipeline,
  { name }: Environment,
  { actor }: Context,
  { sha, reason }: { readonly sha: string; readonly reason: string },
): readonly Event[] {
  const here = occupant(pipeline, name)
  if (here === undefined) return []
  const { key, tail } = here
  const there = here.account !== null && here.sha === sha
  const because = `${actor.name} recorded what is live: ${reason}`
  const ended: readonly Event[] =
    here.status === 'unknown'
      ? [
          {
            type: 'deployment_ended',
            key,
            status: there ? 'succeeded' : 'failed',
            reason: because,
            tail,
            source: 'person',
          },
        ]
      : []
  return [...ended, { type: 'deployment_settled', key, why: 'release' }]
}

function backwards(
  pipeline: Pipeline,
  environment: Environment,
  release: Release,
  { context, reason }: { readonly context: Context; readonly reason: string },
): readonly Event[] {
  const { live, name } = environment
  if (live === null || live.sha === release.sha) return []
  const to = pastRelease(pipeline, environment, release)
  if (to === null) return []
  const order: RollbackOrder = {
    by: context.actor.name,
    reason,
    since: context.now,
    epoch: release.epoch,
    from: live.sha,
    to,
  }
  return [rolledBackByHand(pipeline, name, order), ...lockedAfter(environment, context, reason)]
}
