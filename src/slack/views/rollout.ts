/**
 * A rollout in steps as people see it: where it is, what it waits for, what they may do about it.
 *
 * Invariant: the steps it started with, never those of a policy written since; what keeps it is the
 * gate's own answer.
 */
import type { Button } from '@slack/types'
import type { Deployment } from '../../core/model.ts'
import { stepTitle } from '../../core/rollout.ts'
import { isRollingOut, stepOf } from '../../core/steps.ts'
import { clip, join, type Mrkdwn, md, nothing } from '../words/mrkdwn.ts'
import { called } from '../words/names.ts'
import { clock, since } from '../words/time.ts'
import { button } from './blocks.ts'
import type { Seen } from './phase.ts'
import type { Resting } from './resting.ts'
import { value } from './train-value.ts'
import { clearsAt } from './windows.ts'

/** `10 % ▸ *50 %* ▸ 100 %`; empty where there is one step or none. */
export function stepsLine({ rollout }: Pick<Deployment, 'rollout'>): Mrkdwn {
  if (rollout === null || rollout.steps.length < 2) return nothing
  const names = rollout.steps.map((step, index) =>
    index === rollout.at ? md`*${stepTitle(step)}*` : md`${stepTitle(step)}`,
  )
  return md` (${join(names, ' ▸ ')})`
}

const titleOf = (here: Deployment): string => {
  const step = stepOf(here)
  return step === undefined ? '' : stepTitle(step)
}

/** The one sentence of the announcement while it rests. */
export function restingSentence(
  { pipeline, now }: Seen,
  resting: Exclude<Resting, { is: 'doubtful' }>,
): Mrkdwn {
  const { deployment } = resting
  const at = md`${deployment.environment} is at ${titleOf(deployment)} since ${since(deployment.rollout?.bakesSince ?? now, now)}`
  switch (resting.is) {
    case 'baking':
      return now < resting.until
        ? md`${at}; it bakes there until ${clock(resting.until)}. No action needed.`
        : md`${at}; its bake is over, and what was seen of it is not whole yet. No action needed.`
    case 'paused': {
      const { by = 'somebody', reason = '' } = deployment.rollout?.paused ?? {}
      return md`${at}; ${called(pipeline, by)} keeps it there: ${reason}`
    }
    case 'kept': {
      const [first] = resting.blockers
      if (first === undefined) return at
      const why = first.message.replace(`at ${titleOf(deployment)}: `, '')
      return md`${at}; its next step waits: ${clip(why, 250)}${clearsAt(first)}.`
    }
  }
}

const its = (seen: Seen, { environment, key }: Deployment) => ({
  ...value(seen),
  environment,
  deployment: key,
})

const pause = (seen: Seen, here: Deployment): Button =>
  button({ id: 'rollout.pause', text: 'Pause…', value: its(seen, here) })

const skip = (seen: Seen, here: Deployment): Button =>
  button({ id: 'rollout.skip', text: 'Skip to full…', value: its(seen, here) })

const goOn = (seen: Seen, here: Deployment): Button =>
  button({ id: 'rollout.continue', text: 'Continue…', value: its(seen, here), style: 'primary' })

/** What people may do about a rollout with steps to come, besides taking it back. */
export function rolloutChoices(seen: Seen, here: Deployment): readonly Button[] {
  if (!isRollingOut(here) || here.rollout === null) return []
  const { paused, skipped } = here.rollout
  if (paused !== null) return [goOn(seen, here), skip(seen, here)]
  return [pause(seen, here), ...(skipped === null ? [skip(seen, here)] : [])]
}
