/**
 * Messages as Slack keeps them: checked, posted, changed, deleted, and shown to apps.
 *
 * Invariant: what Slack would refuse is refused with Slack's error, and then nothing is changed.
 */
import { randomBytes } from 'node:crypto'
import { APP, BOT, memberOf, TEAM, teamOf } from '../members.ts'
import type { Block, Message } from '../page/shape.ts'
import type { Store } from '../store.ts'
import { isList, isRecord, type Json, parsed, textOf } from './json.ts'
import { BLOCK_TEXT_MAX, textLength, type Wrong, wrongBlocks } from './limits.ts'

export type Answer = Json & { readonly ok: boolean }

export const no = (error: string, more: Json = {}): Answer => ({ ok: false, error, ...more })

export const wrongAnswer = (error: string, wrong: readonly Wrong[]): Answer => {
  const messages = wrong.map(({ at, message }) => `[ERROR] ${message} [json-pointer:${at}]`)
  return no(error, { errors: messages, response_metadata: { messages } })
}

/** Beyond this Slack cuts or refuses, by method. */
export const TEXT_MAX = { post: 40_000, update: 4_000 } as const

export interface Content {
  readonly text: string | undefined
  readonly blocks: readonly Block[] | undefined
  readonly metadata: Json | undefined
}

/** The content of a message out of a call's arguments; or Slack's refusal. */
export function readContent(
  args: Json,
  textMax: number,
): { readonly content: Content } | { readonly refusal: Answer } {
  const text = textOf(args['text'])
  if (args['attachments'] !== undefined && parsed(args['attachments']) === undefined) {
    return { refusal: no('invalid_attachments') }
  }
  let blocks: readonly Block[] | undefined
  if (args['blocks'] !== undefined && args['blocks'] !== '') {
    const given = parsed(args['blocks'])
    if (given === undefined) return { refusal: no('invalid_blocks_format') }
    const wrong = wrongBlocks(given, 'message')
    if (wrong.length > 0) return { refusal: wrongAnswer('invalid_blocks', wrong) }
    if (textLength(given) > BLOCK_TEXT_MAX) return { refusal: no('msg_blocks_too_long') }
    blocks = named(given)
  }
  if ((text?.length ?? 0) > textMax) return { refusal: no('msg_too_long') }
  let metadata: Json | undefined
  if (args['metadata'] !== undefined && args['metadata'] !== '') {
    const given = parsed(args['metadata'])
    const isWhole =
      isRecord(given) &&
      textOf(given['event_type']) !== undefined &&
      isRecord(given['event_payload'])
    if (!isWhole) return { refusal: no('invalid_metadata_format') }
    metadata = given
  }
  return { content: { text, blocks, metadata } }
}

/** Slack gives every block an id that has none. */
export function named(blocks: unknown): readonly Block[] {
  if (!isList(blocks)) return []
  return blocks.map((block) => {
    const given = block as Block
    return given.block_id ? given : { ...given, block_id: randomBytes(3).toString('hex') }
  })
}

export const findMessage = ({ state }: Store, channel: string, ts: string): Message | undefined =>
  state.messages.find((one) => one.channel === channel && one.ts === ts)

export interface Posting extends Content {
  readonly channel: string
  readonly user: string
  readonly thread?: string | null
  readonly broadcast?: boolean
  readonly to?: string | null
}

export function addMessage(store: Store, posting: Posting): Message {
  const message: Message = {
    channel: posting.channel,
    ts: store.nextTs(),
    thread: posting.thread ?? null,
    broadcast: posting.broadcast ?? false,
    user: posting.user,
    text: posting.text ?? '',
    blocks: posting.blocks ?? null,
    metadata: posting.metadata ?? null,
    edited: null,
    to: posting.to ?? null,
  }
  store.state.messages = [...store.state.messages, message]
  store.changed()
  return message
}

/** Puts new content into a message: what is not given stays, an empty list clears. */
export function changeMessage(store: Store, before: Message, content: Content): Message {
  const after: Message = {
    ...before,
    text: content.text ?? before.text,
    blocks: content.blocks ?? before.blocks,
    metadata: content.metadata ?? before.metadata,
    edited: store.nextTs(),
  }
  store.state.messages = store.state.messages.map((one) => (one === before ? after : one))
  store.changed()
  return after
}

export function dropMessage(store: Store, message: Message): void {
  store.state.messages = store.state.messages.filter((one) => one !== message)
  store.changed()
}

/** A message as Slack shows it to apps. */
export function messageJson(store: Store, message: Message, withMetadata: boolean): Json {
  const { channel, ts, thread, user, text, blocks, metadata, edited, broadcast } = message
  const replies = store.state.messages.filter(
    (one) => one.channel === channel && one.thread === ts && one.to === null,
  )
  const latest = replies.at(-1)
  const root = thread ?? (latest === undefined ? null : ts)
  const by = memberOf(user)
  return {
    type: 'message',
    ...(broadcast ? { subtype: 'thread_broadcast' } : {}),
    user,
    ...(user === BOT.user ? { bot_id: BOT.bot, app_id: APP } : {}),
    text,
    ts,
    team: by === undefined ? TEAM.id : teamOf(by),
    ...(blocks === null ? {} : { blocks }),
    ...(root === null ? {} : { thread_ts: root }),
    ...(latest === undefined ? {} : { reply_count: replies.length, latest_reply: latest.ts }),
    ...(edited === null ? {} : { edited: { user, ts: edited } }),
    ...(withMetadata && metadata !== null ? { metadata } : {}),
  }
}
