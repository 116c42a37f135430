/**
 * Whether a sha is green.
 *
 * Invariant: only recorded facts count. Expected are the required names, else every name reported
 * for this sha or for the live one, so a check that has not started yet is waited for.
 */
import type { Change, Check, Pipeline } from './model.ts'

export type Verdict =
  | { readonly color: 'green' }
  | { readonly color: 'pending'; readonly names: readonly string[]; readonly until: number | null }
  | { readonly color: 'red'; readonly names: readonly string[] }

const latest = (pipeline: Pipeline, sha: string, name: string): Check | undefined =>
  pipeline.checks.find((check) => check.sha === sha && check.name === name)

function expected(pipeline: Pipeline, sha: string): readonly string[] {
  const { require } = pipeline.policy.checks
  if (require !== null) return require
  const last = pipeline.environments.at(-1)?.live?.sha
  const reported = pipeline.checks.filter((check) => check.sha === sha || check.sha === last)
  return [...new Set(reported.map(({ name }) => name))].sort()
}

/** What is expected and has not ended, each since when it is pending or awaited. */
export const unreported = (
  pipeline: Pipeline,
  change: Pick<Change, 'sha' | 'mergedAt'>,
): readonly { readonly name: string; readonly since: number }[] =>
  expected(pipeline, change.sha).flatMap((name) => {
    const check = latest(pipeline, change.sha, name)
    const isPending = check === undefined || check.status === 'pending'
    return isPending ? [{ name, since: check?.at ?? change.mergedAt }] : []
  })

/** The verdict on `change` at `now`; `until` says when time alone may change it. */
export function verdictOn(
  pipeline: Pipeline,
  change: Pick<Change, 'sha' | 'mergedAt'>,
  now: number,
): Verdict {
  const { timeoutMs, settleMs } = pipeline.policy.checks
  const names = expected(pipeline, change.sha)
  if (names.length === 0) {
    if (pipeline.policy.checks.require !== null) return { color: 'green' }
    const opens = change.mergedAt + settleMs
    return now >= opens ? { color: 'green' } : { color: 'pending', names: [], until: opens }
  }
  const red: string[] = []
  const pending: string[] = []
  let until: number | null = null
  for (const name of names) {
    const check = latest(pipeline, change.sha, name)
    const since = check?.at ?? change.mergedAt
    if (check?.status === 'success') continue
    if (check?.status === 'failure' || now >= since + timeoutMs) red.push(name)
    else {
      pending.push(name)
      until = Math.min(until ?? Number.POSITIVE_INFINITY, since + timeoutMs)
    }
  }
  if (red.length > 0) return { color: 'red', names: red }
  return pending.length > 0 ? { color: 'pending', names: pending, until } : { color: 'green' }
}

const RANK = { pending: 0, success: 1, failure: 2 } as const

/**
 * Whether a report replaces what is known: the later wins. Of two at one moment an end beats
 * pending and a failure a success: whichever was heard first, the result is the same.
 */
export function supersedes(next: Check, known: Check | undefined): boolean {
  if (known === undefined || next.at > known.at) return true
  return next.at === known.at && RANK[next.status] > RANK[known.status]
}
