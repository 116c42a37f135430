/**
 * A branch that never was: merges, direct pushes, reverts, force-pushes and checks, as GitHub's
 * deliveries tell them, and what is true in the end.
 *
 * Invariant: the truth is kept here, from what was merged, never from what our code makes of it.
 */
import { sha } from '../world/policy.ts'
import { below, pick, type Random } from './size.ts'

export const REPOSITORY = 'acme/api'

export interface Delivery {
  readonly event: 'push' | 'pull_request' | 'check_run' | 'status'
  readonly payload: object
}

/** What must be known of a change once everything was heard. */
export interface Truth {
  readonly sha: string
  readonly parent: string | null
  readonly number: number | null
  readonly title: string
  readonly author: string
  readonly coAuthors: readonly string[]
  readonly mergedAt: number
  readonly reverts: string | null
  readonly labels: readonly string[]
}

export interface ForcePush {
  readonly head: string
  readonly at: number
  readonly by: string
  /** Everything that was on the branch and no longer is. */
  readonly gone: readonly string[]
}

export interface BranchHistory {
  readonly deliveries: readonly Delivery[]
  /** Every change there ever was, gone ones too. */
  readonly changes: readonly Truth[]
  /** The branch at the end, oldest first. */
  readonly branch: readonly string[]
  readonly gone: ReadonlySet<string>
  readonly forced: ForcePush | null
  /** `sha name` to the status that counts. */
  readonly checks: ReadonlyMap<string, string>
}

const START = Date.parse('2026-03-02T10:00:00Z')
const AUTHORS = ['ana', 'bob', 'cem'] as const
const CHECKS = ['test', 'lint'] as const
const ENDS = ['success', 'failure'] as const
const iso = (at: number): string => new Date(at).toISOString()
const repository = (at: number): object => ({ full_name: 'Acme/api', pushed_at: at / 1_000 })

interface Merged extends Truth {
  readonly by: string
  readonly message: string
}

/** `forces`: how many force-pushes happen on the way. */
export function branchHistory(
  random: Random,
  {
    name,
    merges,
    forces,
  }: { readonly name: string; readonly merges: number; readonly forces: number },
): BranchHistory {
  const deliveries: Delivery[] = []
  const changes: Truth[] = []
  const checks = new Map<string, Reported['status']>()
  const gone = new Set<string>()
  let branch: string[] = []
  let forced: ForcePush | null = null
  const forcedAt = new Set(Array.from({ length: forces }, () => 3 + below(random, merges - 3)))
  for (let index = 0; index < merges; index += 1) {
    const before = branch.at(-1) ?? null
    const isForced = forcedAt.has(index) && branch.length > 1
    const kept = isForced
      ? branch.slice(0, -1 - below(random, Math.min(3, branch.length - 1)))
      : branch
    const at = START + index * 60_000
    const one = mergeOf(random, { name, index, at, parent: kept.at(-1) ?? null, isForced })
    const lost = branch.slice(kept.length)
    branch = [...kept, one.sha]
    for (const its of lost) gone.add(its)
    changes.push(truthOf(one))
    deliveries.push(pushOf(one, before, isForced))
    if (one.number !== null) deliveries.push(pullOf(one))
    deliveries.push(...checksOf(random, one, checks))
    if (isForced) forced = { head: one.sha, at, by: one.by, gone: [] }
  }
  if (forced !== null) forced = { ...forced, gone: [...gone] }
  return { deliveries, changes, branch, gone, forced, checks }
}

const truthOf = ({ by: _, message: __, ...truth }: Merged): Truth => truth

