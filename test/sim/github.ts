/**
 * GitHub as its webhooks and its API tell of the branch and its checks.
 *
 * Invariant: it tells the truth, late, twice or not at all; only its replicas lag behind it.
 */
import type { Command } from '../../src/core/command.ts'
import type { Change, CheckStatus } from '../../src/core/model.ts'
import { below, type Random } from '../proof/size.ts'
import type { Books } from './books.ts'
import type { Commit, Merge } from './branch.ts'

export interface Check {
  readonly sha: string
  readonly name: string
  readonly status: CheckStatus
  readonly at: number
}

export class Github {
  private readonly books: Books
  private readonly heads: { readonly at: number; readonly head: string }[] = []
  private readonly pushes = new Map<string, { readonly by: string; readonly at: number }>()
  private readonly checks = new Map<string, Check>()
  /** Sends a delivery; `body` tells it from every other. */
  private readonly deliver: (body: string, commands: readonly Command[]) => void
  readonly deliveries: { readonly body: string; readonly commands: readonly Command[] }[] = []

  constructor(books: Books, deliver: (body: string, commands: readonly Command[]) => void) {
    this.books = books
    this.deliver = deliver
  }

  merge(facts: Merge, also: string | null, random: Random): void {
    this.pushed(this.books.branch.merge(facts, also), random)
  }

  force(facts: Merge, depth: number, random: Random): void {
    const before = this.books.branch.head
    this.books.isPlain = false
    const { lost, head } = this.books.branch.force(facts, depth)
    this.pushes.set(head.sha, { by: facts.author, at: facts.at })
    this.pushed(head, random)
    // The webhook knows the head before; what else is gone only a comparison tells.
    const gone = below(random, 2) === 0 ? lost : [before ?? '']
    const told = { head: head.sha, gone, by: facts.author, at: facts.at }
    this.send(`force ${head.sha}`, [{ type: 'record_force_push', ...told }])
  }

  /** CI reports of a commit: begun, ended, perhaps once more. */
  check(sha: string, status: CheckStatus, name = 'test'): void {
    const its = { sha, name, status, at: this.books.clock.now }
    this.checks.set(`${sha} ${name}`, its)
    this.send(`check ${sha} ${name} ${its.at} ${status}`, [{ type: 'record_check', ...its }])
  }

  /** An earlier delivery comes again: as it was, or as another event that says the same. */
  redeliver(n: number): void {
    const found = this.deliveries[n % Math.max(1, this.deliveries.length)]
    if (found === undefined) return
    this.deliver(n % 2 === 0 ? found.body : `${found.body} again ${n}`, found.commands)
  }

  /** Somebody runs `record-change` for everything that is on the branch. */
  tellAll(): void {
    for (const sha of this.books.branch.line.slice(1)) {
      const its = this.books.branch.commits.get(sha)
      if (its === undefined) continue
      this.deliver(`by hand ${sha}`, [{ type: 'record_change', change: changeOf(its) }])
    }
  }

  headAt(at: number): string | null {
    return this.heads.findLast((one) => one.at <= at)?.head ?? null
  }

  /** What the branch's own line has up to `after` and not below `before`. */
  range(before: string | null, after: string): readonly Change[] {
    if (before === null) return []
    const { branch } = this.books
    const line: Commit[] = []
    const isAbove = (sha: string | null): sha is string =>
      sha !== null && !branch.contains(before, sha)
    for (let at: string | null = after; isAbove(at); ) {
      const its = branch.commits.get(at)
      if (its === undefined) break
      line.unshift(its)
      at = its.parent
    }
    return line.filter(({ number }) => number !== null).map(changeOf)
  }

  contains(head: string, sha: string): boolean {
    return this.books.branch.contains(head, sha)
  }

  heardBefore(sha: string, at: number): boolean {
    return (this.books.branch.commits.get(sha)?.at ?? 0) <= at
  }

  pushTo(head: string): { readonly by: string; readonly at: number } | null {
    return this.pushes.get(head) ?? null
  }

  checksOf(sha: string): readonly Check[] {
    return [...this.checks.values()].filter((one) => one.sha === sha)
  }

  private pushed(one: Commit, random: Random): void {
    this.heads.push({ at: this.books.clock.now, head: one.sha })
    const whole = changeOf(one)
    const told = below(random, 5) === 0 ? { ...whole, parent: null } : whole
    this.send(`push ${one.sha}`, [{ type: 'record_change', change: told }])
    const { clock } = this.books
    clock.after(200, () => this.check(one.sha, 'pending'))
    const end = below(random, 6) === 0 ? 'failure' : 'success'
    clock.after(1_000 + below(random, 15_000), () => this.check(one.sha, end))
  }

  private send(body: string, commands: readonly Command[]): void {
    this.deliveries.push({ body, commands })
    this.deliver(body, commands)
  }
}

/** A commit of the branch as GitHub tells it; `alone` is what the policy makes of its labels. */
const changeOf = (one: Commit): Change => ({
  sha: one.sha,
  number: one.number,
  title: `Change ${one.number}`,
  author: one.author,
  coAuthors: one.coAuthors,
  mergedBy: one.mergedBy,
  mergedAt: one.at,
  parent: one.parent,
  lines: 10,
  paths: null,
  labels: one.labels,
  reverts: one.reverts,
  carried: true,
  alone: one.labels.includes('solo') || one.labels.includes('migration'),
  watched: [],
  migrates: one.labels.includes('migration'),
  contracts: one.labels.includes('contract'),
})
