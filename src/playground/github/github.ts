/**
 * A stand-in for GitHub with one repository: webhooks, the REST API, git and pages, at the wire.
 *
 * Invariant: the bot and its agent meet it as they would meet GitHub, and cannot tell. While it is
 * down, every door answers 503 and nothing is told; what was not told is never told later.
 */
import { Hono } from 'hono'
import type { Logger } from 'pino'
import type { GithubDeployment, Merged, OnGithub } from '../page/shape.ts'
import type { Store } from '../store.ts'
import { openBranch } from '../town/git.ts'
import type { PullRequest } from '../town/pull-request.ts'
import { pullNumbered, queueOf } from '../town/pulls.ts'
import { type CheckRun, type CommitStatus, fileCheck, filePush } from './book.ts'
import { gitRoutes } from './git-door.ts'
import { commitsOf, comparisonOf } from './history.ts'
import { pageRoutes } from './pages.ts'
import {
  checkDelivery,
  FULL_NAME,
  mergedPull,
  openPull,
  pullDelivery,
  pushDelivery,
} from './payloads.ts'
import { restRoutes } from './rest.ts'
import { createHook } from './webhooks.ts'

export interface GithubParts {
  /** The repository itself. */
  readonly folder: string
  readonly store: Store
  /** The bot's address. */
  readonly url: () => string
  /** Milliseconds since the epoch, in the town. */
  readonly now: () => number
  readonly log: Logger
}

export interface Github {
  /** To be mounted at `/`. */
  readonly routes: Hono
  readonly isDown: () => boolean
  /** Opens those that are not open yet. */
  readonly open: (pulls: readonly PullRequest[]) => Promise<void>
  /** Tells of a merge; `before`: the branch's head until then. */
  readonly merged: (merged: Merged, before: string) => Promise<void>
  /** Takes what CI says of a commit; null: it has begun. */
  readonly check: (sha: string, conclusion: CheckRun['conclusion']) => Promise<void>
  /** What an open pull request is shown of the line; null: nothing. */
  readonly shownOn: (number: number) => OnGithub | null
  /** What GitHub shows as deployed where, the latest of each environment. */
  readonly deployments: () => readonly GithubDeployment[]
}

/** Where the API is, below the server's own address. */
export const API = '/playground/github/api'

const CHECK = 'test'
const CI = 'ci'

export function createGithub({ folder, store, url, now, log }: GithubParts): Github {
  const { state } = store
  const book = state.github
  const isDown = (): boolean => state.isGithubDown
  const tell = createHook({
    url,
    secret: book.webhookSecret,
    isLost: () => isDown() || state.areWebhooksLost,
    log,
  })
  const time = (): string => new Date(now()).toISOString()
  const doors = new Hono()
  doors.use(`${API}/*`, (c, next) => (isDown() ? Promise.resolve(c.json(DOWN, 503)) : next()))
  doors.use(`/${FULL_NAME}/*`, (c, next) =>
    isDown() ? Promise.resolve(c.text(AWAY, 503)) : next(),
  )
  doors.use(`/${FULL_NAME}.git/*`, (c, next) =>
    isDown() ? Promise.resolve(c.text(AWAY, 503)) : next(),
  )
  doors.route(API, restRoutes({ folder, store, now }))
  doors.route(`/${FULL_NAME}.git`, gitRoutes(folder, book.token))
  doors.route(`/${FULL_NAME}`, pageRoutes(folder, store))
  return {
    routes: doors,
    isDown,
    open: async (pulls) => {
      for (const pull of pulls) {
        if (book.heads[pull.number] !== undefined) continue
        const sha = await openBranch(folder, pull, now())
        book.heads = { ...book.heads, [pull.number]: sha }
        await tell('pull_request', pullDelivery('opened', openPull(pull, sha), pull.author))
        store.changed()
      }
    },
    merged: async (merged, before) => {
      const { [merged.number]: _, ...heads } = book.heads
      book.heads = heads
      const { sha: after, number } = merged
      const pull = pullNumbered(number)
      const push = { before, after, by: pull.mergedBy, at: time() }
      filePush(book, push)
      const [commit] = await commitsOf(folder, [after])
      if (commit === undefined) throw new Error(`the repository lost ${after}`)
      const closed = mergedPull(pull, merged, commit)
      await tell('pull_request', pullDelivery('closed', closed, pull.mergedBy))
      const shas = (await comparisonOf(folder, before, after))?.shas ?? []
      await tell('push', pushDelivery(push, await commitsOf(folder, shas)))
    },
    check: async (sha, conclusion) => {
      const known = book.checks.find((one) => one.sha === sha && one.name === CHECK)
      const run: CheckRun = {
        sha,
        name: CHECK,
        conclusion,
        startedAt: known?.startedAt ?? time(),
        completedAt: conclusion === null ? null : time(),
      }
      fileCheck(book, run)
      await tell('check_run', checkDelivery(run, CI))
    },
    shownOn: (number) => {
      const sha = book.heads[number]
      const its = book.statuses.filter((one) => one.sha === sha)
      // Each pipeline has one; GitHub, too, shows what keeps a merge before what does not.
      const isOwn = ({ context }: CommitStatus) => context.endsWith(`/${queueOf(number)}`)
      const found = its.find((one) => one.state !== 'success') ?? its.find(isOwn) ?? its.at(-1)
      if (found === undefined) return null
      const { context, state: word, description } = found
      return { context, isWelcome: word === 'success', description }
    },
    deployments: () => {
      const latest = new Map(book.deployments.map((one) => [one.environment, one]))
      return [...latest.values()].map(({ environment, sha, state: its }) => ({
        environment,
        sha,
        state: its ?? 'new',
      }))
    },
  }
}

const DOWN = { message: 'Service Unavailable' }
const AWAY = 'No server is currently available to service your request.'
