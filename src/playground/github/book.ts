/**
 * What the stand-in for GitHub remembers beside the repository itself.
 *
 * Invariant: everything about commits is in git; here stands only what git does not know. It is
 * part of the town's state, so it survives a restart.
 */
import { randomBytes } from 'node:crypto'

export interface CheckRun {
  readonly sha: string
  readonly name: string
  readonly conclusion: 'success' | 'failure' | null
  readonly startedAt: string
  /** null: it still runs. */
  readonly completedAt: string | null
}

export interface Push {
  readonly before: string
  readonly after: string
  readonly by: string
  readonly at: string
}

export interface CommitStatus {
  readonly sha: string
  readonly context: string
  readonly state: string
  readonly description: string
  readonly at: string
}

export interface Deployment {
  readonly id: number
  readonly sha: string
  readonly environment: string
  readonly description: string
  readonly payload: unknown
  /** Its latest status; null: none was told yet. */
  readonly state: string | null
}

export interface Issue {
  readonly number: number
  readonly title: string
  readonly body: string
  readonly state: 'open' | 'closed'
}

export interface Book {
  readonly token: string
  readonly webhookSecret: string
  /** Newest commits of open pull requests, by number. */
  heads: Readonly<Record<string, string>>
  checks: readonly CheckRun[]
  /** Newest first. */
  pushes: readonly Push[]
  statuses: readonly CommitStatus[]
  deployments: readonly Deployment[]
  issues: readonly Issue[]
}

export const freshBook = (): Book => ({
  token: `ghp_${randomBytes(18).toString('hex')}`,
  webhookSecret: randomBytes(20).toString('hex'),
  heads: {},
  checks: [],
  pushes: [],
  statuses: [],
  deployments: [],
  issues: [],
})

/** Older ones are forgotten: nobody asks for them any more. */
const KEPT = 300

/** Files a check run; an earlier one of the same name gives way. */
export function fileCheck(book: Book, run: CheckRun): void {
  const others = book.checks.filter(({ sha, name }) => sha !== run.sha || name !== run.name)
  book.checks = [...others, run].slice(-KEPT)
}

export function filePush(book: Book, push: Push): void {
  book.pushes = [push, ...book.pushes].slice(0, KEPT)
}

/** Files a commit status; the one of the same context gives way. */
export function fileStatus(book: Book, status: CommitStatus): void {
  const { sha, context } = status
  const others = book.statuses.filter((one) => one.sha !== sha || one.context !== context)
  book.statuses = [...others, status].slice(-KEPT)
}

export function fileDeployment(book: Book, told: Omit<Deployment, 'id' | 'state'>): Deployment {
  const id = 1 + (book.deployments.at(-1)?.id ?? 0)
  const made = { ...told, id, state: null }
  book.deployments = [...book.deployments, made].slice(-KEPT)
  return made
}

/** False: there is no such deployment. */
export function fileDeploymentState(book: Book, id: number, state: string): boolean {
  const isKnown = book.deployments.some((one) => one.id === id)
  book.deployments = book.deployments.map((one) => (one.id === id ? { ...one, state } : one))
  return isKnown
}

/** Above those of pull requests, with which issues share their numbers. */
const FIRST_ISSUE = 901

export function fileIssue(book: Book, told: Pick<Issue, 'title' | 'body'>): Issue {
  const made: Issue = { ...told, number: FIRST_ISSUE + book.issues.length, state: 'open' }
  book.issues = [...book.issues, made]
  return made
}

/** Undefined: there is no such issue. */
export function fileIssueState(
  book: Book,
  number: number,
  state: Issue['state'],
): Issue | undefined {
  book.issues = book.issues.map((one) => (one.number === number ? { ...one, state } : one))
  return book.issues.find((one) => one.number === number)
}
