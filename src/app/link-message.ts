/**
 * The question in the channel whether a login is somebody's, posted once and then kept as it stands.
 *
 * Invariant: one message per request. After a doubtful attempt the channel is searched for it before
 * another is posted, and nobody gets a second direct message.
 */
import { confirmers } from '../core/links.ts'
import type { Person } from '../core/policy.ts'
import { findRequest, type LinkRequest, postedRequest } from '../db/links.ts'
import { activeMembers } from '../db/slack-people.ts'
import { inTransaction } from '../db/transaction.ts'
import { withMemberIds } from '../slack/member.ts'
import { linkAnswered, linkQuestion } from '../slack/views/link.ts'
import { type Announcing, type Delivery, DONE, SEARCH_BACK_MS, sent } from './announce.ts'

interface Asked {
  readonly request: string
  /** True: an earlier attempt may have posted it. */
  readonly unsure: boolean
  readonly sinceMs: number
}

/** Posts the question, or draws how it was answered and tells whoever asked. */
export async function tellLink(parts: Announcing, asked: Asked): Promise<Delivery> {
  const { staging, slack } = parts
  const request = await inTransaction(staging.pool, (tx) => findRequest(tx, asked.request))
  if (request === undefined) return DONE
  const metadata = { event_type: 'signalbox_link', event_payload: { link: request.id } } as const
  const message = linkQuestion(request, await known(parts))
  const { channel } = request
  const ts = request.ts ?? (asked.unsure ? await searched(parts, request, asked.sinceMs) : null)
  if (ts !== null) {
    await sent(message, (shown) => slack.update({ channel, ts }, shown, metadata))
  } else if (request.answer === null) {
    const posted = await sent(message, (shown) =>
      slack.post({ channel, thread: null, broadcast: false }, shown, metadata),
    )
    await inTransaction(staging.pool, (tx) => postedRequest(tx, request.id, posted))
  }
  const { answer } = request
  if ((answer === 'confirmed' || answer === 'refused') && !asked.unsure) {
    const direct = await slack.openDirect(request.member)
    const told = linkAnswered(request, answer)
    await slack.post({ channel: direct, thread: null, broadcast: false }, told, null)
  }
  return DONE
}

/** Everybody who may answer, as this process knows them, with the accounts to mention. */
async function known({ staging }: Announcing): Promise<readonly Person[]> {
  const all = [...staging.pipelines.values()]
  const policies = all.map(({ policy }) => policy)
  const members = await inTransaction(staging.pool, activeMembers)
  return withMemberIds(confirmers({ people: all[0]?.people ?? [], policies }), members)
}

async function searched(
  { slack, staging }: Announcing,
  { id, channel }: LinkRequest,
  sinceMs: number,
): Promise<string | null> {
  const found = await slack.ours({ channel, thread: null }, sinceMs - SEARCH_BACK_MS)
  const mine = found.find(
    ({ metadata: { event_type, event_payload: of } }) =>
      event_type === 'signalbox_link' && of['link'] === id,
  )
  if (mine === undefined) return null
  await inTransaction(staging.pool, (tx) => postedRequest(tx, id, mine.ts))
  return mine.ts
}
