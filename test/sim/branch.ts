/**
 * The repository as it really is: commits, who wrote them, what the branch holds.
 *
 * Invariant: kept from what was merged and pushed; nothing here asks the core.
 */
import { sha } from '../world/policy.ts'

export interface Commit {
  readonly sha: string
  readonly parent: string | null
  readonly number: number | null
  readonly author: string
  readonly coAuthors: readonly string[]
  readonly mergedBy: string | null
  readonly at: number
  readonly labels: readonly string[]
  /** A change on the branch that its text claims to take back. */
  readonly reverts: string | null
  /** Itself and everything below it. */
  readonly contains: ReadonlySet<string>
}

export type Merge = Pick<Commit, 'author' | 'coAuthors' | 'mergedBy' | 'at' | 'labels' | 'reverts'>

export class Branch {
  readonly commits = new Map<string, Commit>()
  /** The branch now, oldest first. */
  line: string[] = []
  /** What the branch once held and holds no longer. */
  readonly gone = new Set<string>()
  /** Branches off the line, by name. */
  readonly refs = new Map<string, string>()
  private count = 0

  constructor(at: number) {
    const facts = { author: 'ana', coAuthors: [], mergedBy: null, at, labels: [], reverts: null }
    // From before anybody listened.
    this.line.push(this.commit(facts, { parent: null, also: null, number: null }).sha)
  }

  get head(): string | null {
    return this.line.at(-1) ?? null
  }

  /** What was committed last, wherever. */
  get newest(): Commit | undefined {
    return [...this.commits.values()].at(-1)
  }

  /** Merges a pull request; `also`: a branch that is merged back with it. */
  merge(facts: Merge, also: string | null): Commit {
    const its = this.commit(facts, { parent: this.head, also, number: this.count + 1 })
    this.line.push(its.sha)
    return its
  }

  /** A commit on a branch of its own. */
  cut(facts: Merge, base: string): Commit {
    const its = this.commit(facts, { parent: base, also: null, number: null })
    this.refs.set(`hotfix-${this.refs.size + 1}`, its.sha)
    return its
  }

  /** Takes the newest `depth` changes off the branch and puts another there. */
  force(facts: Merge, depth: number): { readonly lost: readonly string[]; readonly head: Commit } {
    const lost = this.line.splice(-depth)
    for (const one of lost) this.gone.add(one)
    return { lost, head: this.merge(facts, null) }
  }

  contains(above: string | null, below: string | null): boolean {
    if (below === null) return true
    return above !== null && (this.commits.get(above)?.contains.has(below) ?? false)
  }

  /** The branch up to something that it holds, or held before it was forced off; oldest first. */
  below(sha: string): readonly string[] {
    const line: string[] = []
    for (let at: string | null = sha; at !== null; at = this.commits.get(at)?.parent ?? null) {
      line.unshift(at)
    }
    return line
  }

  /** What `to` has and `from` has not, in no order. */
  between(from: string | null, to: string): readonly Commit[] {
    const had = from === null ? undefined : this.commits.get(from)?.contains
    return [...(this.commits.get(to)?.contains ?? [])].flatMap((one) =>
      had?.has(one) ? [] : (this.commits.get(one) ?? []),
    )
  }

  private commit(
    facts: Merge,
    at: Pick<Commit, 'parent' | 'number'> & { readonly also: string | null },
  ): Commit {
    this.count += 1
    const its = sha(`commit ${this.count}`)
    const contains = new Set([
      ...(this.commits.get(at.parent ?? '')?.contains ?? []),
      ...(this.commits.get(at.also ?? '')?.contains ?? []),
      its,
    ])
    const made = { ...facts, sha: its, parent: at.parent, number: at.number, contains }
    this.commits.set(its, made)
    return made
  }
}
