/**
 * An installation whose processes are killed: a supervisor starts each again, as in production;
 * Slack and GitHub are faked at the wire; the deploy script leaves its own witness.
 *
 * Invariant: everything else is real: the build, PostgreSQL, git, HTTP, processes and signals.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type TestDatabase, testDatabase } from '../world/database.ts'
import { FakeGithub, SECRET } from '../world/github.ts'
import { CHANNEL, FakeSlack, SIGNING_SECRET } from '../world/slack.ts'
import { Failpoints } from './failpoints.ts'
import { DEPLOY, MIGRATE, policyFile } from './policy-file.ts'
import { refusalsIn } from './reattach.ts'

const CLI = resolve('dist/cli.js')
const NAMES = ['ana', 'bob', 'builder'] as const

export type Name = (typeof NAMES)[number]

/** `lone`: one server with its embedded agent. `apart`: web, worker and agent each on their own. */
export type Shape = 'lone' | 'apart'

export interface Death {
  readonly process: string
  readonly pid: number
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly at: number
}

interface Kept {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  child: ChildProcess | null
  /** Started again when it ends. */
  wanted: boolean
}

export class KillTown {
  readonly home = mkdtempSync(join(tmpdir(), 'signalbox-kills-'))
  readonly points = new Failpoints(join(this.home, 'failpoints'))
  readonly github = new FakeGithub()
  readonly slack = new FakeSlack()
  readonly deaths: Death[] = []
  readonly tokens = Object.fromEntries(
    NAMES.map((name) => [name, randomBytes(20).toString('hex')]),
  ) as Record<Name, string>
  readonly shape: Shape
  readonly database: TestDatabase
  url = ''
  killedAtRandom = 0
  private readonly kept = new Map<string, Kept>()

  private constructor(shape: Shape, database: TestDatabase) {
    this.shape = shape
    this.database = database
  }

  /**
   * `empty`: without a schema. `spare`: a second worker, where they are apart. `stepped`: it goes in
   * steps, and a change labelled `migration` moves data.
   */
  static async open(
    shape: Shape,
    { empty = false, spare = false, stepped = false } = {},
  ): Promise<KillTown> {
    const town = new KillTown(shape, await testDatabase({ empty }))
    await town.github.start()
    await town.slack.start()
    const port = await freePort()
    town.url = `http://127.0.0.1:${port}`
    town.slack.botUrl = town.url
    town.configure(stepped)
    town.hire(port, spare)
    return town
  }

  private configure(stepped: boolean): void {
    // An agent beside the server fetches from the server's GitHub, one apart from github.com.
    const names = ['https://github.com', this.github.url].map((origin) => `${origin}/acme/api.git`)
    const fetched = names.map((name) => `  insteadOf = ${name}\n`).join('')
    writeFileSync(join(this.home, '.gitconfig'), `[url "${this.github.folder}"]\n${fetched}`)
    writeFileSync(join(this.home, 'deploy.sh'), DEPLOY)
    writeFileSync(join(this.home, 'migrate.sh'), MIGRATE)
    const agent = this.shape === 'apart' ? 'builder' : null
    const policy = policyFile({ home: this.home, channel: CHANNEL, agent, stepped })
    writeFileSync(join(this.home, 'signalbox.yml'), policy)
  }

  private hire(port: number, spare: boolean): void {
    const shared = {
      ...this.points.environment,
      PATH: process.env['PATH'] ?? '',
      HOME: this.home,
      DATABASE_URL: this.database.url,
      SIGNALBOX_URL: this.url,
      SIGNALBOX_HOME: join(this.home, 'server'),
      SIGNALBOX_CONFIG: join(this.home, 'signalbox.yml'),
      SIGNALBOX_API_TOKENS: NAMES.map((name) => `${name}=${this.tokens[name]}`).join(','),
      GITHUB_WEBHOOK_SECRET: SECRET,
      GITHUB_API_URL: this.github.url,
      SLACK_BOT_TOKEN: 'xoxb-1-token-of-the-tests',
      SLACK_SIGNING_SECRET: SIGNING_SECRET,
      SLACK_API_URL: `${this.slack.url}/api/`,
      LOG_LEVEL: 'warn',
    }
    const speaks = { GITHUB_TOKEN: 'a-token-of-the-tests' }
    const answering = { ...shared, ...speaks, PORT: String(port), HOST: '127.0.0.1' }
    const keep = (name: string, args: readonly string[], env: Kept['env']): void => {
      this.kept.set(name, { args, env, child: null, wanted: false })
    }
    if (this.shape === 'lone') {
      keep('server', ['serve'], answering)
      return
    }
    const working = { ...shared, ...speaks, PORT: '0' }
    const deploying = { ...this.points.environment, PATH: shared.PATH, HOME: this.home }
    keep('web', ['serve', '--role', 'web'], answering)
    for (const name of spare ? ['worker', 'spare'] : ['worker']) {
      const home = join(this.home, name)
      keep(name, ['serve', '--role', 'worker'], { ...working, SIGNALBOX_HOME: home })
    }
    keep('agent', ['agent', '--name', 'builder'], {
      ...deploying,
      SIGNALBOX_URL: this.url,
      SIGNALBOX_TOKEN: this.tokens.builder,
      SIGNALBOX_HOME: join(this.home, 'agent'),
      LOG_LEVEL: 'warn',
    })
  }

