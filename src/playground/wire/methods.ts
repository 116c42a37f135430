/**
 * The methods of Slack's Web API that the bot may call (docs.slack.dev/reference/methods).
 *
 * Invariant: arguments, answers and errors are named as Slack names them; any other method answers
 * `unknown_method`.
 */
import {
  APP,
  BOT,
  DEPLOYS,
  directWith,
  isChannel,
  MEMBERS,
  memberOf,
  personOfDirect,
  reads,
  TEAM,
  teamOf,
} from '../members.ts'
import type { Member, Message } from '../page/shape.ts'
import { isTrue, type Json, textOf } from './json.ts'
import {
  type Answer,
  addMessage,
  changeMessage,
  dropMessage,
  findMessage,
  messageJson,
  no,
  readContent,
  TEXT_MAX,
} from './messages.ts'
import { openView, publishHome, updateView } from './views.ts'
import type { Wire } from './wire.ts'

type Method = (wire: Wire, args: Json) => Answer

const METHODS: Readonly<Record<string, Method>> = {
  'auth.test': ({ url }) => ({
    ok: true,
    url: `${url()}/`,
    team: TEAM.name,
    team_id: TEAM.id,
    user: 'signalbox',
    user_id: BOT.user,
    bot_id: BOT.bot,
    is_enterprise_install: false,
  }),
  'chat.postMessage': postMessage,
  'chat.update': updateMessage,
  'chat.delete': deleteMessage,
  'chat.postEphemeral': postEphemeral,
  'chat.getPermalink': ({ store, url }, args) => {
    const channel = textOf(args['channel']) ?? ''
    if (!isChannel(channel)) return no('channel_not_found')
    const message = findMessage(store, channel, String(args['message_ts']))
    if (message === undefined) return no('message_not_found')
    const thread = message.thread === null ? '' : `?thread=${message.thread}`
    return { ok: true, channel, permalink: `${url()}/#${channel}/${message.ts}${thread}` }
  },
  'conversations.open': (_, args) => {
    const user = memberOf((textOf(args['users']) ?? '').split(',')[0] ?? '')
    if (user === undefined || user.kind === 'bot') return no('user_not_found')
    return { ok: true, channel: { id: directWith(user.id), user: user.id, is_im: true } }
  },
  'conversations.history': history,
  'conversations.replies': replies,
  'conversations.info': (_, args) => {
    const channel = textOf(args['channel']) ?? ''
    return isChannel(channel)
      ? { ok: true, channel: channelJson(channel) }
      : no('channel_not_found')
  },
  'conversations.list': () => ({
    ok: true,
    channels: [channelJson(DEPLOYS.id)],
    response_metadata: { next_cursor: '' },
  }),
  'users.info': (_, args) => {
    const user = memberOf(textOf(args['user']) ?? '')
    return user === undefined ? no('user_not_found') : { ok: true, user: memberJson(user) }
  },
  'users.list': () => ({
    ok: true,
    // Somebody of another workspace is no member of this one.
    members: MEMBERS.filter(({ kind }) => kind !== 'foreign').map(memberJson),
    response_metadata: { next_cursor: '' },
  }),
  'users.lookupByEmail': (_, args) => {
    const user = MEMBERS.find(({ email }) => email !== null && email === args['email'])
    return user === undefined ? no('users_not_found') : { ok: true, user: memberJson(user) }
  },
  'views.open': (wire, args) => openView(wire, args),
  'views.push': (wire, args) => openView(wire, { ...args, push: true }),
  'views.update': updateView,
  'views.publish': publishHome,
}

export function callMethod(wire: Wire, method: string, args: Json): Answer {
  const known = METHODS[method]
  return known === undefined ? no('unknown_method', { req_method: method }) : known(wire, args)
}

