/**
 * What happens outside of Slack: merges, CI, and the two running shops.
 *
 * Invariant: Signalbox is told of it through its HTTP API alone, as any CI would tell it; what was
 * merged before a crash is told again after it.
 */
import type { Logger } from 'pino'
import type { Instance, Merged, Pull, Town } from '../page/shape.ts'
import type { Sample } from '../sample.ts'
import type { Store } from '../store.ts'
import type { Json } from '../wire/json.ts'
import { runTests } from './ci.ts'
import type { TownClock } from './clock.ts'
import { git, mergePull } from './git.ts'
import { changeByHand, lookAtInstances, startInstances, stopInstances } from './instances.ts'
import { kill, processOf, reach } from './outages.ts'
import { type PullRequest, pullAt, pullNumbered } from './pulls.ts'

export interface TownParts {
  readonly sample: Pick<Sample, 'repository' | 'sites' | 'tokens'>
  readonly store: Store
  readonly url: () => string
  readonly log: Logger
  /** Where the agent and the worker have their locks. */
  readonly home: string
  readonly clock: TownClock
}

export interface Running {
  readonly sight: () => Town
  /** Merges the next pull request; answers what went wrong, or null. */
  readonly merge: () => Promise<string | null>
  readonly setCheck: (sha: string, status: 'success' | 'failure') => Promise<string | null>
  /** Takes GitHub away, or brings it back: then it tells what it could not tell. */
  readonly setGithub: (isDown: boolean) => Promise<string | null>
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

const SHOWN_NEXT = 12
const SHOWN_MERGED = 6
/** So that a stranger sees CI at work before it is done. */
const CI_STARTS_AFTER_MS = 3_000

export function createTown(parts: TownParts): Running {
  const { sample, store, home, clock } = parts
  let instances: readonly Instance[] = []
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
  const tellPending = async (): Promise<string | null> => {
    for (const merged of store.state.merged.filter(({ ci: its }) => its === 'pending')) {
      const wrong = await tellMerged(parts, merged)
      if (wrong !== null) return wrong
      ci(merged.sha)
    }
    return null
  }
  return {
    sight: () => ({
      next: Array.from({ length: SHOWN_NEXT }, (_, at) =>
        shown(pullAt(store.state.merged.length + at)),
      ),
      merged: store.state.merged.slice(-SHOWN_MERGED).reverse(),
      instances,
      isGithubDown: store.state.isGithubDown,
      agent,
      worker,
      canSkipTime: clock.isMovable(),
    }),
    merge: () =>
      inTurn(async () => {
        if (store.state.isGithubDown) return 'GitHub is down: nobody can merge.'
        const merged = await mergeNext(parts)
        const told = await tellMerged(parts, merged)
        if (told === null) ci(merged.sha)
        return told
      }),
    setCheck: (sha, status) => reportCheck(parts, sha, status),
    setGithub: (isDown) =>
      inTurn(async () => {
        reach(sample.repository, isDown)
        store.state.isGithubDown = isDown
        store.changed()
        return isDown ? null : tellPending()
      }),
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
      const [deploys, works] = [await processOf(home, 'agent'), await processOf(home, 'worker')]
      const [now, before] = [
        [seen, deploys, works],
        [instances, agent, worker],
      ]
      if (isStopped || JSON.stringify(now) === JSON.stringify(before)) return
      instances = seen
      agent = deploys
      worker = works
      store.changed()
    },
    resume: async () => {
      await startInstances(sample.sites)
      if (!store.state.isGithubDown) await inTurn(tellPending)
    },
    stop: async () => {
      isStopped = true
      for (const timer of waiting) clearTimeout(timer)
      await queue
      await stopInstances(sample.sites)
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

async function mergeNext({ sample, store, clock }: TownParts): Promise<Merged> {
  const { state } = store
  const pull = pullAt(state.merged.length)
  const mergeOf = (number: number): string | undefined =>
    state.merged.find((one) => one.number === number)?.sha
  const { sha, added, removed } = await mergePull(sample.repository, {
    pull,
    mergeOf,
    at: clock.now(),
  })
  const merged: Merged = { ...shown(pull), added, removed, sha, ci: 'pending' }
  state.merged = [...state.merged, merged]
  store.changed()
  return merged
}

/** What GitHub would tell of a merge; all of it is read from the repository. */
async function tellMerged(parts: TownParts, { sha, number }: Merged): Promise<string | null> {
  const { repository } = parts.sample
  const pull = pullNumbered(number)
  const parent = await git(repository, 'rev-parse', `${sha}^1`)
  const merged_at = await git(repository, 'show', '--no-patch', '--format=%cI', sha)
  const rows = await git(repository, 'diff', '--numstat', parent, sha)
  const cells = rows
    .split('\n')
    .filter(Boolean)
    .map((row) => row.split('\t'))
  const lines = cells.reduce((sum, [a, b]) => sum + (Number(a) || 0) + (Number(b) || 0), 0)
  const told = await command(parts, {
    type: 'record_change',
    sha,
    number,
    title: pull.title,
    author: pull.author,
    merged_by: pull.mergedBy,
    merged_at,
    parent,
    lines,
    paths: cells.map((row) => row[2] ?? ''),
    labels: pull.labels,
    ...(pull.reverts === null ? {} : { reverts: `#${pull.reverts}` }),
  })
  return (
    told ??
    (await command(parts, {
      type: 'record_check',
      sha,
      name: 'test',
      status: 'pending',
      at: new Date(parts.clock.now()).toISOString(),
    }))
  )
}

/** While GitHub is away nobody can tell it the result: then the tests run again. */
async function runCi(parts: TownParts, sha: string): Promise<void> {
  if (parts.store.state.isGithubDown) return
  const status = await runTests(parts.sample.repository, sha)
  const wrong = await reportCheck(parts, sha, status)
  if (wrong !== null) parts.log.warn({ sha, wrong }, 'the result of CI was not taken')
}

async function reportCheck(
  parts: TownParts,
  sha: string,
  status: 'success' | 'failure',
): Promise<string | null> {
  const { store } = parts
  if (store.state.isGithubDown) return 'GitHub is down: it takes no result of CI.'
  if (!store.state.merged.some((one) => one.sha === sha)) return 'no such change was merged here'
  const at = new Date(parts.clock.now()).toISOString()
  const wrong = await command(parts, { type: 'record_check', sha, name: 'test', status, at })
  if (wrong !== null) return wrong
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
  const state = await ask(reach, '/api/v1/pipelines/shop')
  return /"status":"(?:requested|running)"/.test(state)
}

async function ask({ sample, url }: Reach, path: string): Promise<string> {
  const secret = sample.tokens.find(({ name }) => name === 'ci')?.secret ?? ''
  const headers = { authorization: `Bearer ${secret}` }
  const answer = await fetch(`${url()}${path}`, { headers, signal: AbortSignal.timeout(10_000) })
  return answer.text()
}

/** Tells Signalbox; what it refuses, in its words, or null. */
async function command({ sample, url }: Reach, body: Json): Promise<string | null> {
  const secret = sample.tokens.find(({ name }) => name === 'ci')?.secret ?? ''
  try {
    const answer = await fetch(`${url()}/api/v1/pipelines/shop/commands`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(10_000),
    })
    if (answer.ok) return null
    return `Signalbox answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`
  } catch (fault) {
    return `Signalbox did not answer: ${fault instanceof Error ? fault.message : String(fault)}`
  }
}
