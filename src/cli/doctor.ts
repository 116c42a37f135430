/**
 * `signalbox doctor`: everything that is wrong, or may become so.
 *
 * Invariant: reads only. Exit 1 when something is wrong, for cron; warnings do not fail.
 */
import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { examine, type Finding } from '../app/doctor.ts'
import type { Config } from '../config/environment.ts'
import { holderOf } from '../config/home-lock.ts'
import { pendingMigrations } from '../db/migrate.ts'
import type { Pool } from '../db/transaction.ts'
import { EMBEDDED } from '../embedded-agent.ts'
import { MIGRATIONS } from '../serve.ts'
import { configOrExit, policiesOrExit } from './configuration.ts'
import { withDatabase } from './database.ts'

const MARKS = { wrong: '✗', warning: '⚠', fine: '✓' } as const satisfies Record<
  Finding['level'],
  string
>

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('look for what is wrong; also while the server runs')
    .action(async () => {
      const config = configOrExit()
      // Before the database is started for the look, which takes the server's place.
      const server = await serverOf(config.home)
      await withDatabase(async (pool) => {
        const findings = [
          ...(await findingsIn(pool, config, server)),
          ...(await supervision(server)),
        ]
        for (const { level, what } of findings) console.log(`${MARKS[level]} ${what}`)
        if (findings.some(({ level }) => level === 'wrong')) process.exitCode = 1
      })
    })
}

async function findingsIn(
  pool: Pool,
  config: Config,
  server: number | null,
): Promise<readonly Finding[]> {
  const missing = await pendingMigrations(pool, MIGRATIONS)
  if (missing.length > 0) {
    const names = missing.join(', ')
    return [{ level: 'wrong', what: `the database lacks ${names}: run \`signalbox migrate\`` }]
  }
  const { file, tokens } = policiesOrExit(config, null)
  return examine(pool, {
    file,
    tokenNames: [...config.apiTokens, ...tokens].map(({ name }) => name),
    resting: server === null ? [EMBEDDED] : [],
  })
}

/** The process that serves this home, whatever its role; null: none does here. */
async function serverOf(home: string): Promise<number | null> {
  for (const role of ['serve', 'web', 'worker'] as const) {
    const pid = await holderOf(home, role)
    if (pid !== null) return pid
  }
  return null
}

/** Who ends whom: a supervisor that kills whole groups takes a running deploy with it. */
async function supervision(server: number | null): Promise<readonly Finding[]> {
  if (server === null) return [{ level: 'warning', what: 'no server of this home runs here' }]
  const unit = await unitOf(server)
  if (unit === null) {
    const what = `the server runs as process ${server}, not as a systemd service; its agent outlives it`
    return [{ level: 'fine', what }]
  }
  const what = `the server runs as ${unit}; a stop of that unit also ends an embedded agent, and its deploy: run \`signalbox agent\` as a unit of its own (see README)`
  return [{ level: 'warning', what }]
}

/** The systemd service a process belongs to; null: none, or this is no Linux. */
async function unitOf(pid: number): Promise<string | null> {
  const text = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '')
  const last = text.trim().split('\n').at(-1)?.split('/').at(-1) ?? ''
  return last.endsWith('.service') && !last.startsWith('user@') ? last : null
}
