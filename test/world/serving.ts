/**
 * A whole installation as real processes: the server, its agent, a git repository, the API.
 *
 * Invariant: started from the build as a user would start it; everything it started is ended.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { StateJson } from '../../src/cli/board.ts'

const CLI = resolve('dist/cli.js')
const NAMES = ['ana', 'bob', 'ci', 'builder'] as const

export type Name = (typeof NAMES)[number]

export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

export class Installation {
  readonly home = mkdtempSync(join(tmpdir(), 'signalbox-ride-'))
  readonly repository = join(this.home, 'repository')
  /** What the deploy script appends to: its witness, outside of Signalbox. */
  readonly ran = join(this.home, 'ran')
  readonly tokens = Object.fromEntries(
    NAMES.map((name) => [name, randomBytes(20).toString('hex')]),
  ) as Record<Name, string>
  readonly databaseUrl: string | null
  server: ChildProcess | null = null
  url = ''

  /** `script`: the body of deploy.sh; `pipeline`: lines of the configuration below `api:`. */
  constructor(
    databaseUrl: string | null,
    { script, pipeline }: { readonly script: (home: string) => string; readonly pipeline: string },
  ) {
    this.databaseUrl = databaseUrl
    mkdirSync(this.repository)
    this.git('init', '--quiet', '--initial-branch', 'main')
    this.git('config', 'user.name', 'Test')
    this.git('config', 'user.email', 'test@example.com')
    const record = `echo "$SIGNALBOX_ENVIRONMENT $SIGNALBOX_SHA $SIGNALBOX_RUN_ID" >> '${this.ran}'`
    writeFileSync(
      join(this.repository, 'deploy.sh'),
      `#!/bin/sh\n${record}\n${script(this.home)}\n`,
    )
    this.git('add', '.')
    this.git('commit', '--quiet', '-m', 'Start')
    const people = '  - { name: ana, github: ana }\n  - { name: bob, github: bob }'
    writeFileSync(
      join(this.home, 'signalbox.yml'),
      `people:\n${people}\npipelines:\n  api:\n    repository: ${this.repository}\n${pipeline}\n`,
    )
  }

  git(...args: readonly string[]): string {
    return execFileSync('git', ['-C', this.repository, ...args], { encoding: 'utf8' }).trim()
  }

  /** Starts the server and waits until it says that it is ready. */
  async start(): Promise<void> {
    const { child, said } = await this.run(['serve'], {})
    this.server = child
    this.url = /ready at (\S+)/.exec(said)?.[1] ?? ''
  }

  /** Starts the `signalbox` command, and waits for its first word. */
  async run(
    args: readonly string[],
    more: NodeJS.ProcessEnv,
  ): Promise<{ readonly child: ChildProcess; readonly said: string }> {
    const { DATABASE_URL: _, REDIS_URL: __, ...env } = process.env
    const child = spawn(process.execPath, [CLI, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...env,
        ...(this.databaseUrl === null ? {} : { DATABASE_URL: this.databaseUrl }),
        PORT: '0',
        SIGNALBOX_HOME: this.home,
        SIGNALBOX_CONFIG: join(this.home, 'signalbox.yml'),
        SIGNALBOX_API_TOKENS: NAMES.map((name) => `${name}=${this.tokens[name]}`).join(','),
        LOG_LEVEL: 'warn',
        ...more,
      },
    })
    let said = ''
    child.stderr?.on('data', (bytes: Buffer) => {
      said += bytes.toString()
    })
    await new Promise<void>((ready, fail) => {
      child.once('exit', (code) => fail(new Error(`${args[0]} ended with ${code}: ${said}`)))
      child.stdout?.on('data', (bytes: Buffer) => {
        said += bytes.toString()
        ready()
      })
    })
    return { child, said }
  }

  async call(who: Name | null, path: string, body?: unknown): Promise<Answer> {
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      headers: who === null ? {} : { authorization: `Bearer ${this.tokens[who]}` },
    })
    return { status: answer.status, body: (await answer.json()) as Answer['body'] }
  }

  command(who: Name, body: Readonly<Record<string, unknown>>): Promise<Answer> {
    return this.call(who, '/pipelines/api/commands', body)
  }

  /** Merges a branch with a real merge commit, and reports it; answers its sha. */
  async merge(author: Name, title: string): Promise<string> {
    const parent = this.git('rev-parse', 'HEAD')
    this.git('checkout', '--quiet', '-b', 'change')
    this.git('commit', '--quiet', '--allow-empty', '-m', title)
    this.git('checkout', '--quiet', 'main')
    this.git('merge', '--quiet', '--no-ff', '-m', `Merge: ${title}`, 'change')
    this.git('branch', '--quiet', '-d', 'change')
    const sha = this.git('rev-parse', 'HEAD')
    const merged_at = new Date().toISOString()
    const change = { type: 'record_change', sha, parent, title, author, merged_at }
    const answer = await this.command('ci', change)
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
    return sha
  }

  async state(): Promise<StateJson> {
    return (await this.call('ana', '/pipelines/api')).body as unknown as StateJson
  }

  /** Waits, looking often, until the state is as the story needs it. */
  async until(what: string, holds: (state: StateJson) => boolean): Promise<StateJson> {
    const limit = Date.now() + 40_000
    for (;;) {
      const state = await this.state()
      if (holds(state)) return state
      if (Date.now() > limit) throw new Error(`never: ${what}\n${JSON.stringify(state, null, 2)}`)
      await new Promise((look) => setTimeout(look, 100))
    }
  }

  /** One line for each time the deploy script really ran. */
  witness(): readonly string[] {
    try {
      return readFileSync(this.ran, 'utf8').trim().split('\n')
    } catch {
      return []
    }
  }

  /** Makes a file in the home, for which a deploy script may wait. */
  touch(name: string): void {
    writeFileSync(join(this.home, name), '')
  }

  release(name: string): void {
    rmSync(join(this.home, name), { force: true })
  }

  agentPid(): number {
    const pid = Number(readFileSync(join(this.home, 'agent.lock'), 'utf8').split(' ')[0])
    // The lock is there a moment before it says whose it is, and 0 would be all of us.
    if (!Number.isSafeInteger(pid) || pid <= 0) throw new Error('the agent’s lock is still empty')
    return pid
  }

  /** Waits until there is an agent, and it has said so. */
  async agentBegun(): Promise<number> {
    for (const limit = Date.now() + 20_000; ; await new Promise((look) => setTimeout(look, 20))) {
      try {
        return this.agentPid()
      } catch (fault) {
        if (Date.now() > limit) throw fault
      }
    }
  }

  /** Waits until the agent, asked to stop with its server, has done so. */
  async agentEnded(): Promise<void> {
    const limit = Date.now() + 20_000
    while (existsSync(join(this.home, 'agent.lock'))) {
      if (Date.now() > limit) throw new Error('the agent did not end with its server')
      await new Promise((look) => setTimeout(look, 50))
    }
  }

  /** Lines of the configuration below `api:`, as a person edits them. */
  configure(pipeline: string): void {
    const path = join(this.home, 'signalbox.yml')
    const text = readFileSync(path, 'utf8')
    const head = text.slice(0, text.indexOf('    repository:'))
    writeFileSync(path, `${head}    repository: ${this.repository}\n${pipeline}\n`)
  }

  /** As a power failure would: no signal handler runs. */
  async killServer(): Promise<void> {
    await this.end('SIGKILL')
  }

  async stop(): Promise<void> {
    await this.end('SIGTERM')
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const server = this.server
    this.server = null
    if (server === null || server.exitCode !== null) return
    const ended = new Promise((done) => server.once('exit', done))
    server.kill(signal)
    await ended
  }

  async clean(): Promise<void> {
    await this.stop()
    try {
      process.kill(this.agentPid(), 'SIGKILL')
    } catch {
      // It stopped with the server, as it should.
    }
    await rm(this.home, { recursive: true, force: true, maxRetries: 5 })
  }
}
