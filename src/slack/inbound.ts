/**
 * What Slack sends, reduced to what is used: a slash command, a press, a dialog's answer, an opened
 * App Home, news of a member.
 *
 * Invariant: pure and lenient: only the fields that are used are looked at, and what does not fit
 * is nothing of ours.
 */
import { z } from 'zod'
import type { UserObject } from './member.ts'
import { type ButtonValue, readValue } from './words/button-value.ts'

export type Slash = '/deploy' | '/rollback' | '/lock'

/** Who did it, as the request says: `team` is the user's own workspace. */
export interface Sender {
  readonly team: string
  readonly user: string
}

export type Inbound =
  | {
      readonly type: 'slash'
      readonly slash: Slash
      readonly text: string
      readonly channel: string
      readonly sender: Sender
      /** Differs for every press and typing, not for a repeat of the same request. */
      readonly identity: string
      readonly responseUrl: string | null
    }
  | {
      readonly type: 'press'
      readonly action: string
      readonly value: ButtonValue | null
      /** Empty: it was pressed in the App Home, which stands in no channel. */
      readonly channel: string
      /** Where the answer is seen: the thread whose reply was pressed; null: in the channel. */
      readonly thread: string | null
      /** The first message of the thread it stands in, or that message; null: an ephemeral one. */
      readonly root: string | null
      readonly trigger: string
      readonly sender: Sender
      readonly identity: string
      readonly responseUrl: string | null
    }
  | {
      readonly type: 'submit'
      readonly meta: string
      readonly reason: string
      readonly sender: Sender
      readonly identity: string
    }
  | { readonly type: 'home'; readonly sender: Sender }
  | { readonly type: 'member'; readonly user: UserObject }

const text = z.string()
const maybe = z.string().optional()

const slashSchema = z.object({
  command: z.enum(['/deploy', '/rollback', '/lock']),
  text: maybe,
  channel_id: text,
  user_id: text,
  team_id: text,
  trigger_id: text,
  response_url: maybe,
})

const user = z.object({ id: text, team_id: maybe })

const pressSchema = z.object({
  type: z.literal('block_actions'),
  user,
  team: z.object({ id: text }).nullish(),
  trigger_id: text,
  response_url: maybe,
  channel: z.object({ id: text }).optional(),
  container: z
    .object({
      message_ts: maybe,
      thread_ts: maybe,
      channel_id: maybe,
      is_ephemeral: z.boolean().optional(),
    })
    .optional(),
  message: z.object({ thread_ts: maybe, subtype: maybe }).optional(),
  actions: z.array(z.object({ action_id: text, action_ts: text, value: maybe })).min(1),
})

const submitSchema = z.object({
  type: z.literal('view_submission'),
  user,
  team: z.object({ id: text }).nullish(),
  view: z.object({
    id: text,
    hash: maybe,
    callback_id: z.literal('reason'),
    private_metadata: text,
    state: z.object({
      values: z.object({ reason: z.object({ text: z.object({ value: text.nullish() }) }) }),
    }),
  }),
})

const memberSchema = z.object({
  event: z.object({
    type: z.enum(['user_change', 'team_join']),
    user: z.looseObject({ id: text }),
  }),
})

const homeSchema = z.object({
  team_id: text,
  event: z.object({ type: z.literal('app_home_opened'), tab: z.literal('home'), user: text }),
})

/** Reads a body; null: nothing that concerns us. */
export function readInbound(body: unknown): Inbound | null {
  const slash = slashSchema.safeParse(body)
  if (slash.success) return readSlash(slash.data)
  const press = pressSchema.safeParse(body)
  if (press.success) return readPress(press.data)
  const submit = submitSchema.safeParse(body)
  if (submit.success) return readSubmit(submit.data)
  const home = homeSchema.safeParse(body)
  if (home.success) {
    const { team_id: team, event } = home.data
    return { type: 'home', sender: { team, user: event.user } }
  }
  const member = memberSchema.safeParse(body)
  if (member.success) return { type: 'member', user: member.data.event.user as UserObject }
  return null
}

const readSlash = (it: z.output<typeof slashSchema>): Inbound => ({
  type: 'slash',
  slash: it.command,
  text: it.text ?? '',
  channel: it.channel_id,
  sender: { team: it.team_id, user: it.user_id },
  identity: `slash ${it.trigger_id}`,
  responseUrl: it.response_url ?? null,
})

type PressBody = z.output<typeof pressSchema>

/** Whose thread it is, wherever it is shown: a button acts on that train alone. */
const rootOf = ({ container, message }: PressBody): string | null =>
  container?.is_ephemeral === true
    ? null
    : (container?.thread_ts ?? message?.thread_ts ?? container?.message_ts ?? null)

/**
 * An answer in a thread is seen by nobody who has not opened it, so only what stands there alone
 * is answered there. Slack gives the first message of a thread its own ts as `thread_ts`.
 */
function threadOf(it: PressBody): string | null {
  if (it.message?.subtype === 'thread_broadcast') return null
  const root = rootOf(it)
  return root === it.container?.message_ts ? null : root
}

function readPress(it: PressBody): Inbound | null {
  const [action] = it.actions
  if (action === undefined) return null
  const { container } = it
  const channel = it.channel?.id ?? container?.channel_id ?? ''
  const sender = { team: it.user.team_id ?? it.team?.id ?? '', user: it.user.id }
  return {
    type: 'press',
    action: action.action_id,
    value: action.value === undefined ? null : readValue(action.value),
    channel,
    thread: threadOf(it),
    root: rootOf(it),
    trigger: it.trigger_id,
    sender,
    identity: ['press', channel, action.action_ts, sender.user, action.action_id].join(' '),
    responseUrl: it.response_url ?? null,
  }
}

const readSubmit = (it: z.output<typeof submitSchema>): Inbound => ({
  type: 'submit',
  meta: it.view.private_metadata,
  reason: (it.view.state.values.reason.text.value ?? '').trim(),
  sender: { team: it.user.team_id ?? it.team?.id ?? '', user: it.user.id },
  identity: `submit ${it.view.id} ${it.view.hash ?? ''}`,
})
