/**
 * One concern, told in Slack: in person, in its train's thread, or in the channel.
 *
 * Invariant: only while it stands: what ended before it could be told is no news. After a doubtful
 * attempt nobody is written to in person again, and a channel is searched first.
 */
import type { Pipeline } from '../core/model.ts'
import type { Concern, ConcernKind } from '../core/watch/concern.ts'
import { concernsOf } from '../core/watch.ts'
import { forgetMessage } from '../db/messages.ts'
import { inTransaction } from '../db/transaction.ts'
import { loadHistory } from '../db/watch.ts'
import type { Metadata } from '../slack/client.ts'
import { SlackFault } from '../slack/fault.ts'
import { concernNote, concernToOne } from '../slack/views/concern.ts'
import {
  type Announcing,
  announced,
  type Delivery,
  DONE,
  SEARCH_BACK_MS,
  sent,
} from './announce.ts'
import { tellInPerson } from './in-person.ts'
import { loadPresent, type Staging } from './scene.ts'

export interface ConcernTold {
  readonly pipeline: string
  readonly kind: ConcernKind
  readonly about: string
  /** Null: not in person. */
  readonly person: string | null
  /** Of the audited row that says so. */
  readonly seq: number
  readonly unsure: boolean
  readonly sinceMs: number
}

export async function tellConcern(parts: Announcing, told: ConcernTold): Promise<Delivery> {
  const standing = await find(parts.staging, told)
  if (standing === undefined) return DONE
  return told.person === null
    ? tellAll(parts, told, standing)
    : tellOne(parts, { ...told, person: told.person }, standing)
}

interface Standing {
  readonly pipeline: Pipeline
  readonly now: number
  readonly concern: Concern
}

function find(staging: Staging, { pipeline: name, kind, about }: ConcernTold) {
  return inTransaction(staging.pool, async (tx): Promise<Standing | undefined> => {
    const { pipeline, now } = await loadPresent(tx, staging, name)
    const concern = concernsOf(pipeline, await loadHistory(tx, name), now).find(
      (one) => one.kind === kind && one.about === about,
    )
    return concern && { pipeline, now, concern }
  })
}

async function tellOne(
  { staging, slack }: Announcing,
  { person, unsure }: ConcernTold & { readonly person: string },
  standing: Standing,
): Promise<Delivery> {
  const { pipeline, concern } = standing
  // Whoever has answered meanwhile is no longer among them.
  const isAsked = concern.to.at === 'direct' && concern.to.people.includes(person)
  if (unsure || !isAsked) return DONE
  const message = concernToOne({ ...standing, logOf: staging.logOf })
  await tellInPerson({ slack }, pipeline, { person, message })
  return DONE
}

async function tellAll(
  parts: Announcing,
  { pipeline: name, seq, unsure, sinceMs }: ConcernTold,
  standing: Standing,
): Promise<Delivery> {
  const { slack, staging } = parts
  const { pipeline, concern } = standing
  const { channel } = pipeline.policy
  if (channel === null) return DONE
  const { train } = concern
  const root = train && (await announced(parts, { pipeline: name, train, unsure, sinceMs }))
  const place = root ? { channel: root.channel, thread: root.ts } : { channel, thread: null }
  if (unsure) {
    const found = await slack.ours(place, sinceMs - SEARCH_BACK_MS)
    const isTold = found.some(
      ({ metadata: { event_payload: of } }) => of['pipeline'] === name && of['event'] === seq,
    )
    if (isTold) return DONE
  }
  const { broadcast, ...message } = concernNote({ ...standing, logOf: staging.logOf })
  const metadata: Metadata = {
    event_type: 'signalbox_event',
    event_payload: { pipeline: name, event: seq, from: seq },
  }
  try {
    const to = { ...place, broadcast: broadcast && place.thread !== null }
    await sent(message, (shown) => slack.post(to, shown, metadata))
  } catch (fault) {
    // Its announcement was deleted in Slack: the next attempt posts a new one to tell this under.
    if (train !== null && fault instanceof SlackFault && fault.kind === 'gone') {
      await inTransaction(staging.pool, (tx) => forgetMessage(tx, name, train))
    }
    throw fault
  }
  return DONE
}
