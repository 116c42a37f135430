/**
 * What Slack tells an app when a person acts, in Slack's own shapes
 * (docs.slack.dev/reference/interaction-payloads).
 *
 * Invariant: pure; every id in a payload is one that the wire knows.
 */
import { APP, MEMBERS, TEAM, teamOf } from '../members.ts'
import type { Member, Message, Values, View } from '../page/shape.ts'
import type { Delivery } from './deliver.ts'
import type { Json } from './json.ts'

const form = (fields: Readonly<Record<string, string>>): Delivery => ({
  type: 'application/x-www-form-urlencoded',
  body: new URLSearchParams(fields).toString(),
})

export const interaction = (payload: Json): Delivery => form({ payload: JSON.stringify(payload) })

export const eventDelivery = (envelope: Json): Delivery => ({
  type: 'application/json',
  body: JSON.stringify(envelope),
})

/** What a person typed, as an app gets it that asked for `should_escape`. */
export function escaped(text: string, channels: readonly { id: string; name: string }[]): string {
  const plain = text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
  const people = plain.replace(/(?<![\w@])@([a-z]+)\b/g, (all, name) => {
    const member = MEMBERS.find((one) => one.name === name)
    return member === undefined ? all : `<@${member.id}|${member.name}>`
  })
  return people.replace(/(?<![\w#&])#([a-z][a-z0-9-]*)\b/g, (all, name) => {
    const channel = channels.find((one) => one.name === name)
    return channel === undefined ? all : `<#${channel.id}|${channel.name}>`
  })
}

export interface Commanding {
  readonly by: Member
  readonly channel: { readonly id: string; readonly name: string }
  readonly command: string
  readonly text: string
  readonly trigger: string
  readonly responseUrl: string
}

export const commandDelivery = (commanding: Commanding): Delivery =>
  form({
    team_id: teamOf(commanding.by),
    team_domain: TEAM.domain,
    channel_id: commanding.channel.id,
    channel_name: commanding.channel.name,
    user_id: commanding.by.id,
    user_name: commanding.by.name,
    command: commanding.command,
    text: commanding.text,
    api_app_id: APP,
    is_enterprise_install: 'false',
    response_url: commanding.responseUrl,
    trigger_id: commanding.trigger,
  })

const common = (by: Member): Json => ({
  user: { id: by.id, username: by.name, name: by.name, team_id: teamOf(by) },
  team: { id: teamOf(by), domain: TEAM.domain },
  enterprise: null,
  is_enterprise_install: false,
  api_app_id: APP,
})

export interface Pressing {
  readonly by: Member
  readonly trigger: string
  readonly values: Values
  readonly action: Json
}

export const messagePress = (
  { by, trigger, values, action }: Pressing,
  at: {
    readonly message: Message
    readonly shown: Json
    readonly channelName: string
    readonly responseUrl: string
  },
): Json => ({
  type: 'block_actions',
  ...common(by),
  container: {
    type: 'message',
    message_ts: at.message.ts,
    channel_id: at.message.channel,
    is_ephemeral: at.message.to !== null,
    ...(at.message.thread === null ? {} : { thread_ts: at.message.thread }),
  },
  trigger_id: trigger,
  channel: { id: at.message.channel, name: at.channelName },
  // Slack sends no copy of a message that only one person sees.
  ...(at.message.to === null ? { message: at.shown } : {}),
  state: { values },
  response_url: at.responseUrl,
  actions: [action],
})

export const viewPress = ({ by, trigger, values, action }: Pressing, view: View): Json => ({
  type: 'block_actions',
  ...common(by),
  container: { type: 'view', view_id: view.id },
  trigger_id: trigger,
  view: { ...view, state: { values } },
  actions: [action],
})

export const submission = (by: Member, view: View, more: Json & { values: Values }): Json => ({
  type: 'view_submission',
  ...common(by),
  trigger_id: more['trigger'],
  view: { ...view, state: { values: more.values } },
  response_urls: [],
})

export const closing = (by: Member, view: View, isCleared: boolean): Json => ({
  type: 'view_closed',
  ...common(by),
  view,
  is_cleared: isCleared,
})

export const envelope = (event: Json, at: { readonly id: string; readonly ms: number }): Json => ({
  type: 'event_callback',
  team_id: TEAM.id,
  api_app_id: APP,
  event_id: at.id,
  event_time: Math.floor(at.ms / 1_000),
  event,
  authorizations: [{ team_id: TEAM.id, is_bot: true, is_enterprise_install: false }],
})
