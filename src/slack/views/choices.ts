/**
 * The buttons of a train, by its phase.
 *
 * Invariant: each names the plan it was drawn for; what destroys asks first; a train that is over
 * has none. Whether the presser may is decided when the press comes.
 */
import type { Button } from '@slack/types'
import { type Blocker, title } from '../../core/blocker.ts'
import { mergedInto } from '../../core/gates/diverged.ts'
import { locksOn } from '../../core/gates/way.ts'
import { aboard, journeyOf, nextEnvironment, planOf } from '../../core/line.ts'
import type { Deployment, Lock } from '../../core/model.ts'
import { absentWriters } from '../../core/people.ts'
import { targetOf } from '../../core/releases.ts'
import { countedLive, specialAt } from '../../core/special.ts'
import type { ButtonValue } from '../words/button-value.ts'
import { clip, md } from '../words/mrkdwn.ts'
import { askedAboard, askingEnvironment } from './asked.ts'
import { button, linkButton } from './blocks.ts'
import { gateOf, onLine, type Phase, type Seen } from './phase.ts'

/** Above this many, buttons are a wall. */
const BUTTONS_MAX = 6

export function choices(seen: Seen, phase: Phase, thread: string | null): readonly Button[] {
  const found = byPhase(seen, phase)
  const answer = thread !== null && phase.is === 'waiting' ? [answerThere(thread)] : []
  return [...answer, ...found].slice(0, BUTTONS_MAX)
}

function byPhase(seen: Seen, phase: Phase): readonly Button[] {
  switch (phase.is) {
    case 'boarding':
    case 'due':
      return [depart(seen), hold(seen)]
    case 'held':
      return [withdraw(seen), ...cancelIfDeparted(seen)]
    case 'stopped':
      return [claim(seen), resume(seen), ...cancelIfDeparted(seen)]
    case 'waiting':
      return [
        ...waysOut(seen, phase.blockers),
        hold(seen),
        ...cancelIfItHelps(seen, phase.blockers),
      ]
    case 'starting':
      return [hold(seen), cancel(seen)]
    case 'deploying':
      return [...rollBack(seen, phase.deployment.environment), cancel(seen)]
    case 'verifying':
    case 'soaking':
      return [...rollBack(seen, phase.deployment.environment), ...cancelUnlessLive(seen, phase)]
    case 'failed':
    case 'aborted':
      return phase.deployment.kind === 'rollback'
        ? [retry(seen), ...rollBack(seen, phase.deployment.environment)]
        : [retry(seen), ...rollBack(seen, phase.deployment.environment), cancel(seen)]
    case 'sick': {
      const { environment } = phase.deployment
      const back = rollBack(seen, environment, 'primary')
      return [...back, goOn(seen, environment), retry(seen, 'default')]
    }
    case 'doubtful': {
      const { environment } = phase.deployment
      return [goOn(seen, environment), ...rollBack(seen, environment)]
    }
    case 'unknown':
      return rollBack(seen, phase.deployment.environment)
    case 'ending':
    case 'rolling_back':
    case 'rolled_back':
    case 'cancelled':
    case 'arrived':
      return []
  }
}

const value = ({ pipeline, train }: Seen): ButtonValue => ({
  pipeline: pipeline.name,
  train: train.number,
})

/** The same with the plan for the next environment, as it is shown. */
function withPlan(seen: Seen): ButtonValue {
  const { pipeline, train } = seen
  const policy = nextEnvironment(pipeline, train)
  const plan = policy && onLine(pipeline, train) ? planOf(pipeline, train, policy) : null
  return plan === null
    ? value(seen)
    : { ...value(seen), environment: plan.environment, plan: plan.hash }
}

const answerThere = (url: string): Button => linkButton('train.thread', 'Answer in the thread', url)

const depart = (seen: Seen): Button =>
  button({ id: 'train.depart', text: 'Depart now', value: value(seen), style: 'primary' })

