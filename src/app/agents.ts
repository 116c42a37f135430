/**
 * The server's side of the run protocol: claims, cancels, leases, reports.
 *
 * Invariant: a claim is committed before the agent hears of it, to exactly one instance. A lost
 * answer is repeated by the next poll; a silent agent's run becomes `unknown`, never `failed`.
 */
import type { Actor } from '../core/model.ts'
import { noteAgent } from '../db/agents.ts'
import { heardLately } from '../db/branches.ts'
import {
  findRun,
  type HeldRun,
  holdRun,
  renewLeases,
  runsOf,
  silentRuns,
  waitingRuns,
} from '../db/runs.ts'
import { inTransaction, type Pool } from '../db/transaction.ts'
import { claimVerifyRuns, renewVerifyLeases, verifyRunsOf } from '../db/verify-runs.ts'
import type {
  AccountReport,
  PollAnswer,
  PollRequest,
  RunOrder,
  RunReport,
} from '../runs/protocol.ts'
import { type Accounting, takeReport, takeSeen } from './accounts.ts'
import type { Dispatch } from './dispatch.ts'
import { expireVerifyRuns, recordVerifyReport } from './verify-runs.ts'

/** An agent polls at least every 20 s; three lost polls make it silent. */
export const LEASE_MS = 60_000

const AGENTS: Actor = { name: 'signalbox', kind: 'system', groups: [] }

export interface Agents {
  /** One look: renews leases, claims what waits, answers what this instance must know. */
  readonly look: (request: PollRequest) => Promise<PollAnswer>
  /** Records a report. `stale`: another instance or epoch; `unknown_run`: never heard of. */
  readonly report: (report: RunReport) => Promise<'recorded' | 'stale' | 'unknown_run'>
  /** Records a deploy by hand that a named agent tells of. */
  readonly account: (agent: string, report: AccountReport) => Promise<'recorded' | 'unknown_place'>
  /** Declares runs of silent agents unknown. */
  readonly expire: () => Promise<void>
}

export interface AgentsParts extends Accounting {
  /** A run of this name is about to begin: what is left of an earlier one makes room. */
  readonly setAside: (run: string) => Promise<void>
}

/** An agent that was away for longer fetches when it deploys. */
const LATELY_MS = 10 * 60_000

export function createAgents(accounting: AgentsParts): Agents {
  const { pool, dispatch } = accounting
  const told = new Map<string, ReadonlyMap<string, number>>()
  /** Repositories with a change that this instance was not told of: it fetches its mirrors. */
  const toFetch = (instance: string, lately: ReadonlyMap<string, number>): readonly string[] => {
    const before = told.get(instance)
    told.set(instance, lately)
    return [...lately].flatMap(([name, at]) => (at > (before?.get(name) ?? 0) ? [name] : []))
  }
  return {
    look: async (request) => {
      const { instance, runs } = request
      await inTransaction(pool, async (tx) => {
        await noteAgent(tx, request)
        await renewLeases(tx, { instance, runs, leaseMs: LEASE_MS })
        await renewVerifyLeases(tx, { instance, runs, leaseMs: LEASE_MS })
      })
      await takeSeen(accounting, request)
      if (!request.draining) await claimWaiting(accounting, request)
      const held = await inTransaction(pool, async (tx) => [
        ...(await runsOf(tx, instance)),
        ...(await verifyRunsOf(tx, instance)),
      ])
      const lately = await inTransaction(pool, (tx) => heardLately(tx, LATELY_MS))
      //! failpoint poll.looked
      return {
        claims: held.map(order),
        cancels: held.filter(({ cancelling }) => cancelling).map(({ run }) => run),
        fetch: toFetch(instance, lately),
      }
    },
    report: async (report) =>
      (await recordVerifyReport({ pool, dispatch }, report)) ??
      (await recordReport(pool, dispatch, report)),
    account: (agent, report) => takeReport(accounting, agent, report),
    expire: async () => {
      await expireVerifyRuns(accounting)
      for (const { run, pipeline, epoch } of await inTransaction(pool, silentRuns)) {
        if (!accounting.pipelines.has(pipeline)) continue
        const reason = `its agent has not been heard of for ${LEASE_MS / 1000} s`
        await dispatch(
          pipeline,
          { type: 'record_run', run, epoch, status: 'unknown', reason, tail: [] },
          AGENTS,
        )
      }
    },
  }
}

async function claimWaiting(
  { pool, dispatch, pipelines, setAside }: AgentsParts,
  { agent, instance }: PollRequest,
): Promise<void> {
  await inTransaction(pool, (tx) => claimVerifyRuns(tx, { agent, instance, leaseMs: LEASE_MS }))
  for (const { run, pipeline } of await inTransaction(pool, (tx) => waitingRuns(tx, agent))) {
    // A pipeline of another process, or of none any more: not ours to decide on.
    if (!pipelines.has(pipeline)) continue
    // Refused when another instance was faster: then it is no longer ours to claim.
    await dispatch(pipeline, { type: 'claim_run', run }, AGENTS, async (tx) => {
      const held = await findRun(tx, run)
      if (held?.instance !== null) return
      //! failpoint run.claiming
      await setAside(run)
      await holdRun(tx, { run, instance, leaseMs: LEASE_MS })
      //! failpoint run.held
    })
    //! failpoint run.claim_committed
  }
}

function order({ deploy, cancelling: _, ...held }: HeldRun): RunOrder {
  return {
    ...held,
    command: deploy.run,
    in: deploy.in,
    timeoutMs: deploy.timeoutMs,
    silenceTimeoutMs: deploy.silenceTimeoutMs,
  }
}

async function recordReport(
  pool: Pool,
  dispatch: Dispatch,
  report: RunReport,
): Promise<'recorded' | 'stale' | 'unknown_run'> {
  const { run, instance, epoch } = report
  const held = await inTransaction(pool, (tx) => findRun(tx, run))
  if (held === undefined) return 'unknown_run'
  if (held.instance !== instance) return 'stale'
  //! failpoint report.heard (report.status)
  const ended = report.status !== 'started'
  const outcome = await dispatch(
    held.pipeline,
    {
      type: 'record_run',
      run,
      epoch,
      status: report.status === 'started' ? 'running' : report.status,
      reason: ended ? report.reason : null,
      tail: ended ? report.tail : [],
    },
    AGENTS,
  )
  //! failpoint report.recorded (report.status)
  return outcome.ok ? 'recorded' : 'stale'
}
