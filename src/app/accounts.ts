/**
 * The server's side of an agent's journal: deploys by hand, and what a restored database forgot.
 *
 * Invariant: an account is recorded once, however often it is told, and before the agent that
 * tells it is given anything new to do in that environment.
 */

import type { Actor } from '../core/model.ts'
import { SYSTEM } from '../core/system.ts'
import { newsAmong } from '../db/accounts.ts'
import type { Configured } from '../db/load.ts'
import { findRun } from '../db/runs.ts'
import { inTransaction, type Pool } from '../db/transaction.ts'
import type { AccountReport, PollRequest, RunAccount } from '../runs/protocol.ts'
import type { Dispatch } from './dispatch.ts'

export interface Accounting {
  readonly pool: Pool
  readonly dispatch: Dispatch
  readonly pipelines: ReadonlyMap<string, Configured>
}

/** Records a deploy by hand, in its orderer's name. */
export async function takeReport(
  accounting: Accounting,
  agent: string,
  { account }: AccountReport,
): Promise<'recorded' | 'unknown_place'> {
  const { pool } = accounting
  if (!isPlaceHere(accounting, account)) return 'unknown_place'
  const known = await inTransaction(pool, (tx) => findRun(tx, toldName(account)))
  if (known === undefined) await take(accounting, agent, account)
  return 'recorded'
}

/** Compares what an agent has seen with what is known here, and takes its word for the rest. */
export async function takeSeen(accounting: Accounting, request: PollRequest): Promise<void> {
  const { agent, instance, seen = [] } = request
  const known = seen.filter((one) => isPlaceHere(accounting, one))
  const told = known.map((account) => ({ ...account, told: toldName(account) }))
  const news = await inTransaction(accounting.pool, (tx) => newsAmong(tx, { instance, seen: told }))
  for (const at of news) {
    const account = known[at]
    if (account !== undefined) await take(accounting, agent, account)
  }
}

/** What another server, or an earlier configuration, has ordered is nothing to this one. */
function isPlaceHere({ pipelines }: Accounting, { pipeline, environment }: RunAccount): boolean {
  const environments = pipelines.get(pipeline)?.policy.environments ?? []
  return environments.some(({ name }) => name === environment)
}

/** A deploy by hand has a name of its own; that of a forgotten run may have been given again. */
const toldName = ({ run, epoch, hand }: RunAccount): string =>
  hand === null ? `${run}.epoch-${epoch}` : run

async function take({ dispatch }: Accounting, agent: string, account: RunAccount): Promise<void> {
  const { pipeline, environment, kind, sha, begun, reason, tail, ...its } = account
  const { epoch, status, hand } = its
  const actor: Actor =
    hand === null
      ? { name: SYSTEM, kind: 'system', groups: [] }
      : { name: hand.by, kind: 'person', groups: [] }
  await dispatch(
    pipeline,
    {
      type: 'take_account',
      environment,
      run: toldName(account),
      kind,
      sha,
      account: { agent, epoch, status, hand },
      begun,
      reason,
      tail,
    },
    actor,
  )
}
