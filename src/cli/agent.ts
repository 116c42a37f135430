/**
 * `signalbox agent`: runs deploys, here or on another machine.
 *
 * Invariant: it needs an address and a token of its own, and no door open to it.
 */
import type { Command } from 'commander'
import pino from 'pino'
import { lockHome } from '../config/home-lock.ts'
import { publishedServer } from '../embedded-agent.ts'
import { runAgent } from '../runs/agent.ts'
import { createServerLink, type Server } from '../runs/server-link.ts'
import { addAgentDeploy } from './agent-deploy.ts'
import { type AgentChoice, agentParts } from './agent-parts.ts'
import { configOrExit, leave } from './configuration.ts'

export function addAgent(program: Command): void {
  const agent = program
    .command('agent')
    .description('run deploys: polls the server at SIGNALBOX_URL with SIGNALBOX_TOKEN')
    .option('--name <name>', 'this agent, as environments name it; the name of its token')
    .option('--embedded', 'the agent of the server with this SIGNALBOX_HOME')
    .option('--pass <variables...>', 'variables of this environment that deploys may see', [])
    .action(async (options: AgentChoice) => {
      const { logLevel, home: serverHome } = configOrExit()
      const where = options.embedded ? () => publishedServer(serverHome) : remote(options)
      const { secrets, ...parts } = agentParts(options)
      const log = pino({ level: logLevel }, pino.destination({ dest: 2, sync: true }))
      const unlock = await lockHome(parts.home, 'agent')
      const stopping = new AbortController()
      for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        process.on(signal, () => stopping.abort())
      }
      await runAgent({
        ...parts,
        link: createServerLink(where),
        secrets: [...secrets, where().token],
        log,
        stopping: stopping.signal,
        waitMs: 20_000,
      })
      await unlock()
    })
  addAgentDeploy(agent)
}

function remote({ name }: AgentChoice): () => Server {
  const { SIGNALBOX_URL: url, SIGNALBOX_TOKEN: token } = process.env
  const problems = [
    ...(name === undefined ? ['--name is missing: which agent is this?'] : []),
    ...(url === undefined ? ['SIGNALBOX_URL is missing: where is the server?'] : []),
    ...(token === undefined ? ['SIGNALBOX_TOKEN is missing: the token named like the agent'] : []),
  ]
  if (url === undefined || token === undefined || problems.length > 0) leave(problems)
  return () => ({ url, token })
}
