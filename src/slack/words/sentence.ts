/**
 * Every event as one past-tense sentence: the thread, the history and the answers are made of them.
 *
 * Invariant: exhaustive, and drawn from the event's own facts; what a change is called is looked up
 * among `changes`, and its short sha does where it is not there.
 */
import type { Event } from '../../core/event.ts'
import type { MigrationEvent } from '../../core/migration-event.ts'
import type { Change, Deployment, Lock, Pipeline } from '../../core/model.ts'
import { findingText } from '../../core/verification.ts'
import { partsOf, what } from './deployment-name.ts'
import { clip, join, type Mrkdwn, md, nothing } from './mrkdwn.ts'
import { called, changeName, changeNames, counted, shortSha } from './names.ts'
import { failureSentence } from './sentence-of-failure.ts'
import { migrationSentence } from './sentence-of-migration.ts'
import { rolloutSentence } from './sentence-of-rollout.ts'
import { consented, doors, specialSent, vanishedNames } from './sentence-of-train.ts'
import { moment } from './time.ts'

export interface Around {
  readonly pipeline: Pipeline
  readonly changes: readonly Change[]
  /** Who did it. */
  readonly actor: string
}

export function sentence(event: Event, around: Around): Mrkdwn {
  const { pipeline, changes, actor } = around
  const by = called(pipeline, actor)
  const nameOf = (sha: string): Mrkdwn =>
    changeName(changes.find((one) => one.sha === sha) ?? { sha, number: null })
  switch (event.type) {
    case 'change_recorded':
      return md`${changeName(event.change)} ${clip(event.change.title, 80)} by ${called(pipeline, event.change.author)} was merged.`
    case 'change_enriched':
      return md`More is known about ${changeName(event.change)}.`
    case 'check_recorded':
      return md`Check ${event.check.name} on ${nameOf(event.check.sha)}: ${event.check.status}.`
    case 'train_opened':
      return md`Train #${event.train} opened its doors.`
    case 'train_departed':
      return md`Train #${event.train} departed with ${counted(event.changes.length, 'change')} (${doors(event.why, by)}).`
    case 'special_departed':
      return specialSent(event, pipeline)
    case 'special_kept':
      return md`What train #${event.train} put into ${event.keep.environment} stays there until its lock is released.`
    case 'special_merged':
      return md`${pipeline.policy.branch} contains ${shortSha(event.sha)} of train #${event.train} from ${nameOf(event.change)} on.`
    case 'consent_given':
      return consented(event.consent, pipeline, nameOf)
    case 'consent_withdrawn':
      return md`${by} took back the consent to ${nameOf(event.consent.change)} given by ${called(pipeline, event.consent.by)}.`
    case 'approval_given':
      return md`${called(pipeline, event.approval.by)} approved the plan for ${event.approval.environment}.`
    case 'approval_withdrawn':
      return md`${called(pipeline, event.approval.by)} took back the approval for ${event.approval.environment}.`
    case 'hold_placed':
      return md`${called(pipeline, event.hold.by)} holds train #${event.train}: ${event.hold.reason}`
    case 'hold_withdrawn':
      return event.hold.by === actor
        ? md`${by} withdrew the hold on train #${event.train}.`
        : md`${by} withdrew the hold of ${called(pipeline, event.hold.by)} on train #${event.train}: ${event.reason ?? 'no reason given'}`
    case 'locked':
      return event.takenFrom === null
        ? md`${by} locked ${where(event.lock, pipeline)}: ${event.lock.reason}${until(event.lock)}`
        : md`${by} took over the lock on ${where(event.lock, pipeline)} from ${called(pipeline, event.takenFrom)}: ${event.lock.reason}${until(event.lock)}`
    case 'lock_passed':
      return md`${by} sends train #${event.train} into ${event.pass.environment} under the own lock, once.`
    case 'window_passed':
      return md`${by} sends train #${event.train} into ${event.pass.environment} outside its windows, once.`
    case 'glass_broken':
      return md`${by} broke the glass for ${event.override.environment} and passes ${event.override.gates.join(', ')}, once: ${event.override.reason}`
    case 'plan_accepted':
      return md`${by} lets train #${event.train} go although it does not contain what is live.`
    case 'unlocked':
      return event.lock.by === actor
        ? md`${by} released the lock on ${where(event.lock, pipeline)}.`
        : md`${by} released the lock of ${called(pipeline, event.lock.by)} on ${where(event.lock, pipeline)}.`
    case 'lock_expired':
      return md`The lock of ${called(pipeline, event.lock.by)} on ${where(event.lock, pipeline)} expired.`
    case 'lock_overruled':
      return md`${by} passes the lock of ${called(pipeline, event.lock.by)} on everything, in ${event.environment} and for this once: ${event.reason}`
    case 'branch_rewritten':
      return event.vanished.length === 0
        ? md`${pipeline.policy.branch} was force-pushed; nothing that was known vanished.`
        : md`${pipeline.policy.branch} was force-pushed and no longer contains ${vanishedNames(event.vanished)}.`
    case 'line_stopped':
      return md`${called(pipeline, event.by)} stopped the line: ${event.reason}`
    case 'stop_claimed':
      return event.from === null
        ? md`${called(pipeline, event.by)} looks after the stopped line.`
        : md`${called(pipeline, event.by)} looks after the stopped line now, instead of ${called(pipeline, event.from)}.`
    case 'line_resumed':
      return event.stopped === undefined
        ? md`${by} resumed the line: ${event.reason}`
        : md`${by} resumed the line, which ${called(pipeline, event.stopped.by)} had stopped ${moment(event.stopped.since)} (${event.stopped.reason}): ${event.reason}`
    case 'migration_opened':
    case 'migration_live':
    case 'migration_gone':
    case 'migration_ready':
    case 'migration_begun':
    case 'migration_paused':
    case 'migration_resumed':
    case 'migration_run_requested':
    case 'migration_run_claimed':
    case 'migration_run_started':
    case 'migration_run_ended':
    case 'migration_verified':
    case 'migration_reminded':
    case 'migration_reopened':
    case 'migration_contracted':
      return migrationSentence(event, around, nameOf)
    default:
      return rideSentence(event, around)
  }
}

