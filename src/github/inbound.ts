/**
 * A delivery of GitHub, read: what it says happened, or why it is no news.
 *
 * Invariant: pure and total. The event's name is not covered by the signature, so a body that does
 * not have that event's shape is refused, not guessed at.
 */
import type { CheckStatus } from '../core/model.ts'
import type { Heard, HeardChange, Reading } from './heard.ts'
import {
  type CheckRunPayload,
  type EventName,
  foreignMembers,
  type PullRequestPayload,
  type PushPayload,
  payloads,
  type StatusPayload,
} from './payloads.ts'
import { isOurs } from './statuses.ts'
import { coAuthorEmails, revertsOf, storable, titleOf } from './text.ts'

const heard = (it: Heard): Reading => ({ outcome: 'heard', heard: it })
const ignored = (reason: string): Reading => ({ outcome: 'ignored', reason })

const isKnown = (event: string): event is EventName => Object.hasOwn(payloads, event)

/** Reads the payload of `event`, heard at `now` (for the few facts that GitHub does not date). */
export function readDelivery(event: string, payload: unknown, now: number): Reading {
  if (!isKnown(event))
    return ignored(`nothing is done with ${storable(event).slice(0, 100)} events`)
  const [foreign] = foreignMembers(event, payload)
  const parsed =
    foreign === undefined ? parse(event, payload, now) : { problem: `it has a ${foreign}` }
  return 'outcome' in parsed
    ? parsed
    : { outcome: 'malformed', reason: `no ${event} payload: ${parsed.problem}` }
}

function parse(
  event: EventName,
  payload: unknown,
  now: number,
): Reading | { readonly problem: string } {
  switch (event) {
    case 'pull_request': {
      const read = payloads.pull_request.safeParse(payload)
      return read.success ? merged(read.data) : { problem: problemOf(read.error.issues) }
    }
    case 'push': {
      const read = payloads.push.safeParse(payload)
      return read.success ? pushed(read.data, now) : { problem: problemOf(read.error.issues) }
    }
    case 'check_run': {
      const read = payloads.check_run.safeParse(payload)
      return read.success ? checked(read.data, now) : { problem: problemOf(read.error.issues) }
    }
    case 'status': {
      const read = payloads.status.safeParse(payload)
      return read.success ? stated(read.data, now) : { problem: problemOf(read.error.issues) }
    }
    // Their jobs report as check runs: counting the whole besides its parts would wait for both.
    case 'check_suite': {
      const read = payloads.check_suite.safeParse(payload)
      if (!read.success) return { problem: problemOf(read.error.issues) }
      return heard({
        kind: 'look',
        repository: nameOf(read.data),
        sha: read.data.check_suite.head_sha,
      })
    }
    case 'workflow_run': {
      const read = payloads.workflow_run.safeParse(payload)
      if (!read.success) return { problem: problemOf(read.error.issues) }
      return heard({
        kind: 'look',
        repository: nameOf(read.data),
        sha: read.data.workflow_run.head_sha,
      })
    }
  }
}

const problemOf = (
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): string => issues.map(({ path, message }) => `${path.join('.')}: ${message}`)[0] ?? 'unreadable'

const nameOf = (payload: { readonly repository: { readonly full_name: string } }): string =>
  payload.repository.full_name.toLowerCase()

/** `merge_commit_sha` alone proves nothing: GitHub also fills it with a trial merge. */
function merged(payload: PullRequestPayload): Reading {
  const { action, pull_request: pull } = payload
  if (MOVES.includes(action) || (action === 'closed' && pull.merged !== true)) {
    return pulled(payload)
  }
  if (action !== 'closed') return ignored(`a pull request was ${storable(action).slice(0, 50)}`)
  if (!pull.merge_commit_sha || !pull.merged_at) {
    return { outcome: 'malformed', reason: 'a merged pull request without its merge commit' }
  }
  const repository = nameOf(payload)
  const lines =
    typeof pull.additions === 'number' && typeof pull.deletions === 'number'
      ? pull.additions + pull.deletions
      : null
  return heard({
    kind: 'merge',
    repository,
    branch: pull.base.ref,
    change: {
      sha: pull.merge_commit_sha,
      number: pull.number,
      title: titleOf(pull.title),
      author: pull.user?.login ?? GHOST,
      coAuthorEmails: [],
      mergedBy: pull.merged_by?.login ?? null,
      mergedAt: pull.merged_at,
      parent: null,
      lines,
      labels: [...new Set((pull.labels ?? []).map(({ name }) => storable(name)))].sort(),
      reverts: revertsOf({
        repository,
        title: pull.title,
        body: pull.body ?? '',
        branch: pull.head.ref,
      }),
    },
  })
}

