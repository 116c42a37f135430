/**
 * An ordered rollback, by itself: it starts once nothing is at work there, and is carried out once
 * it has landed.
 *
 * Invariant: no gate is asked; whoever ordered it has given every word it needs, and by
 * itself it is ordered only where no lock stands.
 */
import { makeRoom } from './advance-migrations.ts'
import { deploymentRequested } from './deployment-requested.ts'
import type { Event } from './event.ts'
import { groundOf } from './ground.ts'
import { line } from './line.ts'
import { atWorkIn, unknownIn } from './migrations.ts'
import type { Environment, Pipeline } from './model.ts'
import { occupant, takenBack } from './releases.ts'

/** A rollback has landed once its deployment has succeeded: now its order is carried out. */
export function land(pipeline: Pipeline): Event | undefined {
  const landed = pipeline.environments.find((one) => hasLanded(pipeline, one))
  const order = landed?.rollback
  if (landed === undefined || order == null) return undefined
  const { trains, changes } = takenBack(pipeline, landed.name, order.to)
  const gone = trains.map(({ number }) => number)
  // What was off the branch falls to nobody.
  const falls = changes.some(({ sha }) => pipeline.changes.some((one) => one.sha === sha))
  const behind = line(pipeline).find(({ number }) => !gone.includes(number))
  if (falls && behind === undefined) {
    return { type: 'train_opened', train: pipeline.nextTrain }
  }
  return {
    type: 'rolled_back',
    environment: landed.name,
    order,
    trains: gone,
    changes: changes.map(({ sha }) => sha),
    receiver: falls ? (behind?.number ?? null) : null,
  }
}

const hasLanded = (pipeline: Pipeline, { name, epoch, rollback }: Environment): boolean =>
  rollback !== null &&
  pipeline.deployments.some(
    (one) =>
      one.environment === name &&
      one.kind === 'rollback' &&
      one.epoch === epoch &&
      one.epoch > rollback.epoch &&
      one.sha === rollback.to.sha &&
      (one.status === 'succeeded' || one.status === 'verified'),
  )

/** An ordered rollback starts when nothing is at work there any more; a failed one waits for people. */
export function goBack(pipeline: Pipeline, now: number): Event | undefined {
  for (const environment of pipeline.environments) {
    if (environment.rollback === null) continue
    const here = occupant(pipeline, environment.name)
    if (here === undefined) {
      // Beside an increment of which nobody knows the end nothing begins: a person answers for it.
      if (unknownIn(pipeline, environment.name) !== undefined) continue
      const next =
        atWorkIn(pipeline, environment.name) === undefined
          ? rollbackOf(pipeline, environment, now)
          : makeRoom(pipeline, environment.name)
      if (next !== undefined) return next
      continue
    }
    const over = here.status === 'failed' || here.status === 'aborted'
    if (over && here.epoch <= environment.rollback.epoch) {
      return { type: 'deployment_settled', key: here.key, why: 'rollback' }
    }
  }
  return undefined
}

function rollbackOf(pipeline: Pipeline, environment: Environment, now: number): Event | undefined {
  const { name, rollback, live, epoch } = environment
  const policy = pipeline.policy.environments.find((one) => one.name === name)
  if (rollback === null || policy === undefined) return undefined
  const train = live?.train ?? null
  const earlier = pipeline.deployments.filter(
    (one) => one.kind === 'rollback' && one.environment === name && one.train === train,
  )
  const attempt = Math.max(0, ...earlier.map((one) => one.attempt)) + 1
  return deploymentRequested(pipeline, {
    train,
    // Recorded by hand there is no train; the epoch of the record names it as well.
    whose: train === null ? `hand-${live?.epoch ?? 0}` : String(train),
    policy,
    kind: 'rollback',
    attempt,
    sha: rollback.to.sha,
    baseSha: live?.sha ?? null,
    epoch: epoch + 1,
    replaces: groundOf(environment, undefined),
    plan: '',
    passed: [],
    now,
  })
}
