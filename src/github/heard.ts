/**
 * What a delivery of GitHub can say, in words of ours.
 *
 * Invariant: facts as one delivery proves them; what it only claims is marked so, and null is what
 * it does not tell.
 */
import type { CheckStatus } from '../core/model.ts'

/** A change as one delivery tells it. */
export interface HeardChange {
  readonly sha: string
  readonly number: number | null
  readonly title: string
  /** The pull request's opener, or the pusher; never a commit's author line. */
  readonly author: string
  /** As trailers claim; they count only where they lead to a known person. */
  readonly coAuthorEmails: readonly string[]
  readonly mergedBy: string | null
  readonly mergedAt: number
  /** The branch's head before it, where the delivery proves it. */
  readonly parent: string | null
  readonly lines: number | null
  readonly labels: readonly string[]
  readonly reverts: string | null
}

export interface CheckReport {
  readonly sha: string
  readonly name: string
  readonly status: CheckStatus
  readonly at: number
}

export type Heard =
  /** A pull request was merged. */
  | {
      readonly kind: 'merge'
      readonly repository: string
      readonly branch: string
      readonly change: HeardChange
    }
  /** The branch moved forward: by a merge that is told of elsewhere, or by a direct push. */
  | {
      readonly kind: 'push'
      readonly repository: string
      readonly branch: string
      /** The head before; null: the branch is new. */
      readonly before: string | null
      readonly commits: number
      readonly change: HeardChange
    }
  /** The branch moved to a head that does not contain the former one. */
  | {
      readonly kind: 'force_push'
      readonly repository: string
      readonly branch: string
      readonly before: string
      readonly by: string
      readonly change: HeardChange
    }
  | {
      readonly kind: 'check'
      readonly repository: string
      /** Branches it is known to concern; empty: not told. */
      readonly branches: readonly string[]
      readonly check: CheckReport
    }
  /** A pull request into a branch is open at this commit, or no longer open. */
  | {
      readonly kind: 'pull'
      readonly repository: string
      readonly branch: string
      readonly number: number
      readonly sha: string
      readonly isOpen: boolean
    }
  /** Something about the checks of a sha is new: whoever has an API may ask. */
  | { readonly kind: 'look'; readonly repository: string; readonly sha: string }

export type Reading =
  | { readonly outcome: 'heard'; readonly heard: Heard }
  /** No news; the reason is for whoever looks at the delivery. */
  | { readonly outcome: 'ignored'; readonly reason: string }
  /** The body does not have the shape its event demands. */
  | { readonly outcome: 'malformed'; readonly reason: string }