  get processes(): readonly string[] {
    return [...this.kept.keys()]
  }

  /** Who answers requests, who works, who deploys: the process's name in this town. */
  nameOf(role: 'web' | 'worker'): string {
    return this.shape === 'lone' ? 'server' : role
  }

  /** The `signalbox` command beside the running processes; answers its exit status and its words. */
  async command(
    args: readonly string[],
  ): Promise<{ readonly code: number | null; readonly said: string }> {
    const env = this.ofProcess(this.nameOf('web')).env
    const child = spawn(process.execPath, [CLI, ...args], {
      env: { ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (bytes: Buffer) => {
        said += bytes.toString()
      })
    }
    const code = await new Promise<number | null>((done) => child.once('close', done))
    return { code, said }
  }

  /** Starts every process; each is started again when it dies. */
  start(): void {
    for (const name of this.kept.keys()) this.spawn(name)
  }

  private ofProcess(name: string): Kept {
    const kept = this.kept.get(name)
    if (kept === undefined) throw new Error(`this town has no process ${name}`)
    return kept
  }

  private spawn(name: string): void {
    const kept = this.ofProcess(name)
    kept.wanted = true
    const output = openSync(join(this.home, `${name}.log`), 'a')
    const child = spawn(process.execPath, [CLI, ...kept.args], {
      env: { ...kept.env },
      stdio: ['ignore', output, output],
    })
    kept.child = child
    child.once('exit', (code, signal) => {
      const pid = child.pid ?? 0
      this.deaths.push({ process: name, pid, code, signal, at: Date.now() })
      if (kept.child === child) kept.child = null
      if (kept.wanted) this.spawn(name)
    })
  }

  /** Ends a process with a signal; the supervisor starts it again. */
  signal(name: string, signal: NodeJS.Signals): void {
    this.ofProcess(name).child?.kill(signal)
  }

  /** Kills a process, if it lives at this moment. */
  killAtRandom(name: string): void {
    if (this.ofProcess(name).child?.kill('SIGKILL')) this.killedAtRandom += 1
  }

  /** Ends a process for good. */
  async end(name: string, signal: NodeJS.Signals): Promise<void> {
    const kept = this.ofProcess(name)
    kept.wanted = false
    const { child } = kept
    if (child === null) return
    const ended = new Promise((done) => child.once('exit', done))
    child.kill(signal)
    await ended
  }

  /** What the processes have said last, and how the last of them died. */
  lastWords(): string {
    const words = this.processes.map((name) => {
      const log = readFileSync(join(this.home, `${name}.log`), 'utf8')
      return `${name}: ${log.slice(-1_500)}`
    })
    return [...words, JSON.stringify(this.deaths.slice(-5))].join('\n')
  }

  /** When an agent with a log of its own reached nobody; of an embedded one nothing is known. */
  refusals(): readonly number[] {
    if (!this.kept.has('agent')) return []
    return refusalsIn(readFileSync(join(this.home, 'agent.log'), 'utf8'))
  }

  /** Makes a file for which the deploy script looks. */
  put(name: string): void {
    writeFileSync(join(this.home, name), '')
  }

  take(name: string): void {
    rmSync(join(this.home, name), { force: true })
  }

  /** One line for each time a script really ran: the run's id, the sha, the traffic or increment. */
  witness(): readonly string[] {
    try {
      return readFileSync(join(this.home, 'ran'), 'utf8').trim().split('\n')
    } catch {
      return []
    }
  }

  async close(): Promise<void> {
    for (const name of this.kept.keys()) await this.end(name, 'SIGKILL')
    for (const pid of this.strays()) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It has ended already.
      }
    }
    await this.slack.stop()
    this.github.stop()
    await this.database.drop()
    await rm(this.home, { recursive: true, force: true, maxRetries: 5 })
  }

  /** The embedded agent is nobody's child. */
  private strays(): readonly number[] {
    try {
      const lock = readFileSync(join(this.home, 'server', 'agent.lock'), 'utf8')
      return [Number(lock.split(' ')[0])]
    } catch {
      return []
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const address = server.address()
  await new Promise((done) => server.close(done))
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}
