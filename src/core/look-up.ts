/**
 * What is asked about a REF outside, before anything is decided, and what comes back.
 *
 * Invariant: facts of the repository at the moment of asking. Only what a branch or a tag of that
 * repository contains is ever found.
 */

export interface Repository {
  readonly repository: string
  readonly branch: string
}

export interface RefAsked extends Repository {
  /** A branch, a tag or a sha; `heads/…` and `tags/…` tell a branch from a tag of the same name. */
  readonly ref: string
  /** Shas of the branch and of what is live, of which to say whether the REF contains them. */
  readonly shas: readonly string[]
  /** Of these, those of which to say whether they contain the REF. */
  readonly live: readonly string[]
}

/** One of its own commits. Who wrote it is the commit's own word, and nobody has verified it. */
export interface OwnCommit {
  readonly sha: string
  readonly parent: string | null
  readonly title: string
  readonly name: string
  readonly email: string
  /** The account behind the address, where the source knows it. */
  readonly login: string | null
  readonly coAuthorEmails: readonly string[]
  readonly at: number
}

export interface RefSeen {
  readonly sha: string
  readonly isOnBranch: boolean
  readonly fork: string | null
  readonly commits: readonly OwnCommit[]
  readonly contains: readonly string[]
  readonly lacks: readonly string[]
  readonly within: readonly string[]
}

export type RefAnswer =
  | { readonly ok: true; readonly seen: RefSeen }
  | { readonly ok: false; readonly code: 'no_such_ref' | 'two_refs' | 'foreign_ref' }
  | { readonly ok: false; readonly code: 'ref_too_far'; readonly commits: number }

export interface MergedAsked extends Repository {
  /** Where the sha left the branch; null: nowhere. */
  readonly fork: string | null
  readonly sha: string
  /** Changes of the branch in their order. */
  readonly candidates: readonly string[]
}

export interface LookUp {
  /** Throws when the repository cannot be reached. */
  readonly ref: (asked: RefAsked) => Promise<RefAnswer>
  /** The first candidate that contains the sha, by ancestry or by equal patch; null: none does. */
  readonly merged: (asked: MergedAsked) => Promise<string | null>
}

/** More commits than this nobody reads before agreeing to them. */
export const OWN_MAX = 250

export const FULL_SHA = /^[0-9a-f]{40,64}$/

export const SHORT_SHA = /^[0-9a-f]{7,64}$/

/** As git and GitHub take the name of a branch or a tag: nothing that reads as an expression. */
export const isRefName = (name: string): boolean =>
  /^[^\s~^:?*[\\@{}-][^\s~^:?*[\\]*$/.test(name) &&
  name.length <= 250 &&
  !/\.\.|@\{|\/\/|\/$|\.$|\.lock$|\p{Cc}/u.test(name)

/** Where a name may be found: told by its prefix, or as a branch and as a tag. */
export function placesOf(
  ref: string,
): readonly { readonly kind: 'heads' | 'tags'; readonly name: string }[] {
  const [, kind, name = ''] = /^(?:refs\/)?(heads|tags)\/(.+)$/.exec(ref) ?? []
  if (kind === 'heads' || kind === 'tags') return isRefName(name) ? [{ kind, name }] : []
  if (!isRefName(ref)) return []
  return [
    { kind: 'heads', name: ref },
    { kind: 'tags', name: ref },
  ]
}

/** A file of a repository at a commit of one of its branches or tags. */
export interface FileAsked extends Repository {
  /** Null: the head of the branch. */
  readonly sha: string | null
  readonly path: string
  /** Larger than this, in bytes, it is not read. */
  readonly max: number
}

/** `text`: null, there is no such file. */
export type FileSeen =
  | { readonly ok: true; readonly sha: string; readonly text: string | null }
  | { readonly ok: false; readonly sha: string; readonly why: string }

/** Throws when the repository cannot be reached, or does not have the commit. */
export type ReadFile = (asked: FileAsked) => Promise<FileSeen>
