/**
 * A pull request of the town, as its author opened it.
 *
 * Invariant: types only.
 */

export type Files = Readonly<Record<string, string>>

export interface PullRequest {
  readonly number: number
  readonly title: string
  readonly author: string
  readonly mergedBy: string
  readonly labels: readonly string[]
  /** What a stranger should know before merging it. */
  readonly about: string
  /** The files it writes, given how they are; `revert` undoes an earlier merge instead. */
  readonly edit: (read: (path: string) => string) => Files
  readonly reverts: number | null
}

/** What differs from a plain one. */
export type Given = Partial<Omit<PullRequest, 'number'>> &
  Pick<PullRequest, 'title' | 'author' | 'about'>
