/**
 * What people have said about trains and changes: the words that gates count.
 *
 * Invariant: plain data; each word names who said it and what exactly it was about.
 */

/** An author's yes to one change. */
export interface Consent {
  readonly change: string
  /** The author it counts for. */
  readonly by: string
  readonly at: number
  /** Who vouched for an absent author; null: the author's own word. */
  readonly vouchedBy: string | null
  readonly reason: string | null
}

export interface Approval {
  readonly by: string
  readonly environment: string
  readonly plan: string
  readonly at: number
}

export interface Hold {
  readonly by: string
  readonly reason: string
  readonly at: number
}

/**
 * A lock's holder sends this plan under his or her own lock, or somebody excepted sends it outside
 * the windows; once.
 */
export interface Pass {
  readonly by: string
  readonly environment: string
  readonly plan: string
  /** Left out: a lock. */
  readonly gate?: 'window'
}

/** A person's written word that a vetoed plan may go, for the train's pinned sha. */
export interface VetoRelease {
  readonly by: string
  readonly reason: string
  readonly at: number
  /** The vetoes it answers, by id, and the reverts on the branch, by sha; later ones stand. */
  readonly covers: readonly string[]
}

/** Broken glass: gates a named person passes with one plan, used up by the start. */
export interface Override {
  readonly by: string
  readonly environment: string
  readonly gates: readonly string[]
  readonly plan: string
  readonly reason: string
}

/** A person's word that a plan may go although it does not contain what is live. */
export interface Acceptance {
  readonly by: string
  readonly plan: string
}
