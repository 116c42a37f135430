/**
 * The buttons of a train, by its phase.
 *
 * Invariant: each names the plan it was drawn for; what destroys asks first; a train that is over
 * has none. Whether the presser may is decided when the press comes.
 */
import type { Button } from '@slack/types'
import type { Blocker } from '../../core/blocker.ts'
import { mergedInto } from '../../core/gates/diverged.ts'
import { aboard, journeyOf } from '../../core/line.ts'
import type { Deployment } from '../../core/model.ts'
import { targetOf } from '../../core/releases.ts'
import { countedLive, specialAt } from '../../core/special.ts'
import { md } from '../words/mrkdwn.ts'
import { button, linkButton } from './blocks.ts'
import { keepIt } from './keep-it.ts'
import type { Phase, Seen } from './phase.ts'
import { rolloutChoices } from './rollout.ts'
import { value } from './train-value.ts'
import { waysOut } from './ways-out.ts'

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
      return aboard(seen.pipeline, seen.train).length === 0
        ? [hold(seen)]
        : [depart(seen), hold(seen)]
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
    case 'baking':
    case 'paused':
    case 'kept':
    case 'deploying': {
      const { deployment } = phase
      const more = rolloutChoices(seen, deployment)
      return [...more, ...rollBack(seen, deployment.environment), cancel(seen)]
    }
    case 'verifying':
    case 'soaking':
      return [...rollBack(seen, phase.deployment.environment), ...cancelUnlessLive(seen, phase)]
    case 'counting_down': {
      const { environment, status } = phase.deployment
      const isSick = status === 'succeeded'
      return [
        keepIt(seen, phase.deployment, phase.countdown),
        ...rollBack(seen, environment),
        ...(isSick ? [goOn(seen, environment)] : []),
        retry(seen, 'default'),
        ...(isSick ? [] : [cancel(seen)]),
      ]
    }
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

/** The first of the flags that suspects stand behind; the list below names them all. */
export function flagOff(
  seen: Seen,
  environment: string,
  [flag]: readonly string[],
): readonly Button[] {
  if (flag === undefined) return []
  return [
    button({
      id: 'flag.off',
      text: 'Turn the flag off',
      value: { ...value(seen), environment, flag },
      style: 'primary',
      confirm: {
        title: 'Turn the flag off?',
        text: md`${flag} is turned off in ${environment}; what is deployed there stays.`,
        yes: 'Turn it off',
      },
    }),
  ]
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
