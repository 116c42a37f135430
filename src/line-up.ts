/**
 * What every process of an installation has, whatever its role: the pipelines, the way through,
 * the agents' book, and hints to the other processes.
 *
 * Invariant: nothing here listens or looks by the clock; whoever does is started by `serve`.
 */
import { join } from 'node:path'
import type { Logger } from 'pino'
import { type Agents, createAgents } from './app/agents.ts'
import { type ChangeSignal, createChangeSignal } from './app/change-signal.ts'
import { createDispatch, type Dispatch } from './app/dispatch.ts'
import { createLockAll, type LockAll } from './app/lock-all.ts'
import { createLogLinks, type LogLinks } from './app/log-links.ts'
import type { Delivers } from './app/outgoing.ts'
import { createPolicies, type PipelineFile, type Policies } from './app/policies.ts'
import { createSends, type Sends } from './app/send.ts'
import { hearInAll } from './app/siblings.ts'
import { createTokens, type Tokens } from './app/tokens.ts'
import { createWatch, type Watch } from './app/watching.ts'
import type { Config } from './config/environment.ts'
import { carriesPaths } from './config/paths.ts'
import { withRepositoryFile } from './config/repository-file.ts'
import type { Role } from './config/role.ts'
import { ridesAlone } from './config/solo.ts'
import type { Actor } from './core/model.ts'
import { SYSTEM } from './core/system.ts'
import { installationId, logKey } from './db/installation.ts'
import type { Configured } from './db/load.ts'
import { inTransaction, type Pool } from './db/transaction.ts'
import type { GitLookUp } from './git/look-up.ts'
import { createLogs, type Logs } from './http/logs.ts'
import { type Hints, startHints } from './queue/hints.ts'
import { createReferences } from './references.ts'

export interface Serving {
  readonly config: Config
  readonly file: PipelineFile
  readonly role: Role
  readonly log: Logger
}

export interface LineUp {
  readonly pool: Pool
  readonly policies: Policies
  /** Those of `policies`. */
  readonly pipelines: ReadonlyMap<string, Configured>
  /** Lets one pipeline move what may move now. */
  readonly look: (pipeline: string) => Promise<void>
  /** Wakes those of this process who wait for a change. */
  readonly signal: ChangeSignal
  /** Wakes them in every process. */
  readonly news: () => void
  /** One pipeline's own door. */
  readonly plain: Dispatch
  /** The door for observations: the other pipelines of the repository look too. */
  readonly dispatch: Dispatch
  /** Locks and opens everything at once. */
  readonly lockAll: LockAll
  readonly logLinks: LogLinks
  /** Tokens that people were given. */
  readonly tokens: Tokens
  readonly agents: Agents
  /** Tells what may be forgotten. */
  readonly watch: Watch
  /** The logs that agents have pushed to this process's home. */
  readonly logs: Logs
  readonly hints: Hints
  /** Departs at a REF. */
  readonly sends: Sends
  readonly lookUp: GitLookUp
}

const LOOKING: Actor = { name: SYSTEM, kind: 'system', groups: [] }

/** Makes sure of every pipeline's rows, and looks at what became due while no server ran. */
export async function lineUp(
  serving: Serving,
  at: { readonly pool: Pool; readonly url: string; readonly delivers: Delivers },
): Promise<LineUp> {
  const { pool, url, delivers } = at
  const { file, config, role, log } = serving
  const placing = {
    carries: compiledOnce(carriesPaths),
    ridesAlone: compiledOnce(ridesAlone),
  }
  const policies = createPolicies({
    pool,
    log,
    delivers,
    understand: withRepositoryFile,
    ...placing,
  })
  await policies.propose(file)
  const { pipelines } = policies
  const signal = createChangeSignal()
  const redis = config.redisUrl?.reveal() ?? null
  const hints = startHints({
    backend: redis === null ? { kind: 'postgres', url } : { kind: 'redis', url: redis },
    name: `signalbox-${await inTransaction(pool, installationId)}`,
    work: role === 'web' ? null : async () => signal.changed(),
    news: signal.changed,
    log,
  })
  const changed = (pipeline: string): void => {
    signal.changed()
    hints.send(pipeline)
  }
  // A hint wakes everybody, whichever pipeline it names.
  const news = (): void => {
    const [any] = pipelines.keys()
    if (any === undefined) signal.changed()
    else changed(any)
  }
  const parts = { pool, pipelines, changed, delivers, clock: null }
  const plain = createDispatch(parts)
  const lockAll = createLockAll(parts)
  const logs = createLogs(join(config.home, 'logs'))
  const agents = createAgents({ pool, dispatch: plain, pipelines, setAside: logs.setAside })
  const dispatch = hearInAll({ pipelines, dispatch: plain })
  const lookUp = createReferences(config)
  const failed = (err: unknown, repository: string): void =>
    log.warn({ err, repository }, 'a REF could not be looked up')
  const sends = createSends({ pool, pipelines, dispatch: plain, lookUp, failed })
  const look = async (name: string): Promise<void> => {
    await plain(name, { type: 'tick' }, LOOKING)
  }
  for (const name of pipelines.keys()) await look(name)
  const watch = createWatch({ pool, pipelines, clock: null, delivers, log })
  const tokens = createTokens(pool)
  const logLinks = createLogLinks(await inTransaction(pool, logKey), config.url)
  return {
    pool,
    policies,
    pipelines,
    look,
    signal,
    news,
    plain,
    dispatch,
    lockAll,
    tokens,
    logLinks,
    agents,
    watch,
    logs,
    hints,
    sends,
    lookUp,
  }
}

/** A test that a policy asks for is compiled once for each policy that asks the same. */
function compiledOnce<Asked, Given>(
  compile: (asked: Asked) => (given: Given) => boolean,
): (given: Given, asked: Asked) => boolean {
  const compiled = new Map<string, (given: Given) => boolean>()
  return (given, asked) => {
    const key = JSON.stringify(asked)
    const test = compiled.get(key) ?? compile(asked)
    compiled.set(key, test)
    return test(given)
  }
}
