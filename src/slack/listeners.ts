/**
 * The Bolt app: each request answered by the desk, once, then shown to the person.
 *
 * Invariant: acknowledged after the commit; only what merely shows (a dialog, an ephemeral word)
 * comes after the acknowledgement. A press that is delivered twice acts once.
 */
import { randomUUID } from 'node:crypto'
import { App, type Context, type Receiver } from '@slack/bolt'
import type { Logger as SlackLogger } from '@slack/logger'
import type { Logger } from 'pino'
import type { SlackApi } from './client.ts'
import { type Inbound, readInbound, type Sender } from './inbound.ts'
import { type About, reasonDialog } from './modals.ts'
import { LATE, patiently } from './patience.ts'
import type { Message } from './scene.ts'
import { turnedAway } from './turned-away.ts'
import { divider } from './views/blocks.ts'

/** What the desk answers. */
export type DeskReply =
  | { readonly type: 'message' | 'no'; readonly message: Message; readonly instead?: true }
  | { readonly type: 'dialog'; readonly about: About }
  | { readonly type: 'delete' }
  | { readonly type: 'nothing' }
  | { readonly type: 'later'; readonly message: Message; readonly then: Promise<DeskReply> }

export interface ListenerParts {
  readonly receiver: Receiver
  readonly slack: SlackApi
  readonly attend: (inbound: Inbound) => Promise<DeskReply>
  readonly take: (key: string) => Promise<boolean>
  readonly untake: (key: string) => Promise<void>
  readonly log: Logger
  readonly slackLog: SlackLogger
  readonly apiUrl: string
  readonly botToken: string
}

/** Makes the app; its receiver starts it. */
export function createSlackApp(parts: ListenerParts): App {
  const { receiver, slackLog, apiUrl, botToken } = parts
  const app = new App({
    receiver,
    logger: slackLog,
    // Slack may be down while we start, so nothing is asked of it here.
    authorize: async () => ({ botToken }),
    tokenVerificationEnabled: false,
    ignoreSelf: false,
    clientOptions: { slackApiUrl: apiUrl, retryConfig: { retries: 0 } },
  })
  app.command(/^\/(?:deploy|rollback|lock)$/, async ({ body, ack, context }) => {
    const inbound = readInbound(body)
    const reply = await inTime(once(parts, inbound), context)
    if (reply.type === 'message' || reply.type === 'no' || reply.type === 'later') {
      const { text, blocks } = reply.message
      await ack({ response_type: 'ephemeral', text, blocks: [...blocks] })
    } else await ack()
    if (inbound?.type === 'slash' && reply.type === 'later') await follow(parts, inbound, reply)
  })
  app.action(/.*/, async ({ body, ack, context }) => {
    const inbound = readInbound(body)
    const reply = await inTime(once(parts, inbound), context)
    await ack()
    if (inbound?.type === 'press') await show(parts, inbound, reply)
  })
  app.view('reason', async ({ body, ack, context }) => {
    const inbound = readInbound(body)
    const reply = await inTime(once(parts, inbound), context)
    if (reply.type === 'no') {
      await ack({ response_action: 'errors', errors: { reason: plain(reply.message.text) } })
      return
    }
    await ack()
    if (inbound?.type === 'submit') await tellAfterwards(parts, inbound, reply)
  })
  app.event('app_home_opened', async ({ body }) => {
    const inbound = readInbound(body)
    if (inbound?.type === 'home') await showHome(parts, inbound.sender, null)
  })
  for (const event of ['user_change', 'team_join'] as const) {
    app.event(event, async ({ body }) => {
      const inbound = readInbound(body)
      if (inbound !== null) await parts.attend(inbound)
    })
  }
  app.error(async (fault) => {
    throw fault
  })
  return app
}

/** The desk's answer, or that it is still to come: Slack waits three seconds and no longer. */
async function inTime(then: Promise<DeskReply>, context: Context): Promise<DeskReply> {
  const since: unknown = context['since']
  const reply = await patiently(then, typeof since === 'number' ? since : undefined)
  return reply === LATE ? { type: 'later', message: turnedAway({ code: 'slow' }), then } : reply
}

/** What a person reads in the end: of what took longer, its answer. */
async function inTheEnd(
  log: Logger,
  { then }: Extract<DeskReply, { type: 'later' }>,
  tell: (message: Message, instead?: boolean) => Promise<void>,
  /** Takes away what was pressed on. */
  remove: () => Promise<void> = async () => {},
): Promise<void> {
  const reply = await then.catch((fault: unknown): DeskReply => {
    const incident = randomUUID()
    log.error({ err: fault, incident }, 'the desk failed')
    return { type: 'no', message: turnedAway({ code: 'broken', incident }) }
  })
  switch (reply.type) {
    case 'message':
    case 'no':
      return tell(reply.message, reply.instead)
    case 'later':
      await tell(reply.message)
      return inTheEnd(log, reply, tell, remove)
    case 'dialog':
      // Slack opens one within three seconds of the press only.
      return tell(turnedAway({ code: 'dialog_over' }))
    case 'delete':
      return remove()
    case 'nothing':
      return
  }
}

