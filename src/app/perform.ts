/**
 * One effect, done: the switch from what is to be done to who does it.
 *
 * Invariant: exhaustive, and safe to repeat: each effect states its own probe.
 */
import type { Effect } from '../core/effect.ts'
import type { Waiting } from '../db/outbox.ts'
import type { SlackApi } from '../slack/client.ts'
import { alert, warn } from './alert.ts'
import { type Announcing, announce, type Delivery, DONE } from './announce.ts'
import { closeQuestion } from './close-question.ts'
import { closeStop } from './close-stop.ts'
import { tellConcern } from './concern-note.ts'
import { tellLink } from './link-message.ts'
import { askOwners, drawCard, tellOwner } from './migration-card.ts'
import { tell } from './narrate.ts'
import { tellPolicy } from './policy-note.ts'
import { ask, remind } from './remind.ts'

/** Who does it, for somebody who may lose the right to while at it. */
export interface Performing {
  /** Null: Slack is not spoken to. */
  readonly slack: Announcing | null
  /** Shows a deployment where the code lives, by its key; null: nowhere. */
  readonly mirror: ((key: string, assertHeld: () => void) => Promise<void>) | null
  /** Turns a flag off; null: nothing does. */
  readonly flagOff: ((asked: FlagAsked, assertHeld: () => void) => Promise<void>) | null
  /** Orders what is run after a verification; null: nothing does. */
  readonly retire: ((verified: VerifiedKey, assertHeld: () => void) => Promise<void>) | null
  /** Shows what a migration leaves to remove where the code lives; null: nowhere. */
  readonly issue: ((asked: IssueAsked, assertHeld: () => void) => Promise<Delivery>) | null
}

export interface VerifiedKey {
  readonly pipeline: string
  readonly key: string
}

export interface IssueAsked {
  readonly pipeline: string
  readonly change: string
}

export interface FlagAsked extends Omit<Extract<Effect, { type: 'flag_off' }>, 'type'> {
  readonly pipeline: string
}

interface Fenced {
  readonly slack: Announcing | null
  readonly mirror: ((key: string) => Promise<void>) | null
  readonly flagOff: ((asked: FlagAsked) => Promise<void>) | null
  readonly retire: ((verified: VerifiedKey) => Promise<void>) | null
  readonly issue: ((asked: IssueAsked) => Promise<Delivery>) | null
}

/** Nothing that others can see is begun unless `assertHeld` lets it. */
export function fenced(
  { slack, mirror, flagOff, retire, issue }: Performing,
  assertHeld: () => void,
): Fenced {
  return {
    slack: slack && { ...slack, slack: fencedSlack(slack.slack, assertHeld) },
    mirror: mirror && ((key) => mirror(key, assertHeld)),
    flagOff: flagOff && ((asked) => flagOff(asked, assertHeld)),
    retire: retire && ((verified) => retire(verified, assertHeld)),
    issue: issue && ((asked) => issue(asked, assertHeld)),
  }
}

function fencedSlack(slack: SlackApi, assertHeld: () => void): SlackApi {
  const held =
    <Asked extends readonly unknown[], Answer>(call: (...asked: Asked) => Promise<Answer>) =>
    async (...asked: Asked): Promise<Answer> => {
      assertHeld()
      return call(...asked)
    }
  const { post, update, ephemeral } = slack
  return { ...slack, post: held(post), update: held(update), ephemeral: held(ephemeral) }
}

/** Does what the rows ask: one row, or narrations that are told together. */
export async function perform(
  { slack, mirror, flagOff, retire, issue }: Fenced,
  rows: readonly [Waiting, ...Waiting[]],
): Promise<Delivery> {
  const [{ pipeline, effect, train, seq, unsure, createdAt }] = rows
  switch (effect.type) {
    case 'mirror':
      await mirror?.(effect.key)
      return DONE
    case 'flag_off': {
      const { environment, flag, since } = effect
      await flagOff?.({ pipeline, environment, flag, since })
      return DONE
    }
    case 'retire':
      await retire?.({ pipeline, key: effect.key })
      return DONE
    case 'issue':
      return issue === null ? DONE : issue({ pipeline, change: effect.change })
    case 'migration': {
      const { change } = effect
      const asked = { pipeline, change, unsure, sinceMs: createdAt }
      return slack === null ? DONE : drawCard(slack, asked)
    }
    case 'migration_asks': {
      const { change, environment } = effect
      return slack === null ? DONE : askOwners(slack, { pipeline, change, environment, seq })
    }
    case 'migration_word': {
      const { change, environment, person } = effect
      const its = { pipeline, change, environment, person, unsure, sinceMs: createdAt }
      return slack === null ? DONE : tellOwner(slack, its)
    }
    case 'announce':
      if (slack === null || train === null) return DONE
      return announce(slack, { pipeline, train, unsure, sinceMs: createdAt })
    case 'narrate': {
      if (slack === null) return DONE
      const seqs = rows.map((row) => row.seq)
      const doubt = rows.some((row) => row.unsure)
      return tell(slack, { pipeline, train, seqs, unsure: doubt, sinceMs: createdAt })
    }
    case 'policy':
      return slack === null
        ? DONE
        : tellPolicy(slack, { pipeline, seq, unsure, sinceMs: createdAt })
    case 'close':
      return slack === null ? DONE : closeQuestion(slack, { pipeline, train: effect.train })
    case 'close_stop':
      return slack === null ? DONE : closeStop(slack, { pipeline, seq })
    case 'remind':
      return slack === null ? DONE : remind(slack, { pipeline, train: effect.train, seq })
    case 'alert': {
      const { train: of, key } = effect
      return slack === null ? DONE : alert(slack, { pipeline, train: of, key, seq })
    }
    case 'warn': {
      const { train: of, key, person } = effect
      return slack === null ? DONE : warn(slack, { pipeline, train: of, key, person, unsure })
    }
    case 'link': {
      const { request } = effect
      return slack === null ? DONE : tellLink(slack, { request, unsure, sinceMs: createdAt })
    }
    case 'nudge': {
      const { train: of, person } = effect
      return slack === null ? DONE : ask(slack, { pipeline, train: of, person, seq, unsure })
    }
    case 'concern': {
      const { kind, about, person } = effect
      const its = { pipeline, kind, about, person, seq, unsure, sinceMs: createdAt }
      return slack === null ? DONE : tellConcern(slack, its)
    }
  }
}