/** After these it is open, and perhaps at another commit or into another branch. */
const MOVES = ['opened', 'reopened', 'synchronize', 'edited']

function pulled({ action, pull_request: pull, repository }: PullRequestPayload): Reading {
  if (!pull.head.sha) return ignored('a pull request without its commit')
  return heard({
    kind: 'pull',
    repository: repository.full_name.toLowerCase(),
    branch: pull.base.ref,
    number: pull.number,
    sha: pull.head.sha,
    isOpen: action !== 'closed',
  })
}

/** What GitHub shows for an account that is gone. */
export const GHOST = 'ghost'

const isNone = (sha: string): boolean => /^0+$/.test(sha)

function pushed(payload: PushPayload, now: number): Reading {
  const { ref, before, after, head_commit: head } = payload
  if (!ref.startsWith('refs/heads/')) return ignored('a tag was pushed')
  if (payload.deleted === true || isNone(after)) return ignored('the branch was deleted')
  const repository = nameOf(payload)
  const branch = ref.slice('refs/heads/'.length)
  const by = payload.sender?.login ?? payload.pusher?.name ?? GHOST
  const message = head?.message ?? ''
  const commits = payload.commits ?? []
  const change: HeardChange = {
    sha: after,
    number: null,
    title: titleOf(message),
    author: storable(by),
    coAuthorEmails: coAuthorEmails(message),
    mergedBy: null,
    mergedAt: pushedAt(payload.repository.pushed_at) ?? now,
    parent: null,
    lines: null,
    labels: [],
    reverts: revertsOf({ repository, title: titleOf(message), body: message, branch: null }),
  }
  if (payload.forced === true && !isNone(before)) {
    return heard({ kind: 'force_push', repository, branch, before, by: change.author, change })
  }
  const parent = isNone(before) || pullsIn(commits) > 1 ? null : before
  return heard({
    kind: 'push',
    repository,
    branch,
    before: isNone(before) ? null : before,
    commits: commits.length,
    change: { ...change, parent },
  })
}

/** A merge queue lands several pull requests with one push: then the head before is only the first's. */
const pullsIn = (commits: readonly { readonly message: string }[]): number =>
  new Set(
    commits.flatMap(({ message }) => {
      const [subject = ''] = message.split('\n', 1)
      return (
        /^Merge pull request #(\d+) |\(#(\d+)\)$/.exec(subject.trim())?.slice(1).find(Boolean) ?? []
      )
    }),
  ).size

function pushedAt(at: number | string | null | undefined): number | null {
  if (typeof at === 'number') return at * 1_000
  const parsed = typeof at === 'string' ? Date.parse(at) : Number.NaN
  return Number.isNaN(parsed) ? null : parsed
}

const GREEN = new Set(['success', 'neutral', 'skipped'])

/** A check run's status and conclusion in our three words. */
export function checkStatus(status: string, conclusion: string | null): CheckStatus {
  if (status !== 'completed') return 'pending'
  return GREEN.has(conclusion ?? '') ? 'success' : 'failure'
}

function checked(payload: CheckRunPayload, now: number): Reading {
  const { check_run: run } = payload
  const branch = run.check_suite?.head_branch
  const status = checkStatus(run.status, run.conclusion ?? null)
  const at = status === 'pending' ? run.started_at : (run.completed_at ?? run.started_at)
  return heard({
    kind: 'check',
    repository: nameOf(payload),
    branches: branch ? [branch] : [],
    check: { sha: run.head_sha, name: storable(run.name), status, at: at ?? now },
  })
}

/** A commit status' state in our three words. */
export const stateOf = (state: string): CheckStatus =>
  state === 'success' || state === 'pending' ? state : 'failure'

function stated(payload: StatusPayload, now: number): Reading {
  if (isOurs(payload.context)) return ignored('the status is one of ours')
  return heard({
    kind: 'check',
    repository: nameOf(payload),
    branches: (payload.branches ?? []).map(({ name }) => name),
    check: {
      sha: payload.sha,
      name: storable(payload.context),
      status: stateOf(payload.state),
      at: payload.updated_at ?? payload.created_at ?? now,
    },
  })
}
