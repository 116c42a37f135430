/**
 * Keeps the embedded agent alive: a process and a session of its own, which outlives the server.
 *
 * Invariant: at most one agent per home. A living one is left to its work and found again; one
 * with a live run is never ended by the server's end.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { holderOf } from './config/home-lock.ts'
import type { Server } from './runs/server-link.ts'

export const EMBEDDED = 'embedded'

const serverFile = (home: string): string => join(home, 'agent', 'server.json')

/** The token of the embedded agent: made once, kept in the home, never told to anybody else. */
export function embeddedToken(home: string): string {
  const path = join(home, 'agent', 'token')
  mkdirSync(join(home, 'agent'), { recursive: true, mode: 0o700 })
  if (!existsSync(path)) writeFileSync(path, randomBytes(32).toString('hex'), { mode: 0o600 })
  return readFileSync(path, 'utf8').trim()
}

/** Tells the embedded agent where the server is now. */
export function publishServer(home: string, server: Server): void {
  writeFileSync(serverFile(home), JSON.stringify(server), { mode: 0o600 })
}

/** Where the server of this home was last. */
export const publishedServer = (home: string): Server =>
  JSON.parse(readFileSync(serverFile(home), 'utf8'))

export interface AgentKeeper {
  /** Starts the embedded agent unless one lives. */
  readonly ensure: () => Promise<void>
  /** Asks it to stop: an idle one does at once, one with a live run when that has ended. */
  readonly askToStop: () => Promise<void>
}

export function createAgentKeeper(home: string, log: Logger): AgentKeeper {
  // Started here and alive: it has the home's lock or is about to take it.
  let started: ChildProcess | null = null
  const isAlive = (): boolean =>
    started !== null && started.exitCode === null && started.signalCode === null
  return {
    ensure: async () => {
      if (isAlive() || (await holderOf(home, 'agent')) !== null) return
      started = start(home, log)
      started.on('error', () => {
        started = null
      })
    },
    askToStop: async () => {
      const pid = (await holderOf(home, 'agent')) ?? (isAlive() ? started?.pid : undefined)
      if (pid === undefined) return
      try {
        process.kill(pid, 'SIGTERM')
      } catch {
        // It ended between the look and the signal.
      }
    },
  }
}

function start(home: string, log: Logger): ChildProcess {
  const output = openSync(join(home, 'agent', 'agent.log'), 'a', 0o600)
  const cli = fileURLToPath(new URL('./cli.js', import.meta.url))
  const child = spawn(process.execPath, [cli, 'agent', '--embedded'], {
    detached: true,
    stdio: ['ignore', output, output],
    env: { ...agentEnvironment(process.env), SIGNALBOX_HOME: home },
  })
  child.on('error', (fault) => log.error({ err: fault }, 'the embedded agent could not be started'))
  child.unref()
  closeSync(output)
  log.info({ agent: child.pid }, 'started the embedded agent')
  return child
}

/** Signalbox's own secrets are not for the process that runs other people's scripts. */
function agentEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { DATABASE_URL: _, REDIS_URL: __, SIGNALBOX_API_TOKENS: ___, ...rest } = env
  return rest
}
