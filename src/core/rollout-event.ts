/**
 * What happened to a rollout in steps, in the past tense.
 *
 * Invariant: a step is done once its run ended well; what is live changes with the last one alone.
 */
import type { RolloutStep, RolloutWord, StepWords } from './rollout.ts'

export type RolloutEvent =
  /** Of a rollout: the run of a step with others to come ended well, and it bakes. */
  | {
      readonly type: 'step_done'
      readonly key: string
      readonly run: string
      readonly step: RolloutStep
      readonly reason: string | null
      readonly source: 'agent' | 'person'
    }
  /** Its next step is ordered, under an epoch and a run of its own. */
  | {
      readonly type: 'step_requested'
      readonly key: string
      readonly run: string
      readonly epoch: number
      /** Its index, and what it is. */
      readonly at: number
      readonly step: RolloutStep
      readonly words: Omit<StepWords, 'at'>
      /** What let it go on: what was seen at the step before. Missing: of an earlier version. */
      readonly seen?: readonly string[]
    }
  | {
      readonly type: 'rollout_paused' | 'rollout_skipped'
      readonly key: string
      readonly by: string
      readonly reason: string
    }
  | {
      readonly type: 'rollout_continued'
      readonly key: string
      readonly by: string
      readonly reason: string
      readonly paused: RolloutWord
    }
  /** What was run after a verification has ended; `old`: the release that it may have retired. */
  | {
      readonly type: 'retirement_done' | 'retirement_failed'
      readonly environment: string
      readonly train: number | null
      readonly old: string
      readonly says: string
    }
