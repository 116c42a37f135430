/**
 * Where a deployment in steps is: its step, what is left, whether it rests.
 *
 * Invariant: derived. While it bakes no run of it is at work, and it is not live yet.
 */
import type { Deployment } from './model.ts'
import { type RolloutStep, stepTitle } from './rollout.ts'

type Stepped = Pick<Deployment, 'rollout'>

/** The step it is at; undefined: it goes to everybody at once. */
export const stepOf = ({ rollout }: Stepped): RolloutStep | undefined => rollout?.steps[rollout.at]

/** Steps after the present one. */
export const stepsLeft = ({ rollout }: Stepped): number =>
  rollout === null ? 0 : rollout.steps.length - 1 - rollout.at

/** Between two steps: the run of one is done, that of the next is not ordered. */
export const isBaking = ({ status, rollout }: Pick<Deployment, 'status' | 'rollout'>): boolean =>
  status === 'running' && rollout !== null && rollout.bakesSince !== null

/** Its command may still be at work. */
export const isAtWork = (one: Pick<Deployment, 'status' | 'rollout'>): boolean =>
  (one.status === 'requested' || one.status === 'running') && !isBaking(one)

/** Under way, with a step to come that has not started. */
export const isRollingOut = (one: Pick<Deployment, 'status' | 'rollout'>): boolean =>
  stepsLeft(one) > 0 && ['requested', 'running', 'unknown'].includes(one.status)

/** ` at 10 %`, for a sentence about it; empty where it goes to everybody at once. */
export const atStep = (one: Stepped): string => {
  const step = stepOf(one)
  return step === undefined || one.rollout?.steps.length === 1 ? '' : ` at ${stepTitle(step)}`
}

/** Which step is next: somebody may have said that it is the last one. */
export const nextStepAt = ({ rollout }: Stepped): number =>
  rollout === null
    ? 0
    : rollout.skipped === null
      ? rollout.at + 1
      : Math.max(rollout.at + 1, rollout.steps.length - 1)

/** The run of a step: the first has the deployment's own name. */
export const stepRun = (run: string, at: number): string =>
  `${run.replace(/-step-\d+$/, '')}-step-${at + 1}`