export const hold = (seen: Seen): Button =>
  button({ id: 'train.hold', text: 'Hold…', value: value(seen) })

export const consent = (seen: Seen): Button =>
  button({ id: 'train.consent', text: 'Good to go', value: value(seen), style: 'primary' })

export const approve = (seen: Seen, environment: string, plan: string): Button =>
  button({
    id: 'train.approve',
    text: `Approve for ${environment}`,
    value: { ...value(seen), environment, plan },
  })

export const retry = (seen: Seen, style: 'primary' | 'default' = 'primary'): Button =>
  button({ id: 'train.retry', text: 'Retry', value: value(seen), ...styled(style) })

const styled = (style: 'primary' | 'default') => (style === 'default' ? {} : { style })

export const cancel = (seen: Seen): Button =>
  button({
    id: 'train.cancel',
    text: 'Cancel the train…',
    value: value(seen),
    style: 'danger',
    confirm: {
      title: `Cancel train #${seen.train.number}?`,
      text: md`What it deploys now is aborted, and its changes fall to the next train.`,
      yes: 'Cancel the train',
    },
  })

const cancelIfDeparted = (seen: Seen): readonly Button[] =>
  seen.train.sha === null ? [] : [cancel(seen)]

/** Past a hotfix that is not on the branch no later train gets any sooner. */
function cancelIfItHelps(seen: Seen, found: readonly Blocker[]): readonly Button[] {
  const { pipeline, train } = seen
  const diverged = found.find(({ gate }) => gate === 'diverged')
  const live = diverged === undefined ? null : countedLive(pipeline, diverged.environment)
  const isSpecial = live !== null && specialAt(pipeline, live.sha) !== undefined
  const helps = train.special !== null || !isSpecial || mergedInto(pipeline, live) !== undefined
  return helps ? [cancel(seen)] : []
}

/** Live in its last environment there is nothing left to cancel, only to take back. */
const cancelUnlessLive = (
  seen: Seen,
  { deployment }: { readonly deployment: Deployment },
): readonly Button[] =>
  deployment.environment === journeyOf(seen.pipeline, seen.train).at(-1)?.name ? [] : [cancel(seen)]

/** Whether a rollback would find a release to go to. */
export function canGoBack({ pipeline }: Pick<Seen, 'pipeline'>, environment: string): boolean {
  const here = pipeline.environments.find(({ name }) => name === environment)
  return here !== undefined && targetOf(pipeline, here, null).ok
}

export function rollBack(
  seen: Seen,
  environment: string,
  style: 'primary' | 'default' = 'default',
): readonly Button[] {
  if (!canGoBack(seen, environment)) return []
  const its = { ...value(seen), environment }
  return [button({ id: 'train.rollback', text: 'Roll back…', value: its, ...styled(style) })]
}

/** Answers for a verification that failed or says nothing. */
export const goOn = (seen: Seen, environment: string): Button =>
  button({
    id: 'verification.continue',
    text: 'Continue…',
    value: { ...value(seen), environment },
  })

/** Of one's own at once; of somebody else's it asks for a reason. */
const withdraw = (seen: Seen): Button =>
  button({
    id: 'train.withdraw',
    text: 'Withdraw the hold…',
    value: { ...value(seen), of: seen.train.holds[0]?.by ?? '' },
  })

/** For whoever has just said something about this train. */
export const takeBack = (seen: Seen): Button =>
  button({ id: 'train.withdraw', text: 'Take it back', value: value(seen) })

/** Whoever presses it looks after the stop from now on. */
export const claim = ({ pipeline }: Pick<Seen, 'pipeline'>): Button =>
  button({ id: 'line.claim', text: 'I look after it', value: { pipeline: pipeline.name } })

export const resume = ({ pipeline }: Pick<Seen, 'pipeline'>): Button =>
  button({
    id: 'line.resume',
    text: 'Resume the line…',
    value: { pipeline: pipeline.name },
    style: 'primary',
  })

