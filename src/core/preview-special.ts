/**
 * A special train before it is sent: what it carries, what it displaces, whose word it needs.
 *
 * Invariant: looks only; what a person confirms is decided anew when the command comes.
 */

import type { Context } from './answers/answer.ts'
import { answerDepartRef } from './answers/special.ts'
import type { Command } from './command.ts'
import { containsLive } from './contains.ts'
import { evolve } from './evolve.ts'
import { lostBy } from './gates/diverged.ts'
import { othersFor } from './gates/words.ts'
import { aboard, journeyOf } from './line.ts'
import type { Change, Pipeline, Release, Train } from './model.ts'
import type { Refusal } from './refusal.ts'
import { countedLive } from './special.ts'

/** One environment that it goes to. */
export interface SpecialStop {
  readonly environment: string
  readonly live: Release | null
  /** Whether its sha contains what is live there. */
  readonly contains: 'yes' | 'no' | 'unknown'
  /** What is live there and is not in it. */
  readonly lost: readonly Change[]
  readonly isLast: boolean
  readonly asksAuthors: boolean
  readonly others: number
  readonly from: readonly string[] | null
}

export interface SpecialPreview {
  /** As it would depart. */
  readonly train: Train
  readonly changes: readonly Change[]
  readonly stops: readonly SpecialStop[]
}

/** Null: it is on the branch and closes the doors there, like any departure. */
export function previewSpecial(
  pipeline: Pipeline,
  command: Extract<Command, { type: 'depart_ref' }>,
  context: Context,
):
  | { readonly ok: true; readonly preview: SpecialPreview | null }
  | { readonly ok: false; readonly refusal: Refusal } {
  const answer = answerDepartRef(pipeline, command, context)
  if (!answer.ok) return answer
  const [event] = answer.events
  if (event?.type !== 'special_departed') return { ok: true, preview: null }
  const sent = evolve(pipeline, event, { at: context.now })
  const train = sent.trains.at(-1)
  if (train === undefined) throw new Error('a special train departs as one more train')
  const last = pipeline.policy.environments.at(-1)?.name
  const stops = journeyOf(sent, train).map((policy): SpecialStop => {
    const live = countedLive(sent, policy.name)
    const contains = containsLive(sent, train, policy.name)
    return {
      environment: policy.name,
      live,
      contains,
      lost: live === null || contains === 'yes' ? [] : lostBy(sent, train, live.sha),
      isLast: policy.name === last,
      asksAuthors: policy.approvals.authors === 'all',
      others: othersFor(sent, train, policy),
      from: policy.approvals.from,
    }
  })
  return { ok: true, preview: { train, changes: aboard(sent, train), stops } }
}
