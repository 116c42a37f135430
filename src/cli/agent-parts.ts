/**
 * What an agent's process consists of, whether it polls or a person deploys with it.
 *
 * Invariant: one agent, one home, one journal, whoever starts it.
 */
import { join } from 'node:path'
import { EMBEDDED } from '../embedded-agent.ts'
import { type Checkouts, createCheckouts } from '../runs/checkout.ts'
import type { Timing } from '../runs/execute.ts'
import { configOrExit } from './configuration.ts'

export interface AgentChoice {
  readonly name?: string
  readonly embedded?: boolean
  readonly pass: readonly string[]
}

export interface AgentParts {
  readonly name: string
  readonly home: string
  /** The home of the server that keeps this agent; null: nobody does. */
  readonly serverHome: string | null
  readonly checkouts: Checkouts
  readonly pass: readonly string[]
  readonly secrets: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly timing: Timing
}

/** Without a name it is the embedded agent of this SIGNALBOX_HOME. */
export function agentParts({ name, embedded, pass }: AgentChoice): AgentParts {
  const config = configOrExit()
  const own = embedded === true || name === undefined
  const home = own ? config.home : join(config.home, 'agents', name)
  const githubToken = config.githubToken?.reveal() ?? null
  const passed = pass.flatMap((variable) => process.env[variable] ?? [])
  const token = process.env['SIGNALBOX_TOKEN']
  return {
    name: name ?? EMBEDDED,
    home,
    serverHome: own ? config.home : null,
    checkouts: createCheckouts({
      home,
      github: { webUrl: config.github.webUrl, token: githubToken },
    }),
    pass,
    secrets: [...passed, githubToken ?? [], token ?? []].flat(),
    env: process.env,
    timing: {
      now: Date.now,
      rest: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      graceMs: 10_000,
      lookMs: 200,
    },
  }
}
