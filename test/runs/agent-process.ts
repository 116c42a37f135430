/**
 * An agent as a process of its own, so that it can be killed.
 *
 * Invariant: it runs the very sources, their types taken off; nothing of the build is needed.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { compileInto } from '../world/compiled.ts'
import { newFolder } from './bench.ts'

const MAIN = `
import { runAgent } from './src/runs/agent.js'
import { createCheckouts } from './src/runs/checkout.js'
import { createServerLink } from './src/runs/server-link.js'
const [home, url, token] = process.argv.slice(2)
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())
const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const quiet = () => undefined
await runAgent({
  name: 'embedded', home, link: createServerLink(() => ({ url, token })),
  checkouts: createCheckouts({ home, github: { webUrl: 'https://github.com', token: null } }),
  pass: [], secrets: ['swordfish'], env: process.env,
  log: { info: quiet, warn: quiet, error: console.error },
  timing: { now: Date.now, rest: (ms) => rest(Math.min(ms, 50)), graceMs: 300, lookMs: 10 },
  stopping: stop.signal, waitMs: 100,
})
`

/** Puts the agent's sources, without types, where node can run them. */
export function compileAgent(): string {
  const folder = newFolder()
  compileInto(folder, ['src/runs/agent.ts', 'src/runs/checkout.ts', 'src/runs/server-link.ts'])
  const main = join(folder, 'main.js')
  writeFileSync(main, MAIN)
  return main
}

export function startAgent(
  main: string,
  home: string,
  { url, token }: { readonly url: string; readonly token: string },
): ChildProcess {
  const child = spawn(process.execPath, [main, home, url, token], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return child
}

/** Waits for the end; answers the exit status, null after a signal. */
export const endOf = (child: ChildProcess): Promise<number | null> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise((resolve) => {
        child.once('exit', (code) => resolve(code))
      })
