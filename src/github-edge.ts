/**
 * GitHub, in and out, put together: the webhook route, the inbox's workers, the comparison with
 * GitHub's own account of the branch.
 *
 * Invariant: the route only stores; what is stored is worked on until it is recorded or given up,
 * by whichever process is alive.
 */
import type { Hono } from 'hono'
import type { Logger } from 'pino'
import { type ChangeSignal, createChangeSignal } from './app/change-signal.ts'
import type { Dispatch } from './app/dispatch.ts'
import { createGrouping } from './app/grouping.ts'
import { type Hearing, hearDue } from './app/hear.ts'
import { meetAuthors } from './app/meet-authors.ts'
import { createMergeStatuses } from './app/merge-status.ts'
import { createObserver } from './app/observe.ts'
import { reconcileBranches, reconcileChecks, reconcileWriters } from './app/reconcile.ts'
import type { Config } from './config/environment.ts'
import { type Delivery, purgeInbox, type Stage, storeDeliveries } from './db/inbox.ts'
import type { Configured } from './db/load.ts'
import { purgeTold } from './db/pulls.ts'
import { inTransaction, type Pool } from './db/transaction.ts'
import { type Client, createClient } from './github/client.ts'
import { createAccount } from './github/rest-account.ts'
import { createIssues, type ShowIssue } from './github-issues.ts'
import { createMirror } from './github-mirror.ts'
import { createGithubRoutes } from './http/github-routes.ts'

export interface GithubParts {
  readonly config: Pick<Config, 'github' | 'githubToken' | 'url'>
  readonly pool: Pool
  readonly pipelines: ReadonlyMap<string, Configured>
  /** One that lets the repository's other pipelines look too. */
  readonly dispatch: Dispatch
  /** Where a run's log can be opened. */
  readonly logOf: (run: string) => string
  /** Wakes those who work on the inbox in this process. */
  readonly signal: ChangeSignal
  /** Wakes them in every process. */
  readonly stored: () => void
  readonly log: Logger
}

export interface GithubEdge {
  /** To be mounted at `/github`. */
  readonly routes: Hono
  /** Shows a deployment on GitHub, by its key; null: no API is configured. Throws: repeat it. */
  readonly mirror: ((key: string, assertHeld: () => void) => Promise<void>) | null
  /** Shows what a migration leaves to remove; null: no API is configured. Throws: repeat it. */
  readonly issue: ShowIssue | null
  /** Works until stopped. */
  readonly start: () => void
  readonly stop: () => Promise<void>
}

/** A lost hint costs so much. */
const LOOK_MS = 2_000
const PURGE_MS = 60 * 60_000
/** One question a branch, of 5,000 an hour. */
const BRANCHES_MS = 60_000
/** Two questions a waiting change. */
const CHECKS_MS = 5 * 60_000
const MEET_MS = 10_000
/** Only the database is asked, unless there is something to tell. */
const MERGES_MS = 5_000

/** As the App, else with the token; null: neither is configured. */
function clientFor(
  { github, githubToken }: GithubParts['config'],
  signal: AbortSignal,
): Client | null {
  const { app, apiUrl } = github
  if (app !== null) {
    const auth = { kind: 'app', id: app.id, privateKey: app.privateKey.reveal() } as const
    return createClient({ apiUrl, auth, signal })
  }
  if (githubToken === null) return null
  const auth = { kind: 'token', token: githubToken.reveal() } as const
  return createClient({ apiUrl, auth, signal })
}

/** By what people are found behind a commit. */
const addressesIn = (pipelines: GithubParts['pipelines']): string =>
  JSON.stringify(
    [...pipelines.values()].map(({ people }) => people.map((one) => [one.github, one.email])),
  )

export function startGithub(parts: GithubParts): GithubEdge {
  const { config, pool, pipelines, dispatch, signal, stored, log } = parts
  const stopping = new AbortController()
  const client = clientFor(config, stopping.signal)
  const account = client === null ? null : createAccount(client)
  const observer = createObserver({ pool, pipelines, dispatch, apiUrl: config.github.apiUrl })
  const hearing: Hearing = { pool, observer, account, log }
  const store = createGrouping<Delivery>({
    write: async (items) => {
      await inTransaction(pool, async (tx) => {
        await storeDeliveries(tx, items)
        //! failpoint webhook.stored
      })
      stored()
    },
    size: 100,
    waiting: 2_000,
  })
  const working: Promise<void>[] = []
  let met: string | null = null
  const work = async (stage: Stage): Promise<void> => {
    while (!stopping.signal.aborted) {
      const taken = await hearDue(hearing, stage).catch((fault: unknown) => {
        log.warn({ err: fault }, 'the inbox could not be worked on; tried again')
        return 0
      })
      if (taken > 0) signal.changed()
      else await signal.wait(LOOK_MS, stopping.signal)
    }
  }
  const every = async (ms: number, what: string, act: () => Promise<unknown>): Promise<void> => {
    const alone = createChangeSignal()
    while (!stopping.signal.aborted) {
      await act().catch((fault: unknown) => log.warn({ err: fault }, what))
      await alone.wait(ms, stopping.signal)
    }
  }
  return {
    routes: createGithubRoutes({
      secret: config.github.webhookSecret?.reveal() ?? null,
      store,
      follows: observer.follows,
      log,
    }),
    mirror:
      client === null
        ? null
        : createMirror({ config, pool, pipelines, client, logOf: parts.logOf }),
    issue:
      client === null
        ? null
        : createIssues({ apiUrl: config.github.apiUrl, pool, pipelines, client, log }),
    start: () => {
      if (account === null || client === null) {
        log.info('no GitHub API is configured: what webhooks miss is not looked for')
      } else {
        const reconciling = { pool, observer, account, log }
        const { apiUrl } = config.github
        const tellMerges = createMergeStatuses({
          pool,
          pipelines,
          client,
          apiUrl,
          url: config.url,
          log,
        })
        working.push(
          every(MERGES_MS, 'open pull requests could not be told of the line', tellMerges),
          every(PURGE_MS, 'old statuses could not be forgotten', () =>
            inTransaction(pool, purgeTold),
          ),
          every(MEET_MS, 'GitHub could not be asked who somebody is', () =>
            meetAuthors({ pool, pipelines, observer, account, log }),
          ),
          every(BRANCHES_MS, 'writers could not be asked for', async () => {
            const now = addressesIn(pipelines)
            if (now !== met && (await reconcileWriters(reconciling))) met = now
          }),
          every(BRANCHES_MS, 'GitHub could not be compared', () => reconcileBranches(reconciling)),
          every(CHECKS_MS, 'checks could not be compared', () => reconcileChecks(reconciling)),
        )
      }
      working.push(
        work('hear'),
        work('ask'),
        every(PURGE_MS, 'old deliveries could not be forgotten', () =>
          inTransaction(pool, purgeInbox),
        ),
      )
    },
    stop: async () => {
      stopping.abort()
      await Promise.all(working)
    },
  }
}
