/**
 * The webhook payloads, as far as they are used.
 *
 * Invariant: lenient. Unknown fields are dropped and missing ones tolerated wherever we can do
 * without, because real payloads drift from every published schema.
 */
import { z } from 'zod'

export const sha = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/)
const moment = z.string().transform((text, context) => {
  const at = Date.parse(text)
  if (Number.isNaN(at)) context.addIssue({ code: 'custom', message: 'is no time' })
  return at
})
const account = z.object({ login: z.string().min(1).max(200) })
const repository = z.object({ full_name: z.string().regex(/^[\w.-]{1,100}\/[\w.-]{1,100}$/) })

const pullRequest = z.object({
  action: z.string(),
  pull_request: z.object({
    number: z.int().positive(),
    title: z.string(),
    body: z.string().nullish(),
    user: account.nullish(),
    merged: z.boolean().nullish(),
    merged_at: moment.nullish(),
    merged_by: account.nullish(),
    merge_commit_sha: sha.nullish(),
    base: z.object({ ref: z.string() }),
    head: z.object({ ref: z.string(), sha: sha.nullish() }),
    labels: z.array(z.object({ name: z.string() })).nullish(),
    additions: z.int().nonnegative().nullish(),
    deletions: z.int().nonnegative().nullish(),
  }),
  repository,
  sender: account.nullish(),
})

const commit = z.object({ id: sha, message: z.string(), timestamp: moment })

const push = z.object({
  ref: z.string(),
  before: sha,
  after: sha,
  created: z.boolean().nullish(),
  deleted: z.boolean().nullish(),
  forced: z.boolean().nullish(),
  commits: z.array(z.object({ id: sha, message: z.string() })).nullish(),
  head_commit: commit.nullish(),
  pusher: z.object({ name: z.string().nullish() }).nullish(),
  sender: account.nullish(),
  /** `pushed_at` is a number of seconds in pushes, and a text in every other payload. */
  repository: repository.extend({ pushed_at: z.union([z.number(), z.string()]).nullish() }),
})

const checkRun = z.object({
  check_run: z.object({
    name: z.string().min(1),
    head_sha: sha,
    status: z.string(),
    conclusion: z.string().nullish(),
    started_at: moment.nullish(),
    completed_at: moment.nullish(),
    check_suite: z.object({ head_branch: z.string().nullish() }).nullish(),
  }),
  repository,
})

const checkSuite = z.object({ check_suite: z.object({ head_sha: sha }), repository })

const workflowRun = z.object({ workflow_run: z.object({ head_sha: sha }), repository })

const status = z.object({
  sha,
  context: z.string().min(1),
  state: z.string(),
  created_at: moment.nullish(),
  updated_at: moment.nullish(),
  branches: z.array(z.object({ name: z.string() })).nullish(),
  repository,
})

/** By the name in `X-GitHub-Event`; other events are ignored. */
export const payloads = {
  pull_request: pullRequest,
  push,
  check_run: checkRun,
  check_suite: checkSuite,
  workflow_run: workflowRun,
  status,
} as const

/** What other events carry beside an object of ours: their payloads are not ours. */
const FOREIGN = [
  'deployment',
  'deployment_status',
  'workflow_job',
  'workflow_job_run',
  'reviewers',
  'review',
  'comment',
  'thread',
]

/** Members that only the payload of another event than `event` has. */
export const foreignMembers = (event: string, payload: unknown): readonly string[] =>
  typeof payload !== 'object' || payload === null
    ? []
    : [...FOREIGN, ...Object.keys(payloads)].filter(
        (member) => member !== event && Reflect.get(payload, member) instanceof Object,
      )

export type EventName = keyof typeof payloads
export type PullRequestPayload = z.output<typeof pullRequest>
export type PushPayload = z.output<typeof push>
export type CheckRunPayload = z.output<typeof checkRun>
export type StatusPayload = z.output<typeof status>
