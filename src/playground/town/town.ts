/**
 * What happens outside of Slack: merges, CI, the two running shops, and the till.
 *
 * Invariant: Signalbox is told of it by GitHub alone; the town itself tells it nothing.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Github } from '../github/github.ts'
import type { Instance, Merged, Pull, Till, Town } from '../page/shape.ts'
import type { Sample } from '../sample.ts'
import type { Store } from '../store.ts'
import { runTests } from './ci.ts'
import type { TownClock } from './clock.ts'
import type { Customers } from './customers.ts'
import { mergePull } from './git.ts'
import { changeByHand, lookAtInstances, startInstances, stopInstances } from './instances.ts'
import { kill, processOf } from './processes.ts'
import type { PullRequest } from './pull-request.ts'
import { pullAt, type Queue, queueOf } from './pulls.ts'
import { lookAtTills, startTills, stopTills } from './tills.ts'

export interface TownParts {
  readonly sample: Pick<Sample, 'repository' | 'sites' | 'tokens'>
  readonly store: Store
  readonly github: Github
  readonly url: () => string
  readonly log: Logger
  /** Where the agent and the worker have their locks. */
  readonly home: string
  readonly clock: TownClock
  readonly customers: Customers
}

export interface Running {
  readonly sight: () => Town
  /** Merges the next pull request of that queue; answers what went wrong, or null. */
  readonly merge: (queue?: Queue) => Promise<string | null>
  readonly setCheck: (sha: string, status: 'success' | 'failure') => Promise<string | null>
  /** Takes GitHub away, or brings it back: then the tests run again whose result it did not take. */
  readonly setGithub: (isDown: boolean) => Promise<string | null>
  /** Loses GitHub's webhooks, or delivers them again. */
  readonly loseWebhooks: (areLost: boolean) => Promise<string | null>
  readonly kill: (which: 'agent' | 'worker') => Promise<string | null>
  /** Puts something into production that no train brought; answers why not, or null. */
  readonly changeByHand: () => Promise<string | null>
  /** Lets so many milliseconds pass at once. */
  readonly skip: (ms: number) => Promise<string | null>
  /** Asks the instances anew. */
  readonly look: () => Promise<void>
  /** Goes on where it was stopped: once Signalbox listens. */
  readonly resume: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** Each is a pipeline's, and called like it. */
const QUEUES: readonly Queue[] = ['shop', 'till']
const OPEN_PULLS = { shop: 4, till: 2 } as const satisfies Record<Queue, number>
const SHOWN_MERGED = 6
/** So that a stranger sees CI at work before it is done. */
const CI_STARTS_AFTER_MS = 3_000

export function createTown(parts: TownParts): Running {
  const { sample, store, github, home, clock, customers } = parts
  let instances: readonly Instance[] = []
  let tills: readonly Till[] = []
  let agent: number | null = null
  let worker: number | null = null
  let queue: Promise<unknown> = Promise.resolve()
  const waiting = new Set<NodeJS.Timeout>()
  let isStopped = false
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const done = queue.then(act, act)
    queue = done.catch(() => null)
    return done
  }
  const ci = (sha: string): void => {
    const timer = setTimeout(() => {
      waiting.delete(timer)
      void runCi(parts, sha)
    }, CI_STARTS_AFTER_MS)
    waiting.add(timer)
  }
  // A sample of an earlier version has no till.
  const queues = QUEUES.filter((one) => one === 'shop' || existsSync(join(sample.repository, one)))
  const next = (queue: Queue): readonly PullRequest[] =>
    Array.from({ length: OPEN_PULLS[queue] }, (_, at) =>
      pullAt(queue, mergedInto(store, queue) + at),
    )
  const listed = (queue: Queue): Town['next'] =>
    next(queue).map((pull) => ({ ...shown(pull), status: github.shownOn(pull.number) }))
  const goOn = async (): Promise<void> => {
    if (github.isDown()) return
    await github.open(queues.flatMap(next))
    for (const { sha, ci: its } of store.state.merged) if (its === 'pending') ci(sha)
  }
  return {
    sight: () => ({
      next: listed('shop'),
      nextOfTill: queues.includes('till') ? listed('till') : [],
      merged: store.state.merged.slice(-SHOWN_MERGED).reverse(),
      instances,
      tills,
      deployments: github.deployments(),
      isGithubDown: store.state.isGithubDown,
      areWebhooksLost: store.state.areWebhooksLost,
      agent,
      worker,
      canSkipTime: clock.isMovable(),
    }),
    merge: (queue = 'shop') =>
      inTurn(async () => {
        if (github.isDown()) return 'GitHub is down: nobody can merge.'
        const { merged, before } = await mergeNext(parts, queue)
        await github.merged(merged, before)
        await github.check(merged.sha, null)
        ci(merged.sha)
        await github.open(queues.flatMap(next))
        return null
      }),
    setCheck: (sha, status) => reportCheck(parts, sha, status),
    setGithub: (isDown) =>
      inTurn(async () => {
        store.state.isGithubDown = isDown
        store.changed()
        await goOn()
        return null
      }),
    loseWebhooks: async (areLost) => {
      store.state.areWebhooksLost = areLost
      store.changed()
      return null
    },
    kill: (which) => kill(home, which),
    changeByHand: () =>
      inTurn(async () =>
        (await isDeploying(parts))
          ? 'A deployment is under way: let it end first.'
          : changeByHand(sample.sites),
      ),
    skip: (ms) => skip(parts, ms),
    look: async () => {
      const seen = await lookAtInstances(sample.sites)
      const sells = await lookAtTills(sample.sites, { sales: customers.sales, now: clock.now() })
      const [deploys, works] = [await processOf(home, 'agent'), await processOf(home, 'worker')]
      const [now, before] = [
        [seen, sells, deploys, works],
        [instances, tills, agent, worker],
      ]
      if (isStopped || JSON.stringify(now) === JSON.stringify(before)) return
      instances = seen
      tills = sells
      agent = deploys
      worker = works
      store.changed()
    },
    resume: async () => {
      await startInstances(sample.sites)
      await startTills(sample.sites)
      customers.come()
      await inTurn(goOn)
    },
    stop: async () => {
      isStopped = true
      for (const timer of waiting) clearTimeout(timer)
      customers.leave()
      await queue
      await stopInstances(sample.sites)
      await stopTills(sample.sites)
    },
  }
}

