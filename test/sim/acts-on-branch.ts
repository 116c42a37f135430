/**
 * What happens at the repository: merges, branches, force-pushes, CI, deliveries told again.
 *
 * Invariant: the branch is changed first; Signalbox hears of it, or not, later.
 */
import { below } from '../proof/size.ts'
import type { Merge } from './branch.ts'
import type { Act, ActName } from './history.ts'
import type { World } from './world.ts'

type OnBranch = Extract<
  ActName,
  'merge' | 'cut' | 'merge_back' | 'force_push' | 'check_again' | 'redeliver'
>

export function actOnBranch(world: World, at: Act & { readonly who: string }): void {
  const { books, github, faults } = world
  const { branch } = books
  const random = faults.random('branch')
  switch (at.act as OnBranch) {
    case 'merge':
      github.merge(facts(world, at), null, random)
      return
    case 'cut': {
      const live = books.targets.at(books.last) ?? branch.line[at.n % branch.line.length]
      const base = at.n % 3 === 0 ? branch.line[at.m % Math.max(1, branch.line.length)] : live
      if (base === undefined) return
      const its = branch.cut(facts(world, at), base)
      github.check(its.sha, 'success')
      return
    }
    case 'merge_back':
      github.merge(facts(world, at), [...branch.refs.values()].at(-1) ?? null, random)
      return
    case 'force_push':
      // Rare: after it, places are another matter.
      if (at.n % 4 !== 0 || branch.line.length < 4) return
      github.force(facts(world, at), 1 + below(random, 2), random)
      return
    case 'check_again': {
      const sha = branch.line[branch.line.length - 1 - (at.n % 4)]
      if (sha === undefined) return
      github.check(sha, at.m % 3 === 0 ? 'failure' : 'success', at.n % 5 === 0 ? 'lint' : 'test')
      return
    }
    case 'redeliver':
      github.redeliver(at.n)
      return
  }
}

/** Of changes where data is migrated, some carry a migration, and some remove the old code. */
const stepOf = (n: number): readonly string[] =>
  n % 4 === 1 ? ['migration'] : n % 7 === 4 ? ['contract'] : []

const AUTHORS = ['ana', 'bob', 'cem'] as const

function facts(world: World, { n, m }: Act): Merge {
  const author = n % 17 === 0 ? 'renovate' : (AUTHORS[m % 3] ?? 'ana')
  const helper = AUTHORS[n % 3] ?? 'bob'
  const { line } = world.books.branch
  const reverted = n % 23 === 0 ? line[line.length - 1 - (m % 3)] : undefined
  const number = reverted === undefined ? null : world.books.branch.commits.get(reverted)?.number
  return {
    author,
    coAuthors: n % 5 === 0 && helper !== author ? [helper] : [],
    mergedBy: n % 2 === 0 ? (AUTHORS[(m + 1) % 3] ?? 'ana') : null,
    // Of two merges in one moment, told without a parent, nobody could say which came first.
    at: Math.max(world.clock.now, (world.books.branch.newest?.at ?? 0) + 1),
    labels: [
      ...(n % 7 === 2 ? ['hotfix'] : []),
      ...(n % 6 === 3 ? ['solo'] : []),
      ...(world.books.policy.migrations === null ? [] : stepOf(n)),
    ],
    reverts: number == null ? null : `#${number}`,
  }
}
