/**
 * What GitHub says of the town's repository, as it says it in webhooks and in its REST API
 * (docs.github.com/en/webhooks/webhook-events-and-payloads).
 *
 * Invariant: pure. The fields that anybody uses, under GitHub's own names.
 */
import type { Merged } from '../page/shape.ts'
import type { PullRequest } from '../town/pull-request.ts'
import type { Json } from '../wire/json.ts'
import type { CheckRun, Push } from './book.ts'
import type { Commit } from './history.ts'

export const OWNER = 'town'
export const NAME = 'shop'
export const FULL_NAME = `${OWNER}/${NAME}`
const BRANCH = 'main'

const from = (login: string): Json => ({
  repository: { full_name: FULL_NAME, name: NAME, owner: { login: OWNER } },
  sender: { login },
})

const common = (pull: PullRequest): Json => ({
  number: pull.number,
  title: pull.title,
  body: pull.reverts === null ? '' : `Reverts ${FULL_NAME}#${pull.reverts}`,
  user: { login: pull.author },
  labels: pull.labels.map((name) => ({ name })),
  base: { ref: BRANCH },
})

export const openPull = (pull: PullRequest, sha: string): Json => ({
  ...common(pull),
  state: 'open',
  merged: false,
  merge_commit_sha: null,
  head: { ref: `pull-${pull.number}`, sha },
})

export const mergedPull = (pull: PullRequest, merged: Merged, commit: Commit): Json => ({
  ...common(pull),
  state: 'closed',
  merged: true,
  merged_at: commit.committedAt,
  merged_by: { login: pull.mergedBy },
  merge_commit_sha: merged.sha,
  head: { ref: `pull-${pull.number}`, sha: commit.parents[1] ?? merged.sha },
  additions: merged.added,
  deletions: merged.removed,
})

export const pullDelivery = (action: 'opened' | 'closed', pull: Json, by: string): Json => ({
  action,
  pull_request: pull,
  ...from(by),
})

export function pushDelivery(push: Push, commits: readonly Commit[]): Json {
  const { before, after, by, at } = push
  const told = commits.map(({ sha, message, committedAt }) => ({
    id: sha,
    message,
    timestamp: committedAt,
  }))
  const { repository, ...rest } = from(by)
  return {
    ref: `refs/heads/${BRANCH}`,
    before,
    after,
    forced: false,
    commits: told,
    head_commit: told.at(-1) ?? null,
    pusher: { name: by },
    ...rest,
    repository: { ...(repository as Json), pushed_at: Math.floor(Date.parse(at) / 1_000) },
  }
}

export const checkRun = ({ sha, name, conclusion, startedAt, completedAt }: CheckRun): Json => ({
  name,
  head_sha: sha,
  status: completedAt === null ? 'in_progress' : 'completed',
  conclusion,
  started_at: startedAt,
  completed_at: completedAt,
  check_suite: { head_branch: BRANCH },
})

export const checkDelivery = (run: CheckRun, by: string): Json => ({
  action: run.completedAt === null ? 'created' : 'completed',
  check_run: checkRun(run),
  ...from(by),
})

export const commitAnswer = ({ sha, parents, message, committedAt }: Commit): Json => ({
  sha,
  parents: parents.map((parent) => ({ sha: parent })),
  commit: { message, committer: { date: committedAt } },
})
