/**
 * What a process does by the clock beside its work: looks at the invariants, lets old things go.
 *
 * Invariant: nothing here moves a train. A look that fails is told and made up by the next one.
 */
import { join } from 'node:path'
import type { Logger } from 'pino'
import { retainLogs, retainRows } from './app/retention.ts'
import type { Role } from './config/role.ts'
import { brokenInvariants } from './db/audit.ts'
import { inTransaction, type Pool } from './db/transaction.ts'
import type { Metrics } from './http/metrics.ts'

export interface Upkeep {
  readonly stop: () => Promise<void>
}

export interface UpkeepOptions {
  readonly pool: Pool
  readonly role: Role
  readonly home: string
  readonly metrics: Metrics
  readonly log: Logger
}

const INVARIANTS_EVERY_MS = 5 * 60_000
const RETENTION_EVERY_MS = 3_600_000

export function startUpkeep({ pool, role, home, metrics, log }: UpkeepOptions): Upkeep {
  const directory = join(home, 'logs')
  const chores = [
    ...(role === 'web'
      ? []
      : [
          repeat(INVARIANTS_EVERY_MS, log, () => lookAtInvariants(pool, metrics, log)),
          repeat(RETENTION_EVERY_MS, log, () => retainRows(pool, log)),
        ]),
    // Logs lie where agents push them: with whoever answers.
    ...(role === 'worker'
      ? []
      : [
          repeat(RETENTION_EVERY_MS, log, () =>
            retainLogs(pool, { directory, now: Date.now(), log }),
          ),
        ]),
  ]
  return {
    stop: async () => {
      await Promise.all(chores.map((stop) => stop()))
    },
  }
}

/** Names what is broken at error level, for whoever reads logs and for whoever counts. */
export async function lookAtInvariants(pool: Pool, metrics: Metrics, log: Logger): Promise<void> {
  const broken = await inTransaction(pool, brokenInvariants)
  metrics.brokenInvariants(broken.length)
  for (const { invariant, what } of broken) {
    log.error({ invariant, what }, 'an invariant is broken: see `signalbox doctor`')
  }
}

/** At once, then again and again, never twice at a time; answers how to end it. */
function repeat(everyMs: number, log: Logger, chore: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve()
  const run = (): void => {
    running = running.then(chore).catch((fault: unknown) => {
      log.warn({ err: fault }, 'upkeep failed; it is tried again later')
    })
  }
  const timer = setInterval(run, everyMs)
  run()
  return async () => {
    clearInterval(timer)
    await running
  }
}
