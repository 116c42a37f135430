/**
 * Keeps the embedded agent alive: a process and a session of its own, which outlives the server.
 *
 * Invariant: at most one agent per home. A living one is left to its work and found again; one
 * with a live run is never ended by the server's end.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import type { Config } from './config/environment.ts'
import { holderOf } from './config/home-lock.ts'
import type { Server } from './runs/server-link.ts'

export const EMBEDDED = 'embedded'

const serverFile = (home: string): string => join(home, 'agent', 'server.json')

/** The token of the embedded agent: made once, kept in the home, never told to anybody else. */
export function embeddedToken(home: string): string {
  const path = join(home, 'agent', 'token')
  mkdirSync(join(home, 'agent'), { recursive: true, mode: 0o700 })
  const kept = existsSync(path) ? readFileSync(path, 'utf8').trim() : ''
  if (kept !== '') return kept
  const token = randomBytes(32).toString('hex')
  replaceFile(path, token)
  return token
}

/** Tells the embedded agent where the server is now. */
export function publishServer(home: string, server: Server): void {
  replaceFile(serverFile(home), JSON.stringify(server))
}

/** Whoever reads it finds the old text or the new one, whenever this process is killed. */
function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600, flush: true })
  renameSync(`${path}.new`, path)
}

/** Where the server of this home was last. */
export const publishedServer = (home: string): Server =>
  JSON.parse(readFileSync(serverFile(home), 'utf8'))

export interface AgentKeeper {
  /** Starts the agent unless one lives or is on its way. */
  readonly ensure: () => Promise<void>
  /** Asks it to stop: an idle one does at once, one with a live run when that has ended. */
  readonly release: () => Promise<void>
}

/**
 * Keeps one agent for this home, which reaches GitHub as this server does. What it started counts as
 * alive before it holds the lock.
 */
export function keepAgentOf(config: AgentConfig, log: Logger): AgentKeeper {
  const { home } = config
  let started: ChildProcess | null = null
  const isStarting = (): boolean =>
    started !== null && started.exitCode === null && started.signalCode === null
  return {
    ensure: async () => {
      if (isStarting() || (await holderOf(home, 'agent')) !== null) return
      started = startAgent(config, log)
      started.on('error', () => {
        started = null
      })
    },
    release: async () => {
      const holder = await holderOf(home, 'agent')
      const pids = new Set([holder, isStarting() ? started?.pid : null])
      for (const pid of pids) if (pid != null) ask(pid)
    },
  }
}

type AgentConfig = Pick<Config, 'home' | 'github' | 'githubToken'>

function startAgent({ home, github, githubToken }: AgentConfig, log: Logger): ChildProcess {
  const output = openSync(join(home, 'agent', 'agent.log'), 'a', 0o600)
  const cli = fileURLToPath(new URL('./cli.js', import.meta.url))
  const child = spawn(process.execPath, [cli, 'agent', '--embedded'], {
    detached: true,
    stdio: ['ignore', output, output],
    env: {
      ...agentEnvironment(process.env),
      SIGNALBOX_HOME: home,
      GITHUB_API_URL: github.apiUrl,
      GITHUB_TOKEN: githubToken?.reveal(),
    },
  })
  child.on('error', (fault) => log.error({ err: fault }, 'the embedded agent could not be started'))
  child.unref()
  closeSync(output)
  log.info({ agent: child.pid }, 'started the embedded agent')
  return child
}

const NOT_FOR_AGENTS: ReadonlySet<string> = new Set([
  'DATABASE_URL',
  'REDIS_URL',
  'SIGNALBOX_API_TOKENS',
  'SLACK_BOT_TOKEN',
  'SLACK_SIGNING_SECRET',
  'SLACK_APP_TOKEN',
  'GITHUB_WEBHOOK_SECRET',
  'GITHUB_APP_ID',
  'GITHUB_PRIVATE_KEY',
  'GITHUB_PRIVATE_KEY_FILE',
])

/** Signalbox's own secrets are not for the process that runs other people's scripts. */
function agentEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !NOT_FOR_AGENTS.has(name)))
}

function ask(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM')
  } catch {
    // It ended between the look and the signal.
  }
}
