/**
 * The inbox's worker: what GitHub told becomes commands, for every pipeline concerned.
 *
 * Invariant: each step may be repeated. A change is recorded at once with what its delivery says;
 * what only GitHub's API knows is added later, so an API that is down delays no train's boarding.
 */
import type { Logger } from 'pino'
import {
  type Claimed,
  checksHeardOf,
  claimDeliveries,
  markFailed,
  markHeard,
  renewDeliveries,
  type Stage,
} from '../db/inbox.ts'
import { forgetPull, savePull } from '../db/pulls.ts'
import { inTransaction, type Pool } from '../db/transaction.ts'
import type { Account } from '../github/account.ts'
import { GithubBusy } from '../github/busy.ts'
import type { Heard } from '../github/heard.ts'
import { ask } from './ask.ts'
import { LEASE_MS, underLease } from './lease.ts'
import type { Observer } from './observe.ts'

export interface Hearing {
  readonly pool: Pool
  readonly observer: Observer
  /** null: no API is configured, and deliveries are all there is. */
  readonly account: Account | null
  readonly log: Logger
}

const ROWS_AT_ONCE = 50
const ATTEMPTS_MAX = 15
const PAUSE_MS_MAX = 10 * 60_000

/**
 * Takes what is due through one stage; answers how many rows there were. Each step may be repeated,
 * so a claim that ran out costs nothing but that.
 */
export async function hearDue(hearing: Hearing, stage: Stage): Promise<number> {
  const { pool, log } = hearing
  const rows = await inTransaction(pool, (tx) =>
    claimDeliveries(tx, { stage, limit: stage === 'hear' ? ROWS_AT_ONCE : 1, leaseMs: LEASE_MS }),
  )
  //! failpoint inbox.claimed (stage)
  const open = new Set(rows.map(({ position }) => position))
  const renew = async (): Promise<boolean> => {
    const claim = { positions: [...open], stage, leaseMs: LEASE_MS }
    await inTransaction(pool, (tx) => renewDeliveries(tx, claim))
    return true
  }
  const failed = (fault: unknown): void =>
    log.warn({ err: fault }, 'claims of deliveries could not be renewed')
  await underLease({ renew, failed }, async () => {
    for (const row of rows) {
      await hearOne(hearing, stage, { ...row, release: () => open.delete(row.position) })
    }
  })
  return rows.length
}

/** `release`: what is written of it next is not for the renewal to touch. */
type Held = Claimed & { readonly release: () => void }

async function hearOne(hearing: Hearing, stage: Stage, row: Held): Promise<void> {
  const heard = row.body as Heard
  try {
    if (stage === 'hear') await record(hearing, heard)
    else if (hearing.account !== null) await ask(hearing.observer, hearing.account, heard)
    //! failpoint inbox.recorded (stage)
    const done =
      stage === 'ask' || hearing.account === null || heard.kind === 'check' || heard.kind === 'pull'
    row.release()
    await inTransaction(hearing.pool, (tx) => markHeard(tx, row.position, done))
  } catch (fault) {
    await failed(hearing, row, fault)
  }
}

async function failed({ pool, log }: Hearing, row: Held, fault: unknown): Promise<void> {
  const { delivery, event, attempts } = row
  const busy = fault instanceof GithubBusy
  const error = fault instanceof Error ? fault.message : String(fault)
  const over = !busy && attempts >= ATTEMPTS_MAX
  const pauseMs = busy ? fault.forMs() : Math.min(1_000 * 2 ** attempts, PAUSE_MS_MAX)
  if (over) {
    log.error({ err: fault, delivery, event }, 'a delivery was given up; redeliver it on GitHub')
  } else log.warn({ err: fault, delivery, event, attempts }, 'a delivery is taken again later')
  row.release()
  await inTransaction(pool, (tx) =>
    markFailed(tx, row.position, { error, pauseMs: over ? null : pauseMs, counts: !busy }),
  )
}

/** What the delivery itself says. */
async function record({ pool, observer, account }: Hearing, heard: Heard): Promise<void> {
  switch (heard.kind) {
    case 'merge':
    case 'push':
    case 'force_push': {
      // With several commits, only GitHub can tell how many changes they are.
      const isOne = heard.kind !== 'push' || account === null || heard.commits === 1
      const change = isOne ? heard.change : { ...heard.change, parent: null }
      await observer.change(heard, { ...change, paths: null })
      if (heard.kind === 'force_push') {
        const { by, before } = heard
        const { sha: head, mergedAt: at } = heard.change
        await observer.forcePush(heard, { by, head, at, gone: [before] })
      }
      const { repository } = heard
      if (heard.kind === 'merge' && change.number !== null) {
        const { number } = change
        await inTransaction(pool, (tx) => forgetPull(tx, repository, number))
      }
      const kept = await inTransaction(pool, (tx) => checksHeardOf(tx, repository, change.sha))
      for (const body of kept) {
        const past = body as Heard
        if (past.kind === 'check') await observer.check(repository, past.check)
      }
      return
    }
    case 'pull': {
      const { kind: _, isOpen, ...pull } = heard
      await inTransaction(pool, (tx) =>
        isOpen ? savePull(tx, pull) : forgetPull(tx, pull.repository, pull.number),
      )
      return
    }
    case 'check': {
      const { repository, branches, check } = heard
      const concerns = branches.some((branch) => observer.follows(repository, branch))
      if (concerns || (await observer.knows(repository, check.sha))) {
        await observer.check(repository, check)
      }
      return
    }
    case 'look':
      return
  }
}
