/**
 * What is known of a failure that an environment's policy reacts to: what it replaced, how long
 * people have, why nothing was done.
 *
 * Invariant: plain data, kept with the deployment that went wrong, so that a failure is reacted to
 * once, whatever restarts in between.
 */

/** What a deployment found in its environment, as it is to be judged when it goes wrong. */
export interface Ground {
  /** What was live there; null: nothing. */
  readonly sha: string | null
  /** Why that was not known to be well; null: it was. */
  readonly ailment: string | null
}

/** The time in which people may cancel an automatic rollback. */
export interface Countdown {
  /** What went wrong, in a few words. */
  readonly cause: string
  readonly since: number
  /** When it is over. */
  readonly at: number
  /** The sha it goes back to. */
  readonly to: string
}

/** Why the policy's reaction is not carried out. */
export type Withheld =
  /** What went wrong is a rollback: another one may make it worse. */
  | { readonly is: 'rollback' }
  | { readonly is: 'nothing_before' }
  /** What it replaced was not known to be well: the cause may be an earlier one. */
  | { readonly is: 'sick_before'; readonly ailment: string }
  /** Nothing automatic passes a lock: its holder decides. */
  | { readonly is: 'locked'; readonly by: string; readonly reason: string; readonly to: string }
  /** Nobody has to stop the line, it stands. */
  | { readonly is: 'stopped'; readonly by: string }
  /** It was only to be said. */
  | { readonly is: 'dry_run'; readonly act: 'stop' }
  /** `asks`: whose lock would have made it a question; null: nobody's. */
  | {
      readonly is: 'dry_run'
      readonly act: 'roll_back'
      readonly to: string
      readonly asks: string | null
    }
  /** Data was moved for what would go: the code before it may not know the new schema. */
  | { readonly is: 'migrated'; readonly changes: readonly string[] }
  /** The policy has changed meanwhile, and asks for it no longer. */
  | { readonly is: 'policy' }

export type Reaction =
  /** Nothing was asked for when it went wrong, or a person said that it did: people see to it. */
  | { readonly is: 'left' }
  | ({ readonly is: 'countdown' } & Countdown)
  | { readonly is: 'cancelled'; readonly by: string; readonly reason: string | null }
  | { readonly is: 'withheld'; readonly why: Withheld }
  | { readonly is: 'stopped' }
