/**
 * One event applied to a pipeline.
 *
 * Invariant: total and unconditional; whatever must be refused was refused before the event was
 * made. An untouched part stays the same object, which is how the database knows what to save.
 */
import type { Event } from './event.ts'
import type { Deployment, Environment, Lock, Pass, Pipeline, Train } from './model.ts'

interface Stamp {
  readonly at: number
}

/** The pipeline after `event`. */
export function evolve(pipeline: Pipeline, event: Event, { at }: Stamp): Pipeline {
  switch (event.type) {
    case 'change_recorded':
      return { ...pipeline, changes: [...pipeline.changes, event.change] }
    case 'check_recorded': {
      const { sha, name } = event.check
      const others = pipeline.checks.filter((check) => check.sha !== sha || check.name !== name)
      return { ...pipeline, checks: [...others, event.check] }
    }
    case 'train_opened':
      return openTrain(pipeline, event.train, at)
    case 'train_departed':
      return train(pipeline, event.train, { status: 'departed', sha: event.sha, departedAt: at })
    case 'consent_given':
      return { ...pipeline, consents: [...pipeline.consents, event.consent] }
    case 'consent_withdrawn': {
      const { change, by } = event.consent
      const kept = pipeline.consents.filter((c) => c.change !== change || c.by !== by)
      return { ...pipeline, consents: kept }
    }
    case 'approval_given':
    case 'approval_withdrawn':
    case 'hold_placed':
    case 'hold_withdrawn':
      return evolveWord(pipeline, event)
    case 'lock_passed':
      return train(pipeline, event.train, {
        passes: [...passesOf(pipeline, event.train), event.pass],
      })
    case 'locked':
      return setLock(pipeline, event.lock, event.lock)
    case 'unlocked':
    case 'lock_expired':
      return setLock(pipeline, event.lock, null)
    case 'line_stopped':
      return { ...pipeline, stopped: { by: event.by, reason: event.reason, since: at } }
    case 'line_resumed':
      return { ...pipeline, stopped: null }
    case 'deployment_requested': {
      const { environment, epoch, train: number } = event.deployment
      const deployments = [...pipeline.deployments, event.deployment]
      const raised = environmentTo({ ...pipeline, deployments }, environment, { epoch })
      const passes = passesOf(raised, number)
      const left = passes.filter((pass) => pass.environment !== environment)
      return left.length === passes.length ? raised : train(raised, number, { passes: left })
    }
    case 'run_claimed':
      return deployment(pipeline, event.key, { claimed: true })
    case 'run_started':
      return deployment(pipeline, event.key, { status: 'running', startedAt: at })
    case 'run_cancel_requested':
      return deployment(pipeline, event.key, { cancelling: true })
    case 'deployment_ended':
      return endDeployment(pipeline, event, at)
    case 'deployment_verified':
      return deployment(pipeline, event.key, { status: 'verified' })
    case 'deployment_settled':
      return deployment(pipeline, event.key, { settled: true })
    case 'cancel_requested':
      return train(pipeline, event.train, { cancelling: { by: event.by, reason: event.reason } })
    case 'cancel_lapsed':
      return train(pipeline, event.train, { cancelling: null })
    case 'train_cancelled':
      return cancelTrain(pipeline, event, at)
    case 'train_arrived': {
      const carried = event.changes
      const arrived = train(pipeline, event.train, { status: 'arrived', carried })
      const shipped = new Set([...pipeline.shipped, ...event.span])
      return { ...arrived, shipped, tip: event.sha }
    }
  }
}

function evolveWord(
  pipeline: Pipeline,
  event: Extract<
    Event,
    { type: 'approval_given' | 'approval_withdrawn' | 'hold_placed' | 'hold_withdrawn' }
  >,
): Pipeline {
  const { approvals, holds } = pipeline.trains.find(({ number }) => number === event.train) ?? {
    approvals: [],
    holds: [],
  }
  switch (event.type) {
    case 'approval_given':
      return train(pipeline, event.train, { approvals: [...approvals, event.approval] })
    case 'approval_withdrawn':
      return train(pipeline, event.train, {
        approvals: approvals.filter(
          (a) => a.by !== event.approval.by || a.plan !== event.approval.plan,
        ),
      })
    case 'hold_placed':
      return train(pipeline, event.train, { holds: [...holds, event.hold] })
    case 'hold_withdrawn':
      return train(pipeline, event.train, { holds: holds.filter(({ by }) => by !== event.hold.by) })
  }
}

function openTrain(pipeline: Pipeline, number: number, at: number): Pipeline {
  const opened: Train = {
    number,
    status: 'boarding',
    openedAt: at,
    departedAt: null,
    sha: null,
    approvals: [],
    holds: [],
    passes: [],
    cancelling: null,
    carried: null,
  }
  return { ...pipeline, trains: [...pipeline.trains, opened], nextTrain: number + 1 }
}

/** Its changes fall to the train behind, with the reason as a hold: a cancel never departs by itself. */
function cancelTrain(
  pipeline: Pipeline,
  event: Extract<Event, { type: 'train_cancelled' }>,
  at: number,
): Pipeline {
  const cancelled = train(pipeline, event.train, {
    status: 'cancelled',
    carried: event.changes,
    cancelling: null,
  })
  const receiver = cancelled.trains.find(({ number }) => number === event.receiver)
  if (receiver === undefined) return cancelled
  const hold = { by: event.by, reason: `train #${event.train} was cancelled: ${event.reason}`, at }
  const others = receiver.holds.filter(({ by }) => by !== event.by)
  return train(cancelled, receiver.number, { holds: [...others, hold] })
}

function endDeployment(
  pipeline: Pipeline,
  event: Extract<Event, { type: 'deployment_ended' }>,
  at: number,
): Pipeline {
  const { status, reason, tail } = event
  const ended = deployment(pipeline, event.key, {
    status,
    reason,
    tail,
    endedAt: at,
    cancelling: false,
  })
  const done = ended.deployments.find(({ key }) => key === event.key)
  if (status !== 'succeeded' || done === undefined) return ended
  const live = { sha: done.sha, train: done.train, since: at }
  return environmentTo(ended, done.environment, { live })
}

const passesOf = (pipeline: Pipeline, number: number): readonly Pass[] =>
  pipeline.trains.find((one) => one.number === number)?.passes ?? []

function train(pipeline: Pipeline, number: number, patch: Partial<Train>): Pipeline {
  const trains = pipeline.trains.map((one) => (one.number === number ? { ...one, ...patch } : one))
  return { ...pipeline, trains }
}

function deployment(pipeline: Pipeline, key: string, patch: Partial<Deployment>): Pipeline {
  const deployments = pipeline.deployments.map((one) =>
    one.key === key ? { ...one, ...patch } : one,
  )
  return { ...pipeline, deployments }
}

function environmentTo(pipeline: Pipeline, name: string, patch: Partial<Environment>): Pipeline {
  const environments = pipeline.environments.map((one) =>
    one.name === name ? { ...one, ...patch } : one,
  )
  return { ...pipeline, environments }
}

function setLock(pipeline: Pipeline, where: Lock, lock: Lock | null): Pipeline {
  if (where.environment === null) return { ...pipeline, lock }
  return environmentTo(pipeline, where.environment, { lock })
}
