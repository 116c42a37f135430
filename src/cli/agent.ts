/**
 * `signalbox agent`: runs deploys, here or on another machine.
 *
 * Invariant: it needs an address and a token of its own, and no door open to it.
 */
import { join } from 'node:path'
import type { Command } from 'commander'
import pino from 'pino'
import { lockHome } from '../config/home-lock.ts'
import { EMBEDDED, publishedServer } from '../embedded-agent.ts'
import { runAgent } from '../runs/agent.ts'
import { createCheckouts } from '../runs/checkout.ts'
import { createServerLink, type Server } from '../runs/server-link.ts'
import { configOrExit, leave } from './configuration.ts'

interface Options {
  readonly name?: string
  readonly embedded?: boolean
  readonly pass: readonly string[]
}

export function addAgent(program: Command): void {
  program
    .command('agent')
    .description('run deploys: polls the server at SIGNALBOX_URL with SIGNALBOX_TOKEN')
    .option('--name <name>', 'this agent, as environments name it; the name of its token')
    .option('--embedded', 'the agent of the server with this SIGNALBOX_HOME')
    .option('--pass <variables...>', 'variables of this environment that deploys may see', [])
    .action(async (options: Options) => {
      const config = configOrExit()
      const home = options.embedded ? config.home : join(config.home, 'agents', options.name ?? '')
      const where = options.embedded ? () => publishedServer(config.home) : remote(options)
      const log = pino({ level: config.logLevel }, pino.destination({ dest: 2, sync: true }))
      const unlock = await lockHome(home, 'agent')
      const stopping = new AbortController()
      for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        process.on(signal, () => stopping.abort())
      }
      const githubToken = config.githubToken?.reveal() ?? null
      const passed = options.pass.flatMap((name) => process.env[name] ?? [])
      await runAgent({
        name: options.name ?? EMBEDDED,
        home,
        link: createServerLink(where),
        checkouts: createCheckouts({ home, githubToken }),
        pass: options.pass,
        secrets: [...passed, ...(githubToken === null ? [] : [githubToken]), where().token],
        env: process.env,
        log,
        timing: {
          now: Date.now,
          rest: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
          graceMs: 10_000,
          lookMs: 200,
        },
        stopping: stopping.signal,
        waitMs: 20_000,
      })
      await unlock()
    })
}

function remote({ name }: Options): () => Server {
  const { SIGNALBOX_URL: url, SIGNALBOX_TOKEN: token } = process.env
  const problems = [
    ...(name === undefined ? ['--name is missing: which agent is this?'] : []),
    ...(url === undefined ? ['SIGNALBOX_URL is missing: where is the server?'] : []),
    ...(token === undefined ? ['SIGNALBOX_TOKEN is missing: the token named like the agent'] : []),
  ]
  if (url === undefined || token === undefined || problems.length > 0) leave(problems)
  return () => ({ url, token })
}
