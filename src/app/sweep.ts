/**
 * The sweep: what drives everything when every hint is lost.
 *
 * Invariant: it reads `due_at` and leases from the database and holds no state, so any number of
 * processes may sweep at once. One pipeline's fault never keeps the others waiting.
 */
import type { Logger } from 'pino'
import type { Actor } from '../core/model.ts'
import { duePipelines } from '../db/runs.ts'
import { inTransaction, type Pool } from '../db/transaction.ts'
import { type Agents, LEASE_MS } from './agents.ts'
import type { Dispatch } from './dispatch.ts'
import type { LockAll } from './lock-all.ts'
import type { Watch } from './watching.ts'

/** The promise is 5 s; sweeping more often makes soaks and time-outs prompt. */
const EVERY_MS = 1_000

const SWEEP: Actor = { name: 'signalbox', kind: 'system', groups: [] }

export interface Sweeping {
  readonly pool: Pool
  readonly dispatch: Dispatch
  readonly agents: Agents
  readonly lockAll: LockAll
  readonly watch: Watch
  readonly log: Logger
  /** Pipelines this process knows; others in the same database are somebody else's. */
  readonly known: (pipeline: string) => boolean
  readonly rest: (ms: number, signal: AbortSignal) => Promise<void>
}

/** One sweep: declares silent runs unknown, ticks every due pipeline, then looks for concerns. */
export async function sweepOnce({
  pool,
  dispatch,
  agents,
  lockAll,
  watch,
  log,
  known,
}: Sweeping): Promise<void> {
  try {
    await agents.expire()
  } catch (fault) {
    log.error({ err: fault }, 'silent runs could not be told of')
  }
  await lockAll({ type: 'tick' }, SWEEP)
  for (const name of (await inTransaction(pool, duePipelines)).filter(known)) {
    try {
      //! failpoint sweep.due_found
      await dispatch(name, { type: 'tick' }, SWEEP)
    } catch (fault) {
      log.error({ err: fault, pipeline: name }, 'a due pipeline could not be moved')
    }
  }
  await watch.look()
}

/** Longer between two sweeps than this, and nobody could know who was silent meanwhile. */
const GAP_MS = 10_000

/**
 * Says whether leases may be judged now. Invariant: an agent is silent only if it could have been
 * heard for a whole lease: not after a start, an outage of the database, or a pause of this process.
 */
export function createPatience(now: () => number): {
  readonly judges: () => boolean
  readonly swept: (well: boolean) => void
} {
  let sweptAt = now()
  let judgesFrom = now() + LEASE_MS
  const forgive = (): void => {
    if (now() - sweptAt > GAP_MS) judgesFrom = now() + LEASE_MS
    sweptAt = now()
  }
  return {
    judges: () => {
      forgive()
      return now() >= judgesFrom
    },
    swept: (well) => {
      forgive()
      if (!well) judgesFrom = now() + LEASE_MS
    },
  }
}

/** Sweeps until `signal` aborts. */
export async function sweepForever(sweeping: Sweeping, signal: AbortSignal): Promise<void> {
  // A run whose log could not be heard is not silent either, and its agent may be about to call.
  const patient: Sweeping = {
    ...sweeping,
    agents: { ...sweeping.agents, expire: async () => {} },
    watch: { ...sweeping.watch, look: async () => {} },
  }
  const patience = createPatience(() => performance.now())
  while (!signal.aborted) {
    try {
      await sweepOnce(patience.judges() ? sweeping : patient)
      patience.swept(true)
    } catch (fault) {
      patience.swept(false)
      sweeping.log.warn({ err: fault }, 'a sweep failed; the next one tries again')
    }
    await sweeping.rest(EVERY_MS, signal)
  }
}
