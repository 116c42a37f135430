/**
 * A rollout in steps: how a deployment reaches everybody little by little.
 *
 * Invariant: plain data. A rollout keeps the steps it started with, whatever the policy says since;
 * steps only go forward, and each has a run of its own.
 */

import type { Override, Pass } from './spoken.ts'
import type { VerifyStep } from './verify-step.ts'

/** How far a release goes in one step: a part of the traffic, or a named group of customers. */
export interface RolloutStep {
  /** The group's name, or the percent as written: `10`. */
  readonly name: string
  /** Percent of the traffic; null: a group whose share nobody named. Of the last step: 100. */
  readonly traffic: number | null
  /** It must stay well for so long before the next step. Milliseconds. */
  readonly bakeMs: number
}

export interface RolloutPolicy {
  /** At least one; the last reaches everybody. */
  readonly steps: readonly RolloutStep[]
  /** The new release against the old one, in every bake. */
  readonly analysis: readonly VerifyStep[]
}

/** What the environment's agent runs once a release is verified there: the old one may go. */
export interface AfterVerifiedPolicy {
  readonly run: string
  /** A directory of the agent's machine; null: a fresh checkout of the new release. */
  readonly in: string | null
  readonly timeoutMs: number
}

/** A person's word that keeps a rollout at its step, or takes it past the steps in between. */
export interface RolloutWord {
  readonly by: string
  readonly reason: string
  readonly at: number
}

/** A closed gate that one of its steps started past, and what it said then. */
export interface Passed {
  readonly gate: string
  readonly message: string
}

/** What let one of its steps start past closed gates: it holds for those alone. */
export interface StepWords {
  readonly passes: readonly Pass[]
  readonly overrides: readonly Override[]
  /** Left out by a version that did not keep it: nothing stays passed. */
  readonly passed?: readonly Passed[]
  readonly at: number
}

/** How far a deployment has come. */
export interface Rollout extends RolloutPolicy {
  /** Index of the step that was started last. */
  readonly at: number
  /** When its first step was ordered. */
  readonly since: number
  /** When the present step's run ended well, with steps left; null: it is under way, or the last. */
  readonly bakesSince: number | null
  /** Who keeps it at its step; null: nobody. */
  readonly paused: RolloutWord | null
  /** Who said that the next step is the last one, without waiting for the bake; null: nobody. */
  readonly skipped: RolloutWord | null
  readonly words: readonly StepWords[]
}

/** How a step is called: `10 %`, or its name. */
export const stepTitle = ({ name, traffic }: Pick<RolloutStep, 'name' | 'traffic'>): string =>
  name === String(traffic) ? `${name} %` : name

/** A rollout as it begins; null: everybody at once. A way back goes the last step alone. */
export function beginRollout(
  policy: RolloutPolicy | null,
  begun: {
    readonly kind: 'forward' | 'rollback'
    readonly at: number
    readonly words: Omit<StepWords, 'at'>
  },
): Rollout | null {
  const last = policy?.steps.at(-1)
  if (policy === null || last === undefined) return null
  const { kind, at, words } = begun
  const isSaid = words.passes.length + words.overrides.length > 0
  return {
    ...(kind === 'forward' ? policy : { steps: [{ ...last, bakeMs: 0 }], analysis: [] }),
    at: 0,
    since: at,
    bakesSince: null,
    paused: null,
    skipped: null,
    words: isSaid ? [{ ...words, at }] : [],
  }
}
