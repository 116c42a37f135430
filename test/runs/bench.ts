/**
 * What the tests of the agent share: a home, a repository, orders, and bounded waiting.
 *
 * Invariant: real processes, real git, real files; nothing is waited for without an end.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createCheckouts } from '../../src/runs/checkout.ts'
import { type Control, type Ended, type Executing, execute } from '../../src/runs/execute.ts'
import { type Journal, openJournal } from '../../src/runs/journal.ts'
import type { RunOrder } from '../../src/runs/protocol.ts'

export const rest = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-runs-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Looks every 10 ms; fails after 10 s, saying what it waited for. */
export async function until<T>(what: string, look: () => T | null | undefined | false): Promise<T> {
  for (const end = Date.now() + 10_000; Date.now() < end; await rest(10)) {
    const found = look()
    if (found !== null && found !== undefined && found !== false) return found
  }
  throw new Error(`waited in vain for ${what}`)
}

/** A zombie is dead: who has to collect it is not ours to say. */
export function isAlive(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout.trim() !== '' && !stdout.startsWith('Z')
}

export interface Repository {
  readonly path: string
  readonly commit: (content: string) => string
}

export function newRepository(): Repository {
  const path = newFolder()
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-C', path, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
      encoding: 'utf8',
    }).trim()
  git('init', '--quiet', '--initial-branch=main')
  return {
    path,
    commit: (content) => {
      writeFileSync(join(path, 'version'), content)
      git('add', '.')
      git('commit', '--quiet', '-m', content)
      return git('rev-parse', 'HEAD')
    },
  }
}

/** An order that runs `command` in `folder`. */
export function newOrder(
  folder: string,
  command: string,
  change: Partial<RunOrder> = {},
): RunOrder {
  return {
    run: 'run-1',
    epoch: 1,
    pipeline: 'api',
    environment: 'production',
    kind: 'forward',
    sha: 'a'.repeat(40),
    baseSha: null,
    train: 7,
    repository: 'acme/api',
    command,
    in: folder,
    timeoutMs: 60_000,
    silenceTimeoutMs: null,
    ...change,
  }
}

export interface Bench {
  readonly home: string
  readonly journal: Journal
  readonly executing: Executing
  /** Claims and executes, and journals the end, as the agent does. */
  readonly run: (order: RunOrder, control?: Control) => Promise<Ended>
}

export function newBench(change: Partial<Executing> = {}): Bench {
  const home = newFolder()
  const journal = openJournal(join(home, 'agent'))
  const executing: Executing = {
    home,
    journal,
    checkouts: createCheckouts({ home, github: { webUrl: 'https://github.com', token: null } }),
    pass: [],
    secrets: [],
    env: { PATH: process.env['PATH'], HOME: home },
    timing: { now: Date.now, rest, graceMs: 300, lookMs: 10 },
    ...change,
  }
  return {
    home,
    journal,
    executing,
    run: async (order, control = { cancelled: false }) => {
      journal.append({ type: 'claimed', order })
      const ended = await execute(executing, order, control)
      journal.append({ type: 'ended', run: order.run, at: Date.now(), ...ended })
      return ended
    },
  }
}
