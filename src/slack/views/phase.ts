/**
 * What a train is doing right now, as one of a closed list: every picture of the announcement.
 *
 * Invariant: derived from the gate's own answer and the deployments; never a second opinion on
 * either, and never two phases at once.
 */
import type { Blocker } from '../../core/blocker.ts'
import { dueAt, dueReason } from '../../core/doors.ts'
import { countdowns } from '../../core/failure.ts'
import { blockers } from '../../core/gate.ts'
import { nextEnvironment, unfinished } from '../../core/line.ts'
import type {
  Change,
  Deployment,
  Environment,
  Pipeline,
  RollbackOrder,
  Train,
} from '../../core/model.ts'
import type { Countdown } from '../../core/reaction.ts'
import { goingBack } from '../../core/releases.ts'
import { healthOf, isUnderVerification, soakEnd } from '../../core/verification.ts'
import type { Scene } from '../scene.ts'
import { type Resting, restingOf } from './resting.ts'

/** What phases are read from: a scene, or a train on the line. */
export type Seen = Pick<Scene, 'pipeline' | 'train' | 'deployments' | 'now'>

/** A seen train and what is aboard it. */
export type Aboard = Seen & { readonly changes: readonly Change[] }

export type Phase =
  /** Doors open; `due` is when they close by time, null: by hand or by what comes aboard. */
  | { readonly is: 'boarding'; readonly due: number | null }
  /** The doors should close, and nothing aboard is ready to leave on. */
  | { readonly is: 'due' }
  | { readonly is: 'held' }
  | { readonly is: 'stopped' }
  /** Departed; these gates keep it from the environment. */
  | {
      readonly is: 'waiting'
      readonly environment: string
      readonly blockers: readonly Blocker[]
    }
  /** Departed and free to go: the start follows at once. */
  | { readonly is: 'starting'; readonly environment: string }
  | { readonly is: 'deploying'; readonly deployment: Deployment }
  /** A person asked for the end of what runs, and it is not proven dead yet. */
  | { readonly is: 'ending'; readonly deployment: Deployment }
  /** Nothing but time is in the way. */
  | { readonly is: 'soaking'; readonly deployment: Deployment; readonly until: number }
  /** A rollout at one of its steps, with others to come. */
  | Exclude<Resting, { is: 'doubtful' }>
  /** Its verification has no verdict yet; fails it; or says nothing, and waits for a person. */
  | { readonly is: 'verifying' | 'sick' | 'doubtful'; readonly deployment: Deployment }
  | { readonly is: 'failed' | 'aborted' | 'unknown'; readonly deployment: Deployment }
  /** What went wrong there is taken back by itself soon. */
  | {
      readonly is: 'counting_down'
      readonly deployment: Deployment
      readonly countdown: Countdown
    }
  | {
      readonly is: 'rolling_back'
      readonly environment: string
      readonly order: RollbackOrder
    }
  | { readonly is: 'rolled_back' | 'cancelled' | 'arrived' }

export function phaseOf(seen: Seen): Phase {
  const { train, deployments } = seen
  if (train.status === 'cancelled' || train.status === 'rolled_back') return { is: train.status }
  const counting = countdowns(seen.pipeline).find(
    ({ deployment }) => deployment.train === train.number,
  )
  if (counting !== undefined) return { is: 'counting_down', ...counting }
  const back = rollbackOf(seen)
  const wrong = deployments.find((one) => isWrong(one, back))
  if (wrong !== undefined) return { is: wrongAs(wrong), deployment: wrong }
  if (back?.rollback != null) {
    return { is: 'rolling_back', environment: back.name, order: back.rollback }
  }
  if (train.status === 'arrived') return { is: 'arrived' }
  const running = deployments.find(({ status }) => status === 'requested' || status === 'running')
  if (running !== undefined) {
    const ending = running.cancelling || train.cancelling !== null
    if (ending) return { is: 'ending', deployment: running }
    return restingOf(seen, running) ?? { is: 'deploying', deployment: running }
  }
  return train.sha === null ? boarding(seen) : (doubtOf(seen) ?? departed(seen))
}

/** What only a person can let go on, wherever on its way it is. */
function doubtOf({ pipeline, deployments }: Seen): Phase | undefined {
  for (const deployment of deployments.filter(isUnderVerification)) {
    const health = healthOf(pipeline, deployment)
    if (health === 'failed') return { is: 'sick', deployment }
    if (health === 'inconclusive') return { is: 'doubtful', deployment }
  }
  return undefined
}

/** Failed, aborted or unknown and still in the way; a rollback on its way clears a forward one. */
function isWrong(deployment: Deployment, back: Environment | undefined): boolean {
  const { status, settled, takenBack: gone, kind, environment } = deployment
  if (status === 'unknown') return true
  const cleared = kind === 'forward' && back?.name === environment
  return (status === 'failed' || status === 'aborted') && !settled && !gone && !cleared
}

const wrongAs = ({ status }: Deployment): 'failed' | 'aborted' | 'unknown' =>
  status === 'aborted' || status === 'unknown' ? status : 'failed'

/** The environment whose rollback takes this train back. */
const rollbackOf = ({ pipeline, train }: Seen): Environment | undefined =>
  pipeline.environments.find((one) =>
    goingBack(pipeline, one).some(({ number }) => number === train.number),
  )

function boarding({ pipeline, train, now }: Seen): Phase {
  if (pipeline.stopped !== null) return { is: 'stopped' }
  if (train.holds.length > 0) return { is: 'held' }
  const here = onLine(pipeline, train)
  if (here !== undefined && dueReason(pipeline, here, now) !== undefined) return { is: 'due' }
  return { is: 'boarding', due: dueAt(pipeline, train) }
}

function departed(seen: Seen): Phase {
  const { pipeline, train, now } = seen
  const policy = nextEnvironment(pipeline, train)
  const found = policy && onLine(pipeline, train) ? blockers(pipeline, train, { policy, now }) : []
  if (found.some(({ gate }) => gate === 'stopped')) return { is: 'stopped' }
  if (found.some(({ gate }) => gate === 'hold')) return { is: 'held' }
  const soaking = soakOf(seen)
  if (soaking !== undefined && found.every(({ gate }) => gate === 'soak')) return soaking
  if (policy === undefined) return soaking ?? { is: 'arrived' }
  return found.length === 0
    ? { is: 'starting', environment: policy.name }
    : { is: 'waiting', environment: policy.name, blockers: found }
}

function soakOf({ pipeline, deployments }: Seen): Phase | undefined {
  const deployment = deployments.findLast(
    ({ status, kind, takenBack: gone }) => status === 'succeeded' && kind === 'forward' && !gone,
  )
  if (deployment === undefined) return undefined
  if (healthOf(pipeline, deployment) === 'waiting') return { is: 'verifying', deployment }
  return { is: 'soaking', deployment, until: soakEnd(pipeline, deployment) }
}

export const onLine = (pipeline: Pipeline, train: Train): Train | undefined =>
  unfinished(pipeline).find(({ number }) => number === train.number)

/** Why it may not enter its next environment now: the gate's own answer, with where. */
export function gateOf({ pipeline, train, now }: Seen): readonly Blocker[] {
  const policy = nextEnvironment(pipeline, train)
  if (policy === undefined || train.sha === null) return []
  return onLine(pipeline, train) ? blockers(pipeline, train, { policy, now }) : []
}