/** A channel's id, or that of the direct channel with a person. */
export function channelOf(args: Json): string | undefined {
  const given = textOf(args['channel'])
  if (given === undefined) return undefined
  const named = given.replace(/^#/, '') === DEPLOYS.name ? DEPLOYS.id : given
  const person = memberOf(named)
  const channel = person === undefined ? named : directWith(person.id)
  return isChannel(channel) ? channel : undefined
}

/** Slack takes the thread of a message that is not there for a new thread's root. */
function threadOf({ store }: Wire, channel: string, args: Json): string | null | undefined {
  const given = textOf(args['thread_ts'])
  if (given === undefined) return null
  const root = findMessage(store, channel, given)
  return root === undefined ? undefined : (root.thread ?? root.ts)
}

function postMessage(wire: Wire, args: Json): Answer {
  const channel = channelOf(args)
  if (channel === undefined) return no('channel_not_found')
  const read = readContent(args, TEXT_MAX.post)
  if ('refusal' in read) return read.refusal
  if (read.content.text === undefined && !read.content.blocks?.length) return no('no_text')
  const thread = threadOf(wire, channel, args)
  if (thread === undefined) return no('thread_not_found')
  const broadcast = thread !== null && isTrue(args['reply_broadcast'])
  const posting = { ...read.content, channel, user: BOT.user, thread, broadcast }
  const message = addMessage(wire.store, posting)
  return { ok: true, channel, ts: message.ts, message: messageJson(wire.store, message, true) }
}

function updateMessage(wire: Wire, args: Json): Answer {
  const found = ownMessage(wire, args)
  if ('refusal' in found) return found.refusal
  const read = readContent(args, TEXT_MAX.update)
  if ('refusal' in read) return read.refusal
  const after = changeMessage(wire.store, found.message, read.content)
  const { channel, ts, text } = after
  return { ok: true, channel, ts, text, message: messageJson(wire.store, after, true) }
}

function deleteMessage(wire: Wire, args: Json): Answer {
  const found = ownMessage(wire, args)
  if ('refusal' in found) return found.refusal
  dropMessage(wire.store, found.message)
  return { ok: true, channel: found.message.channel, ts: found.message.ts }
}

function ownMessage(
  { store }: Wire,
  args: Json,
): { readonly message: Message } | { readonly refusal: Answer } {
  const channel = channelOf(args)
  if (channel === undefined) return { refusal: no('channel_not_found') }
  const message = findMessage(store, channel, String(args['ts']))
  if (message === undefined || message.to !== null) return { refusal: no('message_not_found') }
  return message.user === BOT.user ? { message } : { refusal: no('cant_update_message') }
}

function postEphemeral(wire: Wire, args: Json): Answer {
  const channel = channelOf(args)
  if (channel === undefined) return no('channel_not_found')
  const to = memberOf(textOf(args['user']) ?? '')
  if (to === undefined || !reads(to.id, channel)) return no('user_not_in_channel')
  const read = readContent(args, TEXT_MAX.post)
  if ('refusal' in read) return read.refusal
  if (read.content.text === undefined && !read.content.blocks?.length) return no('no_text')
  const thread = threadOf(wire, channel, args)
  if (thread === undefined) return no('thread_not_found')
  const posting = { ...read.content, channel, user: BOT.user, thread, to: to.id }
  return { ok: true, message_ts: addMessage(wire.store, posting).ts }
}

function history(wire: Wire, args: Json): Answer {
  const channel = channelOf(args)
  if (channel === undefined) return no('channel_not_found')
  const shown = wire.store.state.messages.filter(
    (one) => one.channel === channel && one.to === null && (one.thread === null || one.broadcast),
  )
  return page(wire, args, [...shown].reverse())
}

function replies(wire: Wire, args: Json): Answer {
  const channel = channelOf(args)
  if (channel === undefined) return no('channel_not_found')
  const asked = findMessage(wire.store, channel, String(args['ts']))
  if (asked === undefined || asked.to !== null) return no('thread_not_found')
  const root = asked.thread ?? asked.ts
  const shown = wire.store.state.messages.filter(
    (one) => one.channel === channel && one.to === null && (one.ts === root || one.thread === root),
  )
  return page(wire, args, shown)
}

function page({ store }: Wire, args: Json, all: readonly Message[]): Answer {
  const oldest = Number(args['oldest'] ?? 0)
  const latest = Number(args['latest'] ?? Number.POSITIVE_INFINITY)
  const inclusive = isTrue(args['inclusive'])
  const within = all.filter(({ ts }) => {
    const at = Number(ts)
    return inclusive ? at >= oldest && at <= latest : at > oldest && at < latest
  })
  const limit = Math.min(Math.max(Number(args['limit'] ?? 100) || 100, 1), 999)
  const from = Number(textOf(args['cursor'])?.replace(/^from:/, '') ?? 0) || 0
  const shown = within.slice(from, from + limit)
  const has_more = within.length > from + limit
  const withMetadata = isTrue(args['include_all_metadata'])
  return {
    ok: true,
    messages: shown.map((one) => messageJson(store, one, withMetadata)),
    has_more,
    response_metadata: { next_cursor: has_more ? `from:${from + limit}` : '' },
  }
}

function channelJson(channel: string): Json {
  const person = personOfDirect(channel)
  return person === undefined
    ? { ...DEPLOYS, is_channel: true, is_im: false, is_member: true, is_archived: false }
    : { id: channel, user: person.id, is_channel: false, is_im: true }
}

function memberJson(member: Member): Json {
  const { id, name, real, email, title, kind } = member
  return {
    id,
    team_id: teamOf(member),
    name,
    real_name: real,
    deleted: false,
    is_bot: kind === 'bot',
    is_restricted: kind === 'guest',
    is_ultra_restricted: false,
    ...(kind === 'foreign' ? { is_stranger: true } : {}),
    tz: 'Europe/Berlin',
    profile: {
      real_name: real,
      display_name: name,
      title,
      ...(email === null ? { bot_id: BOT.bot, api_app_id: APP } : { email }),
    },
  }
}
