/**
 * The gates of words: what checks and people have said about this train and its plan.
 *
 * Invariant: only words that count now are counted: entitled, fresh, and by no writer of the plan.
 */
import { type At, type Blocker, departedAt, short, title } from '../blocker.ts'
import { verdictOn } from '../checks.ts'
import { aboard, type Plan, planOf } from '../line.ts'
import type { Change, Pipeline, Train } from '../model.ts'
import { askedFor, entitled, isConsented, standInOf, vouchersOf, writersOf } from '../people.ts'
import type { EnvironmentPolicy } from '../policy.ts'
import { isOffBranch, senderOf } from '../special.ts'
import type { Approval } from '../spoken.ts'
import { revertedIn, vetoesOn } from '../vetoes.ts'

/**
 * How many people who wrote none of it must approve: in the last environment never nobody, when it
 * comes from off the branch.
 */
export function othersFor({ policy }: Pipeline, train: Train, at: EnvironmentPolicy): number {
  const isLast = policy.environments.at(-1)?.name === at.name
  return isLast && isOffBranch(train) ? Math.max(1, at.approvals.others) : at.approvals.others
}

/** What an approver must have written none of: also what a special train brings once more. */
export const answeredFor = (pipeline: Pipeline, train: Train, plan: Plan): readonly Change[] => [
  ...aboard(pipeline, train),
  ...plan.changes,
  ...(train.special?.changes ?? []),
]

/** The approvals of a plan that count now: entitled, distinct, fresh, by no writer of it. */
export function countedApprovals(
  pipeline: Pipeline,
  train: Train,
  where: { readonly policy: EnvironmentPolicy; readonly plan: Plan; readonly now: number },
): readonly Approval[] {
  const { from, expireMs } = where.policy.approvals
  const may = entitled(pipeline, from)
  const writers = answeredFor(pipeline, train, where.plan).flatMap((change) => [
    ...writersOf(pipeline, change),
    ...vouchersOf(pipeline, change),
  ])
  const sender = senderOf(train)
  return train.approvals.filter(
    ({ by, plan, at }) =>
      plan === where.plan.hash &&
      may.includes(by) &&
      !writers.includes(by) &&
      by !== sender &&
      (expireMs === null || where.now < at + expireMs),
  )
}

/** A plan carries what was taken back, or what a change outside of it takes back. */
export function veto({ pipeline, train, policy }: At): readonly Blocker[] {
  const plan = planOf(pipeline, train, policy)
  if (plan === null) return []
  const released = new Set(train.vetoReleases.flatMap(({ covers }) => covers))
  const vetoed = vetoesOn(pipeline, plan)
    .filter(({ id }) => !released.has(id))
    .map((one) => ({
      since: one.since,
      message: `it carries what ${one.by} rolled back (${short(one.target)}…${short(one.from)}): ${one.reason}`,
      clearBy: 'merge a revert and cancel the trains before it, or `release_veto` with a reason',
    }))
  const reverted = revertedIn(pipeline, plan)
    .filter(({ revert }) => !released.has(revert.sha))
    .map(({ original, revert }) => ({
      since: departedAt(train),
      message: `${title(original.number, original.sha)} is reverted by ${title(revert.number, revert.sha)} on the branch`,
      clearBy: `cancel, and travel with ${title(revert.number, revert.sha)}, or \`release_veto\` with a reason`,
    }))
  const gate = 'veto' as const
  return [...vetoed, ...reverted].map((one) => ({
    gate,
    environment: policy.name,
    ...one,
    until: null,
  }))
}

export function holds({ train, policy }: At): readonly Blocker[] {
  return train.holds.map(({ by, reason, at }) => ({
    gate: 'hold',
    environment: policy.name,
    since: at,
    message: `held by ${by}: ${reason}`,
    clearBy: `${by} withdraws the hold, or someone who may depart the train does, with a reason`,
    until: null,
  }))
}

/**
 * What its checks are about. Live by another way, or deployed once more, nothing is aboard, and its
 * sha still has checks.
 */
function newestOf(pipeline: Pipeline, train: Train): Pick<Change, 'sha' | 'mergedAt'> | undefined {
  const { sha } = train
  if (sha === null) return undefined
  const found = aboard(pipeline, train).find((one) => one.sha === sha)
  return found ?? { sha, mergedAt: departedAt(train) }
}

export function checks({ pipeline, train, policy, now }: At): readonly Blocker[] {
  const newest = newestOf(pipeline, train)
  if (newest === undefined) return []
  const verdict = verdictOn(pipeline, newest, now)
  if (verdict.color === 'green') return []
  const names = verdict.names.length === 0 ? ['checks'] : verdict.names
  return [
    {
      gate: 'checks',
      environment: policy.name,
      since: departedAt(train),
      message: `${names.join(', ')} ${verdict.color === 'red' ? 'failed' : 'pending'} on ${short(newest.sha)}`,
      about: names.map((name) => `${verdict.color} ${name}`),
      clearBy:
        verdict.color === 'red' ? 'a later report of the same check' : 'wait for the checks to end',
      until: verdict.color === 'pending' ? verdict.until : null,
    },
  ]
}

export function consent({ pipeline, train, policy }: At): readonly Blocker[] {
  const { authors } = policy.approvals
  const standIn = standInOf(policy.approvals)
  if (authors === 'none') return []
  const silent = aboard(pipeline, train).filter((change) => !isConsented(pipeline, change, standIn))
  if (silent.length === 0) return []
  const asked = silent.map((change) => {
    const { rule, people } = askedFor(pipeline, change, standIn)
    return people.join(rule === 'each' ? ' and ' : ' or ') || 'nobody can be asked'
  })
  const name = (index: number): string =>
    `${title(silent[index]?.number ?? null, silent[index]?.sha ?? '')} (${asked[index] ?? ''})`
  return [
    {
      gate: 'consent',
      environment: policy.name,
      since: departedAt(train),
      message: `waits for the authors of ${silent.map((_, index) => name(index)).join(', ')}`,
      about: silent.map(({ sha }) => sha),
      clearBy: 'each of them consents',
      until: null,
    },
  ]
}

export function approvals({ pipeline, train, policy, now, begun }: At): readonly Blocker[] {
  const { from } = policy.approvals
  const others = othersFor(pipeline, train, policy)
  const plan = planOf(pipeline, train, policy)
  if (others === 0 || plan === null) return []
  // Of a rollout both count: its plan as it began, and as a policy changed since would have it.
  const hashes = [...new Set([plan.hash, begun ?? plan.hash])]
  const given = hashes.flatMap((hash) =>
    countedApprovals(pipeline, train, { policy, plan: { ...plan, hash }, now }),
  )
  const count = new Set(given.map(({ by }) => by)).size
  if (count >= others) return []
  return [
    {
      gate: 'approvals',
      environment: policy.name,
      since: departedAt(train),
      message: `${count} of ${others} approvals for this plan`,
      about: Array.from({ length: others - count }, (_, index) => `${others - index} of ${others}`),
      clearBy: `approval by ${from === null ? 'people' : from.join(', ')} who wrote none of it`,
      until: null,
    },
  ]
}