function mergeOf(
  random: Random,
  at: {
    readonly name: string
    readonly index: number
    readonly at: number
    readonly parent: string | null
    readonly isForced: boolean
  },
): Merged {
  const { index } = at
  const isDirect = at.isForced || below(random, 6) === 0
  const author = pick(random, AUTHORS)
  const by = isDirect ? author : pick(random, AUTHORS)
  const helper = below(random, 4) === 0 ? pick(random, AUTHORS) : null
  const number = isDirect ? null : index + 1
  const reverts =
    !isDirect && index > 0 && below(random, 5) === 0 ? `#${below(random, index) + 1}` : null
  const title = reverts === null ? `Change ${index}` : `Revert "Change ${index}"`
  const body = reverts === null ? '' : `\n\nReverts Acme/api${reverts}`
  const trailer = helper === null ? '' : `\n\nCo-authored-by: H <${helper}@example.com>`
  return {
    sha: sha(`${at.name} ${index}`),
    parent: at.parent,
    number,
    title,
    author,
    coAuthors: helper === null || helper === author ? [] : [helper],
    mergedAt: at.at,
    reverts,
    labels: !isDirect && below(random, 4) === 0 ? ['hotfix'] : [],
    by,
    message: `${title}${number === null ? '' : ` (#${number})`}${body}${trailer}`,
  }
}

const pushOf = (one: Merged, before: string | null, forced: boolean): Delivery => ({
  event: 'push',
  payload: {
    ref: 'refs/heads/main',
    before: before ?? '0'.repeat(40),
    after: one.sha,
    forced,
    commits: [{ id: one.sha, message: one.message }],
    head_commit: { id: one.sha, message: one.message, timestamp: iso(one.mergedAt) },
    repository: repository(one.mergedAt),
    sender: { login: one.by },
  },
})

const pullOf = (one: Merged): Delivery => ({
  event: 'pull_request',
  payload: {
    action: 'closed',
    pull_request: {
      number: one.number,
      title: one.title,
      body: one.reverts === null ? '' : `Reverts Acme/api${one.reverts}`,
      user: { login: one.author },
      merged: true,
      merged_at: iso(one.mergedAt),
      merged_by: { login: one.by },
      merge_commit_sha: one.sha,
      base: { ref: 'main' },
      head: { ref: 'topic' },
      labels: one.labels.map((label) => ({ name: label })),
      additions: 3,
      deletions: 4,
    },
    repository: { full_name: 'acme/API' },
    sender: { login: one.by },
  },
})

/** Pending, an end, perhaps a second run; sometimes two of one name end at one moment. */
function checksOf(
  random: Random,
  one: Merged,
  truth: Map<string, Reported['status']>,
): readonly Delivery[] {
  return CHECKS.flatMap((name) => {
    const told: Delivery[] = []
    const tell = (status: Reported['status'], at: number): void => {
      const asStatus = name === 'lint'
      told.push(asStatus ? statusOf(one, { name, status, at }) : runOf(one, { name, status, at }))
      truth.set(`${one.sha} ${name}`, status)
    }
    const at = one.mergedAt
    tell('pending', at + 1_000)
    const runs = 1 + below(random, 3)
    for (let run = 1; run <= runs; run += 1) {
      tell(pick(random, ENDS), at + run * 2_000)
      // Another job of the same name: a moment's two ends count as the worse.
      if (below(random, 4) === 0) {
        const other = pick(random, ENDS)
        const worse = truth.get(`${one.sha} ${name}`) === 'failure' || other === 'failure'
        tell(other, at + run * 2_000)
        truth.set(`${one.sha} ${name}`, worse ? 'failure' : 'success')
      }
    }
    return told
  })
}

interface Reported {
  readonly name: string
  readonly status: 'pending' | 'success' | 'failure'
  readonly at: number
}

const runOf = (one: Merged, { name, status, at }: Reported): Delivery => ({
  event: 'check_run',
  payload: {
    check_run: {
      name,
      head_sha: one.sha,
      status: status === 'pending' ? 'in_progress' : 'completed',
      conclusion: status === 'pending' ? null : status,
      started_at: iso(status === 'pending' ? at : at - 500),
      completed_at: status === 'pending' ? null : iso(at),
      check_suite: { head_branch: one.number === null ? 'main' : null },
    },
    repository: { full_name: REPOSITORY },
  },
})

const statusOf = (one: Merged, { name, status, at }: Reported): Delivery => ({
  event: 'status',
  payload: {
    sha: one.sha,
    context: name,
    state: status,
    updated_at: iso(at),
    branches: [],
    repository: { full_name: REPOSITORY },
  },
})
