/**
 * Slack and GitHub, composed around one line: who hears for it and who speaks for it.
 *
 * Invariant: the line never waits for an edge. Whoever answers requests hears; whoever works
 * delivers; each may be another process.
 */
import type { Hono } from 'hono'
import { createFlagOff } from './app/flag-off.ts'
import { createMergeBack } from './app/merge-back.ts'
import type { Delivers } from './app/outgoing.ts'
import { createRelay } from './app/relay.ts'
import { createRetire } from './app/retire.ts'
import { createVerifier } from './app/verifying.ts'
import { type GithubEdge, startGithub } from './github-edge.ts'
import type { LineUp, Serving } from './line-up.ts'
import { createSlackEdge, type SlackEdge, toldInSlack } from './slack-edge.ts'

/** What works in the background from the moment the server listens. */
export interface Edge {
  readonly start: () => void
  readonly stop: () => Promise<void>
}

export interface Edges {
  /** Adds what the vendors call. */
  readonly mount: (app: Hono) => void
  /** Of the process that answers. */
  readonly answering: readonly Edge[]
  /** Of the process that works. */
  readonly working: readonly Edge[]
}

/** Which effects this configuration delivers: others are never put into the outbox. */
export const deliversOf =
  ({ config }: Pick<Serving, 'config'>): Delivers =>
  (policy, effect) => {
    if (effect.type === 'flag_off') return true
    if (effect.type === 'retire') {
      return policy.environments.some(({ afterVerified }) => afterVerified !== null)
    }
    if (effect.type !== 'mirror' && effect.type !== 'issue')
      return config.slack !== null && toldInSlack(policy, effect)
    const speaks = config.github.app !== null || config.githubToken !== null
    return speaks && isOnGithub(policy.repository)
  }

export function createEdges(serving: Serving, line: LineUp): Edges {
  const { config, log } = serving
  const { pool, pipelines, dispatch, signal, news } = line
  const logOf = line.logLinks.of
  const hearing = { signal, stored: news }
  const github = startGithub({ config, pool, pipelines, dispatch, logOf, log, ...hearing })
  const slack = slackEdge(serving, line)
  return {
    mount: (app) => {
      app.route('/github', github.routes)
      slack?.routes(app)
    },
    answering: slack === null ? [] : [slack],
    working: [
      github,
      relayEdge({ serving, line, slack, github }),
      mergeBackEdge(serving, line),
      verifyEdge(serving, line),
    ],
  }
}

function slackEdge({ config, log }: Serving, line: LineUp): SlackEdge | null {
  if (config.slack === null) return null
  const { pool, policies, pipelines, dispatch, lockAll, tokens, logs, logLinks, signal } = line
  const pageOf = pagesOf(config.github.webUrl)
  const staging = { pool, pipelines, clock: null, url: config.url, logOf: logLinks.of, pageOf }
  return createSlackEdge({
    config: config.slack,
    staging,
    people: policies.people,
    dispatch,
    lockAll,
    tokens,
    logTail: logs.tail,
    find: line.sends.find,
    log,
    rest: signal.wait,
  })
}

function relayEdge({
  serving,
  line,
  slack,
  github,
}: {
  readonly serving: Serving
  readonly line: LineUp
  readonly slack: SlackEdge | null
  readonly github: GithubEdge
}): Edge {
  const relay = createRelay({
    slack: slack?.announcing ?? null,
    mirror: github.mirror,
    issue: github.issue,
    flagOff: createFlagOff({ pool: line.pool, pipelines: line.pipelines, dispatch: line.plain }),
    retire: createRetire({ pool: line.pool, pipelines: line.pipelines }),
    pool: line.pool,
    pipelines: () => [...line.pipelines.keys()],
    log: serving.log,
    rest: line.signal.wait,
  })
  const stopping = new AbortController()
  let relaying: Promise<void> = Promise.resolve()
  return {
    start: () => {
      relaying = relay.run(stopping.signal)
    },
    stop: async () => {
      stopping.abort()
      await relaying
    },
  }
}

/** A failed question is asked again with the next look. */
const MERGE_BACK_MS = 5_000

function mergeBackEdge({ log }: Serving, line: LineUp): Edge {
  const { pool, pipelines, plain, lookUp, signal } = line
  const failed = (err: unknown, repository?: string): void =>
    log.warn({ err, repository }, 'whether a special train was merged back could not be seen')
  const look = createMergeBack({ pool, pipelines, dispatch: plain, lookUp, failed })
  return lookingEdge({ signal, everyMs: MERGE_BACK_MS, look: () => look().catch(failed) })
}

/** Looks for looks that are due; how often each is made is the policy's to say. */
const VERIFY_MS = 500

function verifyEdge({ log }: Serving, line: LineUp): Edge {
  const { pool, pipelines, plain, signal } = line
  const stopping = new AbortController()
  const verifier = createVerifier({
    ...{ pool, pipelines, log },
    dispatch: plain,
    signal: stopping.signal,
  })
  const failed = (err: unknown): void => log.warn({ err }, 'looks that are due could not be begun')
  return lookingEdge({
    ...{ signal, stopping, everyMs: VERIFY_MS },
    look: () => verifier.look().catch(failed),
    ended: verifier.settled,
  })
}

/** Looks again and again until it is stopped; `ended` is awaited then. */
function lookingEdge({
  signal,
  everyMs,
  look,
  ended = () => Promise.resolve(),
  stopping = new AbortController(),
}: {
  readonly signal: LineUp['signal']
  readonly everyMs: number
  readonly look: () => Promise<unknown>
  readonly ended?: () => Promise<unknown>
  readonly stopping?: AbortController
}): Edge {
  let looking: Promise<unknown> = Promise.resolve()
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await look()
      await signal.wait(everyMs, stopping.signal)
    }
    await ended()
  }
  return {
    start: () => {
      looking = run()
    },
    stop: async () => {
      stopping.abort()
      await looking
    },
  }
}

const isOnGithub = (repository: string): boolean => /^[\w.-]+\/[\w.-]+$/.test(repository)

/** `owner/name` has a page on the GitHub at `webUrl`; any other address has none we know. */
const pagesOf =
  (webUrl: string) =>
  (repository: string): string | null =>
    isOnGithub(repository) ? `${webUrl}/${repository}` : null