type Ride = Exclude<
  Event,
  {
    readonly type:
      | 'change_recorded'
      | 'change_enriched'
      | 'check_recorded'
      | 'branch_rewritten'
      | 'train_opened'
      | 'train_departed'
      | 'special_departed'
      | 'special_kept'
      | 'special_merged'
      | 'consent_given'
      | 'consent_withdrawn'
      | 'approval_given'
      | 'approval_withdrawn'
      | 'hold_placed'
      | 'hold_withdrawn'
      | 'locked'
      | 'lock_passed'
      | 'window_passed'
      | 'glass_broken'
      | 'plan_accepted'
      | 'unlocked'
      | 'lock_expired'
      | 'lock_overruled'
      | 'line_stopped'
      | 'stop_claimed'
      | 'line_resumed'
      | 'migration_opened'
      | MigrationEvent['type']
  }
>

/** The sentences about deployments and the ways a train ends. */
function rideSentence(event: Ride, { pipeline, changes, actor }: Around): Mrkdwn {
  const by = called(pipeline, actor)
  switch (event.type) {
    case 'deployment_requested':
      return event.deployment.kind === 'rollback'
        ? md`The rollback of ${event.deployment.environment} to ${shortSha(event.deployment.sha)} was ordered.`
        : md`The deployment of ${shortSha(event.deployment.sha)} to ${event.deployment.environment} was ordered.`
    case 'run_claimed':
      return md`An agent took the ${what(event.key)}.`
    case 'run_started':
      return md`The ${what(event.key)} started.`
    case 'run_cancel_requested':
      return md`${by} asked the agent to end the ${what(event.key)}.`
    case 'deployment_ended':
      return event.source === 'person'
        ? md`${by} said how the ${what(event.key)} ended: ${event.status}. ${event.reason ?? ''}`
        : md`The ${what(event.key)} ${ended[event.status]}${event.reason === null ? '' : `: ${event.reason}`}.`
    case 'step_done':
    case 'step_requested':
    case 'rollout_paused':
    case 'rollout_skipped':
    case 'rollout_continued':
      return rolloutSentence(event, partsOf(event.key).environment, pipeline)
    case 'deployment_verified':
      return md`The ${what(event.key)} is verified.`
    case 'verification_recorded':
      return foundByStep(event, pipeline)
    case 'verification_accepted':
      return md`${called(pipeline, event.accepted.by)} lets the ${what(event.key)} go on although ${event.accepted.steps.map(({ step, outcome }) => `${step} ${outcome === 'fail' ? 'failed' : 'is inconclusive'}`).join(', ')}: ${event.accepted.reason}`
    case 'countdown_begun':
    case 'countdown_cancelled':
    case 'reaction_withheld':
      return failureSentence(event, pipeline)
    case 'reality_doubted':
      return md`${event.environment} says that it runs something else than ${shortSha(event.doubt.sha)}: ${event.doubt.says}.`
    case 'drift_found':
      return md`${event.environment} has drifted: it should run ${shortSha(event.doubt.sha)}, but ${event.doubt.says}, in ${counted(event.doubt.answers, 'answer')} in a row.`
    case 'flag_off_requested':
      return md`${by} turns the flag ${event.off.flag} off in ${event.environment}.`
    case 'flag_off_done':
      return md`The flag ${event.off.flag} is off in ${event.environment}: ${event.off.says ?? ''}.`
    case 'flag_off_failed':
      return md`The flag ${event.off.flag} could not be turned off in ${event.environment}: ${event.off.says ?? ''}.`
    case 'retirement_done':
      return md`After the verification in ${event.environment}, what was to be run is done; ${shortSha(event.old)} may be gone: ${event.says}.`
    case 'retirement_failed':
      return md`What was to be run in ${event.environment} after the verification failed: ${event.says}. ${shortSha(event.old)} may still be there; nothing waits for it.`
    case 'reality_agreed':
      return md`${event.environment} says again that it runs ${shortSha(event.doubt.sha)}.`
    case 'deployment_settled':
      return event.why === 'retry'
        ? md`${by} lets the ${what(event.key)} be tried again.`
        : md`The ${what(event.key)} no longer keeps its environment closed (${event.why}).`
    case 'cancel_requested':
      return md`${called(pipeline, event.by)} cancels train #${event.train}: ${event.reason}`
    case 'cancel_lapsed':
      return md`The cancel by ${called(pipeline, event.by)} came too late: train #${event.train} is live.`
    case 'train_cancelled':
      return md`Train #${event.train} was cancelled by ${called(pipeline, event.by)}: ${event.reason}${fell(event.changes.length, event.receiver)}`
    case 'train_arrived':
      return md`Train #${event.train} arrived with ${counted(event.changes.length, 'change')}.${event.lost?.length ? md` ${counted(event.lost.length, 'change')} that it lacks ${event.lost.length === 1 ? 'is' : 'are'} no longer live and waits on the line again.` : nothing}`
    case 'rollback_ordered':
      return md`${called(pipeline, event.order.by)} rolls ${event.environment} back to ${shortSha(event.order.to.sha)}: ${event.order.reason}`
    case 'rolled_back':
      return md`${event.environment} is back at ${shortSha(event.order.to.sha)}: ${event.order.reason}${taken(event, changes)}`
    case 'veto_released':
      return md`${called(pipeline, event.release.by)} lets train #${event.train} carry what was taken back: ${event.release.reason}`
    case 'deployment_told':
      return toldByAgent(event.deployment, pipeline)
    case 'release_placed':
      return md`It is known now where ${shortSha(event.release.sha)}, recorded for ${event.environment}, stands on the branch.`
    case 'release_recorded':
      return md`${by} recorded that ${event.environment} serves ${shortSha(event.release.sha)}: ${event.reason}`
  }
}