/** One way out for each gate that a person can open with a press. */
function waysOut(seen: Seen, found: readonly Blocker[]): readonly Button[] {
  const gates = new Set(found.map(({ gate }) => gate))
  return [
    ...(gates.has('lock') ? underLock(seen) : []),
    ...(gates.has('window') ? outsideWindows(seen, found) : []),
    ...(gates.has('diverged') ? [goDiverged(seen)] : []),
    ...(gates.has('veto') ? [releaseVeto(seen)] : []),
    ...(gates.has('consent') ? vouch(seen) : []),
  ]
}

function underLock(seen: Seen): readonly Button[] {
  const gate = gateOf(seen).find((one) => one.gate === 'lock')
  if (gate === undefined) return []
  const [lock] = locksOn(seen.pipeline, gate.environment, seen.now)
  if (lock === undefined) return []
  return [
    button({
      id: 'train.go_under_lock',
      text: 'Go under my lock',
      value: withPlan(seen),
      confirm: {
        title: `Enter ${gate.environment} under your lock?`,
        text: md`Only this plan passes, once; the lock stays. Locked because: ${clip(lock.reason, 120)}`,
        yes: 'Go',
      },
    }),
    releaseLock(seen.pipeline.name, lock),
  ]
}

/** Only where the policy excepts somebody; whether the presser is one is decided when it comes. */
function outsideWindows({ pipeline, ...seen }: Seen, found: readonly Blocker[]): readonly Button[] {
  const gate = found.find((one) => one.gate === 'window')
  const policy = pipeline.policy.environments.find(({ name }) => name === gate?.environment)
  const people = policy?.windows?.except.people ?? []
  // A lock's own button sends it past both.
  if (people.length === 0 || found.some((one) => one.gate === 'lock')) return []
  return [
    button({
      id: 'train.go_outside_windows',
      text: 'Go now, outside the windows',
      value: withPlan({ pipeline, ...seen }),
      confirm: {
        title: `Enter ${policy?.name ?? 'it'} outside its windows?`,
        text: md`Only this plan passes, once. ${clip(people.join(', '), 120)} may do this.`,
        yes: 'Go',
      },
    }),
  ]
}

export const releaseLock = (pipeline: string, lock: Lock): Button =>
  button({
    id: 'lock.release',
    text: 'Release the lock',
    value: lockValue(pipeline, lock),
    confirm: {
      title: 'Release the lock?',
      text: md`${clip(lock.by, 40)} locked it: ${clip(lock.reason, 120)}`,
      yes: 'Release',
    },
  })

export const lockValue = (pipeline: string, { id, environment }: Lock): ButtonValue => ({
  pipeline,
  lock: id,
  ...(environment === null ? {} : { environment }),
})

/**
 * Once an author had time to answer, or at once where no author can; one change at a time, for each
 * is its own promise.
 */
function vouch(seen: Seen): readonly Button[] {
  const { pipeline, train, now } = seen
  const approvals = askingEnvironment(pipeline)?.approvals
  const departed = train.departedAt
  if (approvals === undefined || departed === null) return []
  const isLate = now >= departed + approvals.standInAfterMs
  const open = askedAboard(pipeline, aboard(pipeline, train)).find(
    ({ change, consented }) => !consented && (isLate || absentWriters(pipeline, change).length > 0),
  )
  if (open === undefined) return []
  const { sha, number } = open.change
  return [
    button({
      id: 'train.vouch',
      text: `Vouch for ${title(number, sha)}…`,
      value: { ...value(seen), change: sha },
    }),
  ]
}

const goDiverged = (seen: Seen): Button =>
  button({
    id: 'train.depart',
    text: 'Go all the same…',
    value: withPlan(seen),
    style: 'danger',
    confirm: {
      title: 'Go without what is live?',
      text: md`This plan does not contain what is live there: it would be replaced.`,
      yes: 'Go all the same',
    },
  })

const releaseVeto = (seen: Seen): Button =>
  button({ id: 'train.release_veto', text: 'Let it go again…', value: value(seen) })
