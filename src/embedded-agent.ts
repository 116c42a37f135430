/**
 * Keeps the embedded agent alive: a process and a session of its own, which outlives the server.
 *
 * Invariant: at most one agent per home. A living one is left to its work and found again; one
 * with a live run is never ended by the server's end.
 */
import { spawn } from 'node:child_process'
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

/** Starts the embedded agent unless one lives; true when it was started. */
export async function ensureAgent(home: string, log: Logger): Promise<boolean> {
  if ((await holderOf(home, 'agent')) !== null) return false
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
  log.info({ pid: child.pid }, 'started the embedded agent')
  return true
}

/** Signalbox's own secrets are not for the process that runs other people's scripts. */
function agentEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { DATABASE_URL: _, REDIS_URL: __, SIGNALBOX_API_TOKENS: ___, ...rest } = env
  return rest
}

/** Asks the agent to stop: an idle one does at once, one with a live run when that has ended. */
export async function askAgentToStop(home: string): Promise<void> {
  const pid = await holderOf(home, 'agent')
  if (pid === null) return
  try {
    process.kill(pid, 'SIGTERM')
  } catch {
    // It ended between the look and the signal.
  }
}
