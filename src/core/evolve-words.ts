/**
 * What people said of a train: yes, no, and the words that let one plan pass one gate.
 *
 * Invariant: a word is added or taken back as a whole, and never changed.
 */
import type { Event } from './event.ts'
import type { Pipeline } from './model.ts'
import { train, wordsOf } from './patch.ts'

/** Approvals and holds. */
export function evolveWord(
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

/** Words that let one plan pass one gate. */
export function evolvePassage(
  pipeline: Pipeline,
  event: Extract<
    Event,
    { type: 'lock_passed' | 'window_passed' | 'glass_broken' | 'plan_accepted' | 'veto_released' }
  >,
): Pipeline {
  const { passes, overrides, accepted, vetoReleases } = wordsOf(pipeline, event.train)
  switch (event.type) {
    case 'lock_passed':
    case 'window_passed':
      return train(pipeline, event.train, { passes: [...passes, event.pass] })
    case 'glass_broken':
      return train(pipeline, event.train, { overrides: [...overrides, event.override] })
    case 'plan_accepted':
      return train(pipeline, event.train, { accepted: [...accepted, event.acceptance] })
    case 'veto_released':
      return train(pipeline, event.train, { vetoReleases: [...vetoReleases, event.release] })
  }
}
