/**
 * Commands of verifications, as agents tell of them.
 *
 * Invariant: only the command's own exit status says that a deployment is well or not. One that
 * hangs, could not be started, or whose agent fell silent says nothing, and that is recorded.
 */

import type { Look } from '../core/finding.ts'
import type { Actor } from '../core/model.ts'
import { SYSTEM } from '../core/system.ts'
import { noteLook } from '../db/looks.ts'
import { inTransaction, type Pool } from '../db/transaction.ts'
import {
  endVerifyRun,
  findVerifyRun,
  lostVerifyRuns,
  type OpenVerifyRun,
} from '../db/verify-runs.ts'
import type { RunReport } from '../runs/protocol.ts'
import type { Dispatch } from './dispatch.ts'

const LOOKING: Actor = { name: SYSTEM, kind: 'system', groups: [] }

/** So long an agent may take to come for what it is given. */
const TAKEN_MS = 60_000

/** By convention "try again later": https://man.openbsd.org/sysexits#EX_TEMPFAIL */
const TEMPORARY = 'exit status 75'

const SAYS_MAX = 200

export interface VerifyRunParts {
  readonly pool: Pool
  readonly dispatch: Dispatch
}

/** Records what an agent says of a verification's command; null: it is no such run. */
export async function recordVerifyReport(
  parts: VerifyRunParts,
  report: RunReport,
): Promise<'recorded' | 'stale' | null> {
  const open = await inTransaction(parts.pool, (tx) => findVerifyRun(tx, report.run))
  if (open === undefined) return null
  if (open.instance !== report.instance || open.epoch !== report.epoch) return 'stale'
  if (report.status === 'started') return 'recorded'
  await tellLook(parts, open, lookOf(report))
  return 'recorded'
}

/** What nobody took, or whose agent is silent, is inconclusive. */
export async function expireVerifyRuns(
  parts: VerifyRunParts & { readonly pipelines: ReadonlyMap<string, unknown> },
): Promise<void> {
  for (const open of await inTransaction(parts.pool, (tx) => lostVerifyRuns(tx, TAKEN_MS))) {
    if (!parts.pipelines.has(open.pipeline)) continue
    const why = open.instance === null ? 'no agent took it' : 'its agent has not been heard of'
    await tellLook(parts, open, nothingSeen(why))
  }
}

async function tellLook(
  { pool, dispatch }: VerifyRunParts,
  open: OpenVerifyRun,
  look: Look,
): Promise<void> {
  const { run, pipeline, environment, flag } = open
  const outcome = look.outcome === 'pass' ? 'done' : 'failed'
  if (open.retires !== null) {
    const { train, baseSha } = open
    const its = { environment, train, old: baseSha ?? '', outcome, says: look.says } as const
    await dispatch(pipeline, { type: 'record_retirement', ...its }, LOOKING, (tx) =>
      endVerifyRun(tx, run),
    )
    return
  }
  if (flag === null) return tellStep({ pool, dispatch }, open, look)
  const { name, since } = flag
  await dispatch(
    pipeline,
    { type: 'record_flag', environment, flag: name, since, outcome, says: look.says },
    LOOKING,
    (tx) => endVerifyRun(tx, run),
  )
}

async function tellStep(
  { pool, dispatch }: VerifyRunParts,
  { run, pipeline, deployment, step, requestedAt: at, before }: OpenVerifyRun,
  look: Look,
): Promise<void> {
  const told = await dispatch(
    pipeline,
    { type: 'record_verification', run: deployment, step, at, before, look },
    LOOKING,
    async (tx) => {
      await noteLook(tx, { subject: deployment, step }, at)
      await endVerifyRun(tx, run)
    },
  )
  // Refused: nobody knows that deployment any more, and nobody waits for the answer.
  if (!told.ok) await inTransaction(pool, (tx) => endVerifyRun(tx, run))
}

function lookOf(report: Exclude<RunReport, { status: 'started' }>): Look {
  const { status, reason, tail } = report
  const last = tail.findLast((line) => line.trim() !== '')
  const whole = last === undefined ? reason : `${reason}: ${last.trim()}`
  // The database stores no half of a character.
  const says = whole.slice(0, SAYS_MAX).replace(/\p{Surrogate}/gu, '')
  if (status === 'succeeded') return { outcome: 'pass', says, good: 1, all: 1, behind: [] }
  const isItsOwn = status === 'failed' && reason.startsWith('exit status ') && reason !== TEMPORARY
  return isItsOwn ? { ...nothingSeen(says), outcome: 'fail', all: 1 } : nothingSeen(says)
}

const nothingSeen = (says: string): Look => ({
  outcome: 'inconclusive',
  says,
  good: 0,
  all: 0,
  behind: [],
})
