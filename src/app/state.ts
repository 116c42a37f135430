/**
 * A pipeline as JSON, in the shape of the API: snake_case, ISO times, absent things null.
 *
 * Invariant: a rendering of the same values the gate decides on, never a second opinion.
 */

import type { Blocker } from '../core/blocker.ts'
import { verdictOn } from '../core/checks.ts'
import { dueAt } from '../core/doors.ts'
import { editsPolicy } from '../core/edits-policy.ts'
import { countdowns } from '../core/failure.ts'
import type { Doubt } from '../core/finding.ts'
import { reasons } from '../core/gate.ts'
import { locksOn, unanswered } from '../core/gates/way.ts'
import { aboard, deploymentsOf, nextEnvironment, planOf, unfinished } from '../core/line.ts'
import { answerable } from '../core/migrations.ts'
import type {
  Change,
  Deployment,
  Lock,
  Pipeline,
  Release,
  RollbackOrder,
  Special,
  Train,
} from '../core/model.ts'
import { askedFor, isConsented, standInOf } from '../core/people.ts'
import type { WindowsPolicy } from '../core/policy.ts'
import type { RollbackPreview } from '../core/preview-rollback.ts'
import type { Concern } from '../core/watch/concern.ts'
import { standing as windowsNow } from '../core/windows.ts'
import type { Written } from '../db/audit.ts'
import type { Waiting } from '../db/policies.ts'
import { type RepositoryFileRow, wrongIn } from '../db/repository-files.ts'
import { deploymentState } from './deployment-state.ts'
import { iso, type Json } from './json.ts'
import { migrationState } from './migration-state.ts'

/** An event as the API tells it. */
export const eventJson = ({ seq, at, type, actor, body, hash }: Written): Json => ({
  ...body,
  seq,
  at: iso(at),
  type,
  actor,
  hash,
})

/** The whole pipeline, its unfinished trains oldest first. */
export function pipelineState(pipeline: Pipeline, now: number): Json {
  return {
    pipeline: pipeline.name,
    repository: pipeline.policy.repository,
    branch: pipeline.policy.branch,
    stopped: pipeline.stopped && { ...pipeline.stopped, since: iso(pipeline.stopped.since) },
    lock: lockState(pipeline.lock),
    lock_all: lockState(pipeline.lockAll),
    environments: pipeline.environments.map(({ name, epoch, live, lock, chain, ...back }) => ({
      name,
      epoch,
      live: live && releaseState(live),
      releases: chain.map(releaseState),
      rollback: back.rollback && orderState(back.rollback),
      countdown: countdownState(pipeline, name),
      vetoes: back.vetoes.map((veto) => ({ ...veto, since: iso(veto.since) })),
      lock: lockState(lock),
      locked: locksOn(pipeline, name, now).length > 0,
      drift: back.doubt?.isDrift === true ? driftState(back.doubt) : null,
      flags: back.flags.map((one) => ({ ...one, since: iso(one.since) })),
      deployment: deploymentState(latestAt(pipeline, name), pipeline, now),
      unanswered: unansweredState(pipeline, name),
      windows: windowsState(pipeline, name, now),
    })),
    migrations: answerable(pipeline).map((one) => migrationState(pipeline, one, now)),
    trains: unfinished(pipeline).map((train) => trainState(pipeline, train, now)),
  }
}

/** Whether it takes trains by its windows, since when and until when; null: it has none. */
function windowsState(pipeline: Pipeline, name: string, now: number): Json | null {
  const windows = pipeline.policy.environments.find((one) => one.name === name)?.windows ?? null
  if (windows === null) return null
  const { isOpen, since, until } = windowsNow(windows, now)
  const texts = (rules: WindowsPolicy['allow']): readonly string[] => rules.map(({ text }) => text)
  return {
    open: isOpen,
    since: iso(since),
    until: iso(until),
    time_zone: windows.timeZone,
    allow: texts(windows.allow),
    deny: texts(windows.deny),
  }
}

/** What the configuration file asks for and must wait, each with its line and what must end first. */
export const conflictState = (waiting: Waiting | undefined): Json | null =>
  waiting === undefined
    ? null
    : {
        file: waiting.file,
        since: iso(waiting.since.getTime()),
        conflicts: waiting.conflicts.map(({ line, message, ends }) => ({ line, message, ends })),
      }

/** What its own repository asks for; null: it is not read. */
export const ownFileState = (own: RepositoryFileRow | undefined): Json | null =>
  own === undefined ? null : { sha: own.seen, problems: [...wrongIn(own)] }

/** What is taken back by itself soon; null: nothing is. */
function countdownState(pipeline: Pipeline, name: string): Json | null {
  const running = countdowns(pipeline).find(({ deployment }) => deployment.environment === name)
  if (running === undefined) return null
  const { deployment, countdown } = running
  const { since, at } = countdown
  return { ...countdown, deployment: deployment.key, since: iso(since), at: iso(at) }
}

const driftState = ({ since, at, ...doubt }: Doubt): Json => ({
  ...doubt,
  since: iso(since),
  at: iso(at),
})

