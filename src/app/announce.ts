/**
 * A train's announcement, posted once and then kept as the line is.
 *
 * Invariant: one message per train, and none of a train that nobody has boarded. After a doubtful
 * attempt the channel is searched for it by its metadata before another is posted; what shows
 * nothing new is not sent.
 */
import { digest } from '../core/digest.ts'
import { forgetMessage, type Posted, saveMessage } from '../db/messages.ts'
import { inTransaction } from '../db/transaction.ts'
import type { Metadata, SlackApi } from '../slack/client.ts'
import { SlackFault } from '../slack/fault.ts'
import type { Message, Scene } from '../slack/scene.ts'
import { announcement } from '../slack/views/announcement.ts'
import { loadStage, type Staging } from './scene.ts'

export interface Announcing {
  readonly staging: Staging
  readonly slack: SlackApi
}

/** Slack takes about one update a second of one message. */
const UPDATE_EVERY_MS = 1_000

/** GitHub tells which paths a change has soon after it told of the change. */
const PATHS_WITHIN_MS = 15_000
const PATHS_LOOK_MS = 300

/** How far before an effect's birth its message is searched: clocks differ. */
export const SEARCH_BACK_MS = 10 * 60_000

export type Delivery = { readonly done: true } | { readonly done: false; readonly laterMs: number }

export const DONE: Delivery = { done: true }

export interface Asked {
  readonly pipeline: string
  readonly train: number
  /** True: an earlier attempt may have posted or updated it. */
  readonly unsure: boolean
  readonly sinceMs: number
}

/** Posts or updates; `later` when the message was updated just now. */
export async function announce(parts: Announcing, asked: Asked): Promise<Delivery> {
  const { pipeline, train } = asked
  const { scene, posted } = await loadStage(parts.staging, pipeline, train)
  const channel = scene?.pipeline.policy.channel ?? null
  if (scene === null || channel === null) return DONE
  const standing = posted ?? (asked.unsure ? await searched(parts, asked, channel) : null)
  if (standing === null) {
    if (!asked.unsure) {
      if (isNobodyAboard(scene)) return DONE
      if (mayConcernOthers(scene)) return { done: false, laterMs: PATHS_LOOK_MS }
    }
    await post(parts, { scene, channel })
    return DONE
  }
  const message = announcement(scene)
  const hash = digest(message)
  // After an update of which nobody heard, what stands there may be newer than what was saved.
  if (hash === standing.hash && !asked.unsure) return DONE
  if (standing.ageMs < UPDATE_EVERY_MS) {
    return { done: false, laterMs: UPDATE_EVERY_MS - standing.ageMs }
  }
  try {
    await sent(message, (shown) => parts.slack.update(standing, shown, metadataOf(scene)))
  } catch (fault) {
    if (!(fault instanceof SlackFault && fault.kind === 'gone')) throw fault
    await inTransaction(parts.staging.pool, (tx) => forgetMessage(tx, pipeline, train))
    await post(parts, { scene, channel })
    return DONE
  }
  await save(parts, scene, { channel: standing.channel, ts: standing.ts, hash })
  return DONE
}

/** A train that opened for a change of another part, or whose changes all fell away. */
const isNobodyAboard = ({ train, changes }: Scene): boolean =>
  train.status === 'boarding' && changes.length === 0

/** Whether all aboard were merged just now, and may turn out to ship another part alone. */
const mayConcernOthers = ({ pipeline, train, changes, now }: Scene): boolean =>
  train.status === 'boarding' &&
  pipeline.policy.paths !== null &&
  changes.every(({ paths }) => paths === null) &&
  now < Math.max(train.openedAt, ...changes.map(({ mergedAt }) => mergedAt)) + PATHS_WITHIN_MS

/** Where the announcement stands; posted now when it does not yet stand anywhere. */
export async function announced(
  parts: Announcing,
  asked: Asked,
): Promise<{ readonly channel: string; readonly ts: string } | null> {
  const { posted } = await loadStage(parts.staging, asked.pipeline, asked.train)
  if (posted !== null) return posted
  await announce(parts, { ...asked, unsure: true })
  return (await loadStage(parts.staging, asked.pipeline, asked.train)).posted
}

async function searched(
  parts: Announcing,
  { pipeline, train, sinceMs }: Asked,
  channel: string,
): Promise<Posted | null> {
  const found = await parts.slack.ours({ channel, thread: null }, sinceMs - SEARCH_BACK_MS)
  const mine = found.find(
    ({ metadata: { event_type, event_payload: of } }) =>
      event_type === 'signalbox_train' && of['pipeline'] === pipeline && of['train'] === train,
  )
  // What it shows is not known: the empty hash makes the next step send the present.
  return mine === undefined ? null : { channel, ts: mine.ts, hash: '', ageMs: UPDATE_EVERY_MS }
}

async function post(
  parts: Announcing,
  { scene, channel }: { readonly scene: Scene; readonly channel: string },
): Promise<void> {
  const message = announcement(scene)
  const ts = await sent(message, (shown) =>
    parts.slack.post({ channel, thread: null, broadcast: false }, shown, metadataOf(scene)),
  )
  //! failpoint announce.posted
  await save(parts, scene, { channel, ts, hash: digest(message) })
}

const metadataOf = ({ pipeline, train }: Scene): Metadata => ({
  event_type: 'signalbox_train',
  event_payload: { pipeline: pipeline.name, train: train.number },
})

const save = (
  { staging }: Announcing,
  { pipeline, train }: Scene,
  posted: { readonly channel: string; readonly ts: string; readonly hash: string },
): Promise<void> =>
  inTransaction(staging.pool, (tx) =>
    saveMessage(tx, { pipeline: pipeline.name, train: train.number }, posted),
  )

/** Sends it; blocks that this workspace does not take are sent once more as plain text. */
export async function sent<T>(message: Message, send: (shown: Message) => Promise<T>): Promise<T> {
  try {
    return await send(message)
  } catch (fault) {
    if (!(fault instanceof SlackFault && fault.kind === 'blocks')) throw fault
    const text = message.text.slice(0, 2_900)
    const plain = { type: 'section', text: { type: 'plain_text', text, emoji: false } } as const
    return send({ text: message.text, blocks: [plain] })
  }
}
