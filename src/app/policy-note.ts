/**
 * A policy of the configuration file that has to wait, told in the pipeline's channel.
 *
 * Invariant: told once, and only while it still waits; that it is in force now, or was taken back, is
 * told to whoever heard that it was not.
 */
import { readAudit } from '../db/audit.ts'
import { waitingPolicies } from '../db/policies.ts'
import { findRepositoryFile, wrongIn } from '../db/repository-files.ts'
import { inTransaction } from '../db/transaction.ts'
import type { Metadata } from '../slack/client.ts'
import {
  policyInForce,
  policyRefused,
  policyWaits,
  policyWithdrawn,
} from '../slack/views/policy-waits.ts'
import { type Announcing, type Delivery, DONE, SEARCH_BACK_MS, sent } from './announce.ts'
import { loadStage } from './scene.ts'

export interface PolicyNote {
  readonly pipeline: string
  /** Of the audited row that says so. */
  readonly seq: number
  readonly unsure: boolean
  readonly sinceMs: number
}

/** Posts what has become of the policy. */
export async function tellPolicy(
  { staging, slack }: Announcing,
  { pipeline, seq, unsure, sinceMs }: PolicyNote,
): Promise<Delivery> {
  const { row, waiting, own } = await inTransaction(staging.pool, async (tx) => ({
    row: (await readAudit(tx, pipeline, { after: seq - 1, limit: 1 }))[0],
    waiting: (await waitingPolicies(tx, pipeline))[0],
    own: await findRepositoryFile(tx, pipeline),
  }))
  const { channel } = (await loadStage(staging, pipeline, null)).pipeline.policy
  if (row === undefined || channel === null) return DONE
  const isDeferred = row.type === 'policy_deferred'
  if (isDeferred && waiting?.hash !== row.body['digest']) return DONE
  const isRefused = row.type === 'policy_refused'
  const wrong = own === undefined ? [] : wrongIn(own)
  if (isRefused && (own?.seen !== row.body['sha'] || wrong.length === 0)) return DONE
  const place = { channel, thread: null }
  if (unsure) {
    const found = await slack.ours(place, sinceMs - SEARCH_BACK_MS)
    const isTold = found.some(
      ({ metadata: { event_payload: of } }) => of['pipeline'] === pipeline && of['event'] === seq,
    )
    if (isTold) return DONE
  }
  const file = String(row.body['file'])
  const settled = row.type === 'policy_withdrawn' ? policyWithdrawn : policyInForce
  const message =
    isDeferred && waiting !== undefined
      ? policyWaits(pipeline, waiting)
      : isRefused && own !== undefined
        ? policyRefused(pipeline, { seen: own.seen, problems: wrong, alone: own.unfit.length > 0 })
        : settled(pipeline, file)
  const metadata: Metadata = {
    event_type: 'signalbox_event',
    event_payload: { pipeline, event: seq, from: seq },
  }
  await sent(message, (shown) => slack.post({ ...place, broadcast: false }, shown, metadata))
  return DONE
}
