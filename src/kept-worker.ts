/**
 * Keeps a worker beside the server of this home: a process of its own, with the server's database.
 *
 * Invariant: it ends with its server, whatever ends that. Killed, it is missed for some seconds and
 * started again; nothing is lost meanwhile, since all it would do stands in the database.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import type { Config } from './config/environment.ts'
import { holderOf } from './config/home-lock.ts'

export interface WorkerKeeper {
  /** Asks it to stop, and waits until it has. */
  readonly stop: () => Promise<void>
}

export interface Keeping {
  readonly home: string
  /** What it starts in. */
  readonly env: NodeJS.ProcessEnv
  readonly log: Logger
}

/** Long enough that a person sees what stands still without one, short enough to wait for. */
const RESTART_MS = 6_000
const STOP_MS = 15_000

/** Starts it at once, and again whenever it is gone. */
export function keepWorkerOf({ home, env, log }: Keeping): WorkerKeeper {
  let isStopping = false
  let child: ChildProcess | null = null
  let timer: NodeJS.Timeout | null = null
  const again = (): void => {
    child = null
    if (!isStopping) timer = setTimeout(() => void start(), RESTART_MS)
  }
  const start = async (): Promise<void> => {
    // One of a server that was killed: it is about to notice.
    if ((await holderOf(home, 'worker')) !== null) return again()
    if (isStopping) return
    const started = startWorkerProcess(env)
    child = started
    started.once('error', (fault) => {
      log.error({ err: fault }, 'the worker could not be started; tried again')
      again()
    })
    started.once('exit', (code, signal) => {
      if (!isStopping) log.warn({ worker: started.pid, code, signal }, 'the worker has ended')
      again()
    })
    log.info({ worker: started.pid }, 'started the worker')
  }
  void start()
  return {
    stop: async () => {
      isStopping = true
      if (timer !== null) clearTimeout(timer)
      if (child !== null) await ended(child)
    },
  }
}

/** Its channel is how it learns that this process has gone without a word. */
const startWorkerProcess = (env: NodeJS.ProcessEnv): ChildProcess =>
  spawn(
    process.execPath,
    [fileURLToPath(new URL('./cli.js', import.meta.url)), 'serve', '--role', 'worker'],
    { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], env },
  )

async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((done) => child.once('exit', done))
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  child.kill('SIGTERM')
  await gone
  clearTimeout(late)
}

/** The variables that describe this installation to another process on this machine. */
export function workerEnvironment(
  config: Config,
  { databaseUrl, file, tokens }: Described,
): NodeJS.ProcessEnv {
  const { slack, github, githubToken } = config
  const names = new Map(tokens.map(({ name, secret }) => [name, secret]))
  const database = new URL(databaseUrl)
  const options = database.searchParams.get('options')
  // The queue's library has options of its own, which those of an address would replace.
  database.searchParams.delete('options')
  return {
    ...process.env,
    ...(options === null ? {} : { PGOPTIONS: options }),
    DATABASE_URL: database.href,
    PORT: '0',
    HOST: '127.0.0.1',
    SIGNALBOX_URL: config.url,
    SIGNALBOX_HOME: config.home,
    SIGNALBOX_CONFIG: file,
    SIGNALBOX_API_TOKENS: [...names].map((one) => one.join('=')).join(','),
    SLACK_API_URL: slack?.apiUrl,
    SLACK_BOT_TOKEN: slack?.botToken.reveal(),
    SLACK_SIGNING_SECRET: slack?.signingSecret?.reveal(),
    GITHUB_API_URL: github.apiUrl,
    GITHUB_TOKEN: githubToken?.reveal(),
    ...(github.app === null ? NO_APP : {}),
  }
}

const NO_APP = {
  GITHUB_APP_ID: undefined,
  GITHUB_PRIVATE_KEY: undefined,
  GITHUB_PRIVATE_KEY_FILE: undefined,
}

interface Described {
  readonly databaseUrl: string
  readonly file: string
  /** All that the pipeline file may name. */
  readonly tokens: readonly { readonly name: string; readonly secret: string }[]
}