/** The desk's answer; a repeat gets none, and a fault is told as an incident. */
async function once(parts: ListenerParts, inbound: Inbound | null): Promise<DeskReply> {
  if (inbound === null) return { type: 'no', message: turnedAway({ code: 'unreadable' }) }
  // A dialog is taken with its act: were the server to die in between, it is sent again as it was.
  const key = inbound.type === 'slash' || inbound.type === 'press' ? inbound.identity : null
  if (key !== null && !(await parts.take(key))) return { type: 'nothing' }
  try {
    return await parts.attend(inbound)
  } catch (fault) {
    const incident = randomUUID()
    parts.log.error({ err: fault, incident, inbound: inbound.type }, 'the desk failed')
    if (key !== null) {
      await parts
        .untake(key)
        .catch((again: unknown) => parts.log.warn({ err: again }, 'a failed press stays taken'))
    }
    return { type: 'no', message: turnedAway({ code: 'broken', incident }) }
  }
}

/** The answer that took longer, told where the command was typed. */
async function follow(
  { slack, log }: ListenerParts,
  { responseUrl, channel, sender }: Extract<Inbound, { type: 'slash' }>,
  reply: Extract<DeskReply, { type: 'later' }>,
): Promise<void> {
  try {
    await inTheEnd(log, reply, (message) =>
      responseUrl !== null
        ? slack.respond(responseUrl, message)
        : slack.ephemeral({ channel, user: sender.user, thread: null }, message),
    )
  } catch (fault) {
    log.warn({ err: fault }, 'the answer to a command could not be shown')
  }
}

type Press = Extract<Inbound, { type: 'press' }>
type Submit = Extract<Inbound, { type: 'submit' }>

/** Shows the answer to a press. It is done by now, so a failure to show is only logged. */
async function show(parts: ListenerParts, press: Press, reply: DeskReply): Promise<void> {
  const { slack, log } = parts
  const { responseUrl, channel, sender, thread } = press
  const tell = async (message: Message, instead = false): Promise<void> => {
    if (channel === '') return showHome(parts, sender, message)
    const to = { channel, user: sender.user, thread }
    if (responseUrl === null) return slack.ephemeral(to, message)
    return slack
      .respond(responseUrl, message, { instead })
      .catch(() => slack.ephemeral(to, message))
  }
  const remove = async (): Promise<void> => {
    if (responseUrl !== null) await slack.respond(responseUrl, 'delete')
  }
  try {
    switch (reply.type) {
      case 'nothing':
        return
      case 'later':
        await tell(reply.message)
        return await inTheEnd(log, reply, tell, remove)
      case 'dialog':
        return await slack.openView(press.trigger, reasonDialog(reply.about))
      case 'delete':
        return await remove()
      case 'message':
      case 'no':
        return await tell(reply.message, reply.instead)
    }
  } catch (fault) {
    log.warn({ err: fault, action: press.action }, 'the answer to a press could not be shown')
  }
}

/** A dialog closes without a word; what came of it is told where it was opened. */
async function tellAfterwards(
  parts: ListenerParts,
  submit: Submit,
  reply: DeskReply,
): Promise<void> {
  const { slack, log } = parts
  const about = JSON.parse(submit.meta) as Partial<About>
  const channel = about.channel ?? ''
  const to = { channel, user: submit.sender.user, thread: about.thread ?? null }
  const tell = (message: Message): Promise<void> =>
    channel === '' ? showHome(parts, submit.sender, message) : slack.ephemeral(to, message)
  try {
    if (reply.type === 'message' || reply.type === 'later') await tell(reply.message)
    if (reply.type === 'later') await inTheEnd(log, reply, tell)
  } catch (fault) {
    log.warn({ err: fault }, 'the answer to a dialog could not be shown')
  }
}

/** Draws somebody's App Home; the answer to what was pressed there stands above it. */
async function showHome(
  parts: ListenerParts,
  sender: Sender,
  answer: Message | null,
): Promise<void> {
  const reply = await once(parts, { type: 'home', sender })
  if (reply.type !== 'message' && reply.type !== 'no') return
  const above = answer === null ? [] : [...answer.blocks, divider]
  try {
    await parts.slack.publishHome(sender.user, [...above, ...reply.message.blocks])
  } catch (fault) {
    parts.log.warn({ err: fault, member: sender.user }, 'an App Home could not be drawn')
  }
}

/** A dialog's errors are plain text. */
const plain = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
