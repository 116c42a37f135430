/**
 * The playground begun anew, and begun once.
 *
 * Invariant: only what a playground made is erased, by name; never while any process of it lives,
 * and never a database or a configuration of one's own.
 */
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Config } from '../config/environment.ts'
import { holderOf } from '../config/home-lock.ts'
import { eraseEmbedded } from '../db/embedded.ts'
import { publishedServer } from '../embedded-agent.ts'
import { leave, usesSample } from './configuration.ts'

const MADE = [
  'agent',
  'agent.lock',
  'checkouts',
  'logs',
  'mirrors',
  'playground.json',
  'postgres.password',
  'runs',
  'sample',
  'serve.lock',
  'worker.lock',
] as const

const ENDS_WITHIN_MS = 10_000

/** Leaves, saying where it is, when this home's playground runs already. */
export async function leaveIfRunning(config: Config): Promise<void> {
  const pid = await holderOf(config.home, 'serve')
  if (pid === null) return
  const where = ` at ${publishedServer(config.home).url}`.replace('127.0.0.1', 'localhost')
  leave([
    `the playground of ${config.home} runs already (pid ${pid})${where}: open it there, or stop it first; SIGNALBOX_HOME names another one`,
  ])
}

/** Erases this home's playground, so that the next start makes a new one. */
export async function erasePlayground(config: Config, log: Logger): Promise<void> {
  const { home } = config
  if (!usesSample(config)) leave(['--fresh is for the playground, and here is a pipeline file'])
  if (config.databaseUrl !== null) {
    leave(['--fresh does not erase the database of DATABASE_URL: unset it, or empty it yourself'])
  }
  if (!existsSync(join(home, 'sample'))) return
  for (const role of ['worker', 'agent'] as const) await end(home, role)
  await eraseEmbedded({ home, log })
  for (const name of MADE) await rm(join(home, name), { recursive: true, force: true })
}

/** One that outlived its server; an agent with a deploy under way takes its time. */
async function end(home: string, role: 'worker' | 'agent'): Promise<void> {
  const until = Date.now() + ENDS_WITHIN_MS
  for (;;) {
    const pid = await holderOf(home, role)
    if (pid === null) return
    if (Date.now() > until) {
      const why = role === 'agent' ? 'still deploys' : 'does not end'
      leave([`the ${role} (pid ${pid}) of ${home} ${why}: begin anew when it is gone`])
    }
    process.kill(pid, 'SIGTERM')
    await new Promise((look) => setTimeout(look, 200))
  }
}