/** What stands that somebody may have forgotten, and when that was told; null: with the next look. */
export const concernState = (
  { runs, to, since, ...concern }: Concern,
  told: ReadonlyMap<string, number>,
): Json => ({
  ...concern,
  since: iso(since),
  runs,
  told_to: to,
  told_at: iso(told.get(`${concern.kind} ${concern.about}`) ?? null),
})

const releaseState = ({ sha, train, since, by }: Release): Json => ({
  sha,
  train,
  since: iso(since),
  by,
})

const orderState = ({ by, reason, since, from, to }: RollbackOrder): Json => ({
  by,
  reason,
  since: iso(since),
  from,
  to: to.sha,
})

/** What a rollback would do, for whoever is about to confirm it. */
export function previewState(pipeline: Pipeline, preview: RollbackPreview, now: number): Json {
  const { environment, from, target, trains, changes, under, needs, migrations } = preview
  const locks = locksOn(pipeline, environment, now)
  return {
    environment,
    from,
    to: releaseState(target),
    trains,
    changes: changes.map((change) => changeState(pipeline, change, now)),
    deployment: deploymentState(under ?? undefined, pipeline, now),
    needs,
    locks: locks.map(lockState),
    migrations: migrations.map((one) => migrationState(pipeline, one, now)),
  }
}

const latestAt = (pipeline: Pipeline, environment: string): Deployment | undefined =>
  pipeline.deployments.filter((one) => one.environment === environment).at(-1)

export const lockState = (lock: Lock | null): Json | null =>
  lock && {
    id: lock.id,
    by: lock.by,
    reason: lock.reason,
    since: iso(lock.since),
    expires: iso(lock.expires),
  }

/** One unfinished train: what it carries, what it waits for, and whose word is missing. */
export function trainState(pipeline: Pipeline, train: Train, now: number): Json {
  const policy = nextEnvironment(pipeline, train)
  const plan = policy ? planOf(pipeline, train, policy) : null
  const due = train.status === 'boarding' ? dueAt(pipeline, train) : null
  return {
    number: train.number,
    status: train.status,
    opened_at: iso(train.openedAt),
    departed_at: iso(train.departedAt),
    departs_at: iso(due),
    due: due !== null && now >= due,
    base_sha: plan?.baseSha ?? null,
    sha: train.sha,
    next_environment: policy?.name ?? null,
    plan: plan?.hash ?? null,
    changes: aboard(pipeline, train).map((change) => changeState(pipeline, change, now)),
    approvals: train.approvals.map(({ by, plan: bound, environment, at }) => ({
      by,
      plan: bound,
      environment,
      at: iso(at),
    })),
    holds: train.holds.map(({ by, reason, at }) => ({ by, reason, at: iso(at) })),
    coupled: train.coupled,
    kept: train.kept,
    cancelling: train.cancelling,
    special: train.special && specialState(train.special),
    journey: train.journey,
    veto_releases: train.vetoReleases.map((one) => ({ ...one, at: iso(one.at) })),
    overrides: train.overrides,
    deployments: deploymentsOf(pipeline, train).map((one) => deploymentState(one, pipeline, now)),
    blockers: reasons(pipeline, train, now).map(blockerState),
  }
}

/** Its own commits are among the train's changes. */
const specialState = ({ ref, by, isOffBranch, fork, merged, keeps }: Special): Json => ({
  ref,
  by,
  off_branch: isOffBranch,
  fork,
  merged,
  keeps,
})

/** What an agent did there without this line, which somebody has to look at. */
function unansweredState(pipeline: Pipeline, environment: string): Json | null {
  const blocker = unanswered(pipeline, environment)
  return blocker && blockerState(blocker)
}

const blockerState = (one: Blocker): Json => ({
  gate: one.gate,
  environment: one.environment,
  since: iso(one.since),
  message: one.message,
  clear_by: one.clearBy,
  until: iso(one.until),
})

function changeState(pipeline: Pipeline, change: Change, now: number): Json {
  const asking = pipeline.policy.environments.find(({ approvals }) => approvals.authors === 'all')
  const standIn = asking ? standInOf(asking.approvals) : null
  const vouched = pipeline.consents.filter(
    ({ change: sha, vouchedBy }) => sha === change.sha && vouchedBy !== null,
  )
  return {
    sha: change.sha,
    number: change.number,
    title: change.title,
    author: change.author,
    merged_at: iso(change.mergedAt),
    lines: change.lines,
    checks: verdictOn(pipeline, change, now).color,
    asked: asking ? askedFor(pipeline, change, standIn).people : [],
    consented: asking ? isConsented(pipeline, change, standIn) : null,
    vouched: vouched.map(({ by, vouchedBy, reason }) => ({ for: by, by: vouchedBy, reason })),
    reverts: change.reverts,
    rides_alone: change.alone,
    migrates: change.migrates,
    contracts: change.contracts,
    edits_policy: editsPolicy(pipeline.policy, change),
  }
}