/** What a step has found, with the moment of its look for what is stale. */
function foundByStep(
  { key, finding }: Extract<Event, { type: 'verification_recorded' }>,
  { policy, deployments }: Pipeline,
): Mrkdwn {
  const { environment } = partsOf(key)
  const here = deployments.find((one) => one.key === key)
  const place = policy.environments.find(({ name }) => name === environment)
  const all = [...(place?.verify ?? []), ...(here?.rollout?.analysis ?? [])]
  const step = all.find(({ name }) => name === finding.step)
  const sha = here?.sha ?? ''
  const says = step === undefined ? finding.says : findingText(step, finding, sha)
  return md`Verification of the ${what(key)}, ${finding.step} ${verdicts[finding.outcome]}: ${clip(says, 300)}.`
}

const verdicts = {
  waiting: 'has no verdict yet',
  pass: 'passes',
  fail: 'failed',
  inconclusive: 'is inconclusive',
} as const

/** A run that the line did not order: by hand on the agent's machine, or forgotten by a restore. */
function toldByAgent(
  { account, environment, sha, reason }: Deployment,
  pipeline: Pipeline,
): Mrkdwn {
  if (account === null) return md`A deployment to ${environment} was told by its agent.`
  const { agent, hand, status } = account
  const how = status === 'running' ? md`is still at work` : md`${ended[status]}`
  return hand === null
    ? md`Agent ${agent} ran ${shortSha(sha)} in ${environment}, which the database has forgotten: it ${how}. ${reason ?? ''}`
    : md`${called(pipeline, hand.by)} deployed ${shortSha(sha)} to ${environment} by hand, on the machine of agent ${agent}: it ${how}. ${hand.reason}`
}

const ended = {
  succeeded: 'succeeded',
  failed: 'failed',
  aborted: 'was aborted',
  unknown: 'has an unknown end',
} as const

export const where = (lock: Lock, pipeline: Pipeline): Mrkdwn =>
  lock.environment === null ? clip(pipeline.name, 40) : md`${pipeline.name} ${lock.environment}`

const until = ({ expires }: Lock): Mrkdwn =>
  expires === null ? nothing : md`, until ${moment(expires)}`

const fell = (count: number, receiver: number | null): Mrkdwn =>
  receiver === null || count === 0
    ? nothing
    : md`. ${counted(count, 'change')} fell to train #${receiver}`

function taken(event: Extract<Event, { type: 'rolled_back' }>, changes: readonly Change[]): Mrkdwn {
  if (event.changes.length === 0) return nothing
  const receiver = event.receiver === null ? nothing : md`, aboard train #${event.receiver} again`
  return join([md`. Taken back: ${changeNames(changes, event.changes)}`, receiver], '')
}
