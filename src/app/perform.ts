/**
 * One effect, done: the switch from what is to be done to who does it.
 *
 * Invariant: exhaustive, and safe to repeat: each effect states its own probe.
 */
import type { Waiting } from '../db/outbox.ts'
import { type Announcing, announce, type Delivery, DONE } from './announce.ts'
import { closeQuestion } from './close-question.ts'
import { tellLink } from './link-message.ts'
import { tell } from './narrate.ts'
import { ask, remind } from './remind.ts'

export interface Performing {
  /** Null: Slack is not spoken to. */
  readonly slack: Announcing | null
  /** Shows a deployment where the code lives; null: nowhere. */
  readonly mirror: ((pipeline: string, key: string) => Promise<void>) | null
}

/** Does what the rows ask: one row, or narrations that are told together. */
export async function perform(
  { slack, mirror }: Performing,
  rows: readonly [Waiting, ...Waiting[]],
): Promise<Delivery> {
  const [{ pipeline, effect, train, seq, unsure, createdAt }] = rows
  switch (effect.type) {
    case 'mirror':
      await mirror?.(pipeline, effect.key)
      return DONE
    case 'announce':
      if (slack === null || train === null) return DONE
      return announce(slack, { pipeline, train, unsure, sinceMs: createdAt })
    case 'narrate': {
      if (slack === null) return DONE
      const seqs = rows.map((row) => row.seq)
      const doubt = rows.some((row) => row.unsure)
      return tell(slack, { pipeline, train, seqs, unsure: doubt, sinceMs: createdAt })
    }
    case 'close':
      return slack === null ? DONE : closeQuestion(slack, { pipeline, train: effect.train })
    case 'remind':
      return slack === null ? DONE : remind(slack, { pipeline, train: effect.train, seq })
    case 'link': {
      const { request } = effect
      return slack === null ? DONE : tellLink(slack, { request, unsure, sinceMs: createdAt })
    }
    case 'nudge': {
      const { train: of, person } = effect
      return slack === null ? DONE : ask(slack, { pipeline, train: of, person, seq, unsure })
    }
  }
}