const shown = ({ number, title, author, about }: PullRequest): Pull => ({
  number,
  title,
  author,
  about,
  added: 0,
  removed: 0,
})

/** How many of a queue are merged. */
const mergedInto = ({ state }: Store, queue: Queue): number =>
  state.merged.filter(({ number }) => queueOf(number) === queue).length

async function mergeNext(
  { sample, store, clock }: TownParts,
  queue: Queue,
): Promise<{ readonly merged: Merged; readonly before: string }> {
  const { state } = store
  const pull = pullAt(queue, mergedInto(store, queue))
  const mergeOf = (number: number): string | undefined =>
    state.merged.find((one) => one.number === number)?.sha
  const { sha, head, parent, added, removed } = await mergePull(sample.repository, {
    pull,
    mergeOf,
    at: clock.now(),
  })
  const merged: Merged = { ...shown(pull), added, removed, sha, head, ci: 'pending' }
  state.merged = [...state.merged, merged]
  store.changed()
  return { merged, before: parent }
}

/** While GitHub is away nobody can tell it the result: then the tests run again. */
async function runCi(parts: TownParts, sha: string): Promise<void> {
  if (parts.github.isDown()) return
  const status = await runTests(parts.sample.repository, sha)
  const wrong = await reportCheck(parts, sha, status)
  if (wrong !== null) parts.log.warn({ sha, wrong }, 'the result of CI was not taken')
}

async function reportCheck(
  parts: TownParts,
  sha: string,
  status: 'success' | 'failure',
): Promise<string | null> {
  const { store, github } = parts
  if (github.isDown()) return 'GitHub is down: it takes no result of CI.'
  if (!store.state.merged.some((one) => one.sha === sha)) return 'no such change was merged here'
  await github.check(sha, status)
  store.state.merged = store.state.merged.map((one) =>
    one.sha === sha ? { ...one, ci: status } : one,
  )
  store.changed()
  return null
}

const SKIP_MS_MAX = 7 * 86_400_000

/** A deployment is timed by the same clock: one under way would be over its limit at once. */
async function skip({ sample, url, clock, store }: TownParts, ms: number): Promise<string | null> {
  if (!clock.isMovable()) return 'This database’s clock is not the town’s to move.'
  if (!(ms > 0 && ms <= SKIP_MS_MAX)) return 'Up to seven days can be skipped at once.'
  if (await isDeploying({ sample, url })) {
    return 'A deployment is under way, and it is timed: let it end first.'
  }
  await clock.skip(ms)
  store.changed()
  return null
}

type Reach = Pick<TownParts, 'sample' | 'url'>

async function isDeploying(reach: Reach): Promise<boolean> {
  const states = await Promise.all(QUEUES.map((one) => ask(reach, `/api/v1/pipelines/${one}`)))
  return states.some((state) => /"status":"(?:requested|running)"/.test(state))
}

async function ask({ sample, url }: Reach, path: string): Promise<string> {
  const secret = sample.tokens.find(({ name }) => name === 'ci')?.secret ?? ''
  const headers = { authorization: `Bearer ${secret}` }
  const answer = await fetch(`${url()}${path}`, { headers, signal: AbortSignal.timeout(10_000) })
  return answer.text()
}
