/**
 * What a message about the line is drawn from: the state of this moment, and nothing remembered.
 *
 * Invariant: plain data; a view that is given the same scene draws the same message.
 */
import type { KnownBlock } from '@slack/types'
import type { Event } from '../core/event.ts'
import type { Change, Deployment, Pipeline, Train } from '../core/model.ts'

/** A Slack message: blocks, and the sentence that notifications and screen readers get. */
export interface Message {
  readonly text: string
  readonly blocks: readonly KnownBlock[]
}

/** Everything that a train's announcement shows, on the line or after it. */
export interface Scene {
  /** As loaded now; a finished train is not among its trains. */
  readonly pipeline: Pipeline
  readonly train: Train
  /** Aboard, in branch order; of a finished train: what it carried. Only those that concern this pipeline's paths ask somebody (`carried`). */
  readonly changes: readonly Change[]
  /** Every deployment of this train, oldest first, also settled ones and rollbacks of it. */
  readonly deployments: readonly Deployment[]
  readonly now: number
  readonly links: Links
}

/** Where things can be looked up; null: nowhere. */
export interface Links {
  /** Base address of Signalbox, without a slash at its end. */
  readonly url: string
  /** Base address of the repository on GitHub, `https://github.com/owner/name`; null: it is not there. */
  readonly repository: string | null
  /** Where the log of each of its runs can be opened, by run. */
  readonly logs: Readonly<Record<string, string>>
  /** This train's announcement, once posted. */
  readonly announcement: string | null
}

/** One audited event, as the audit holds it. */
export interface Told {
  readonly seq: number
  readonly at: number
  readonly actor: string
  readonly event: Event
}

/** What to post into a train's thread; `broadcast`: shown in the channel too. */
export interface Narration extends Message {
  readonly broadcast: boolean
}
