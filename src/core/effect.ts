/**
 * What is to be done outside after something happened.
 *
 * Invariant: identities, never content: what is shown is drawn from the state at delivery.
 */
import type { ConcernKind } from './watch/concern.ts'

export type Effect =
  /** Draw the announcement anew: of one train; null: of every train on the line. */
  | { readonly type: 'announce'; readonly train: number | null }
  /** Tell the event to people. */
  | { readonly type: 'narrate' }
  /** Show the deployment of that key where the code lives. */
  | { readonly type: 'mirror'; readonly key: string }
  /** Look, half an hour after a departure, who has not answered yet. */
  | { readonly type: 'remind'; readonly train: number }
  /** Take the question back that a train's departure asked, now that it is over. */
  | { readonly type: 'close'; readonly train: number }
  /** Take the buttons of the message that told of a stop, now that the line goes on. */
  | { readonly type: 'close_stop' }
  /** Ask one silent author in person, once. */
  | { readonly type: 'nudge'; readonly train: number; readonly person: string }
  /** Look who is suspected of what went wrong with the deployment of that key. */
  | { readonly type: 'alert'; readonly train: number; readonly key: string }
  /** Tell one of them in person, once; or whoever's lock keeps it from going back by itself. */
  | { readonly type: 'warn'; readonly train: number; readonly key: string; readonly person: string }
  /** Turn a flag off that somebody asked for then. */
  | {
      readonly type: 'flag_off'
      readonly environment: string
      readonly flag: string
      readonly since: number
    }
  /** Run what is to be run once the deployment of that key is verified. */
  | { readonly type: 'retire'; readonly key: string }
  /** Draw the card of a change's migration, in its train's thread. */
  | { readonly type: 'migration'; readonly change: string }
  /** Look whom a migration waits for. */
  | { readonly type: 'migration_asks'; readonly change: string; readonly environment: string }
  /** Tell one of them in person; null: in the thread. `of`: the event that says so. */
  | {
      readonly type: 'migration_word'
      readonly change: string
      readonly environment: string
      readonly person: string | null
      readonly of: number
    }
  /** Open or close the issue about what a change's migration leaves to remove. */
  | { readonly type: 'issue'; readonly change: string }
  /** Tell that a policy of the configuration file waits, or no longer does. */
  | { readonly type: 'policy' }
  /** Draw the question whether a login is somebody's, and tell them the answer. */
  | { readonly type: 'link'; readonly request: string }
  /** Tell what stands that somebody may have forgotten; `person`: in person, null: to all. */
  | {
      readonly type: 'concern'
      readonly kind: ConcernKind
      readonly about: string
      readonly person: string | null
    }
