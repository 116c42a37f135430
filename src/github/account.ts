/**
 * What GitHub's API is asked for: the questions, apart from how they are asked.
 *
 * Invariant: answers are facts of the repository at the moment of asking, in GitHub's own words;
 * nothing is decided here.
 */
import type { CheckReport, HeardChange } from './heard.ts'

/** A change with everything the API adds. */
export interface Described extends HeardChange {
  /** null: too many to be told. */
  readonly paths: readonly string[] | null
}

/** A person's account, as far as everybody may see it. */
export interface Profile {
  readonly login: string
  /** GitHub shows none but verified ones; null: it shows none. */
  readonly email: string | null
}

/** Where a change lies on the branch, before its details are asked for. */
export interface Outline {
  readonly sha: string
  /** The branch's head before it. */
  readonly parent: string | null
  /** Its pull request; null: pushed directly. */
  readonly number: number | null
  /** Its commits on the branch's own line, oldest first. */
  readonly commits: readonly string[]
}

export interface Range {
  /** What the new head adds, oldest first. */
  readonly changes: readonly Outline[]
  /** Commits of the former head that the new one does not contain: a force-push took them. */
  readonly gone: readonly string[]
}

/** Who pushed to a branch, and how far. */
export interface Pushed {
  readonly before: string
  readonly after: string
  readonly by: string
  readonly at: number
}

export interface Branch {
  /** `owner/name`, in lower case. */
  readonly repository: string
  readonly branch: string
}

export interface Account {
  /** The branch's head; null: there is no such branch. */
  readonly head: (at: Branch) => Promise<string | null>
  /** What lies between two heads; null: GitHub no longer knows `before`. */
  readonly range: (
    at: Branch,
    between: { readonly before: string; readonly after: string },
  ) => Promise<Range | null>
  /** Whether a head has the sha among its ancestors, or is it. */
  readonly contains: (
    repository: string,
    within: { readonly sha: string; readonly head: string },
  ) => Promise<boolean>
  /** The change that ends at a sha of the branch. */
  readonly outline: (at: Branch, sha: string) => Promise<Outline>
  readonly describe: (at: Branch, outline: Outline) => Promise<Described>
  /** The latest check runs and commit statuses of a sha. */
  readonly checks: (repository: string, sha: string) => Promise<readonly CheckReport[]>
  /** Who has a login; null: no person. Asked as whoever may look into the repository. */
  readonly profile: (repository: string, login: string) => Promise<Profile | null>
  /** The latest pushes to a branch, newest first; empty: this GitHub does not tell. */
  readonly pushes: (at: Branch) => Promise<readonly Pushed[]>
}
