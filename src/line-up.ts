/**
 * What every process of an installation has, whatever its role: the pipelines, the way through,
 * the agents' book, and hints to the other processes.
 *
 * Invariant: nothing here listens or looks by the clock; whoever does is started by `serve`.
 */
import type { Logger } from 'pino'
import { type Agents, createAgents } from './app/agents.ts'
import { type ChangeSignal, createChangeSignal } from './app/change-signal.ts'
import { createDispatch, type Dispatch } from './app/dispatch.ts'
import { createPolicies, type PipelineFile, type Policies } from './app/policies.ts'
import { hearInAll } from './app/siblings.ts'
import type { Config } from './config/environment.ts'
import { carriesPaths } from './config/paths.ts'
import type { Role } from './config/role.ts'
import { SYSTEM } from './core/decide.ts'
import type { Actor } from './core/model.ts'
import { installationId } from './db/installation.ts'
import type { Configured } from './db/load.ts'
import { inTransaction, type Pool } from './db/transaction.ts'
import { type Hints, startHints } from './queue/hints.ts'

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
  /** One pipeline's own door. */
  readonly plain: Dispatch
  /** The door for observations: the other pipelines of the repository look too. */
  readonly dispatch: Dispatch
  readonly agents: Agents
  readonly hints: Hints
}

const LOOKING: Actor = { name: SYSTEM, kind: 'system', groups: [] }

/** Makes sure of every pipeline's rows, and looks at what became due while no server ran. */
export async function lineUp(
  serving: Serving,
  { pool, url }: { readonly pool: Pool; readonly url: string },
): Promise<LineUp> {
  const { file, config, role, log } = serving
  const policies = createPolicies({ pool, carries: carryingPaths(), log })
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
  const plain = createDispatch({ pool, pipelines, changed, clock: null })
  const agents = createAgents(pool, plain)
  const dispatch = hearInAll({ pipelines, dispatch: plain, heard: agents.heard })
  const look = async (name: string): Promise<void> => {
    await plain(name, { type: 'tick' }, LOOKING)
  }
  for (const name of pipelines.keys()) await look(name)
  return { pool, policies, pipelines, look, signal, plain, dispatch, agents, hints }
}

/** Globs are compiled once for each policy that names them. */
function carryingPaths(): Configured['carries'] {
  const compiled = new Map<string, ReturnType<typeof carriesPaths>>()
  return (paths, globs) => {
    const key = JSON.stringify(globs)
    const carries = compiled.get(key) ?? carriesPaths(globs)
    compiled.set(key, carries)
    return carries(paths)
  }
}
