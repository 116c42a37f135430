/**
 * The Bolt app: each request answered by the desk, once, then shown to the person.
 *
 * Invariant: acknowledged after the commit; only what merely shows (a dialog, an ephemeral word)
 * comes after the acknowledgement. A press that is delivered twice acts once.
 */
import { randomUUID } from 'node:crypto'
import { App, type Receiver } from '@slack/bolt'
import type { Logger as SlackLogger } from '@slack/logger'
import type { Logger } from 'pino'
import type { SlackApi } from './client.ts'
import { type Inbound, readInbound } from './inbound.ts'
import { type About, reasonDialog } from './modals.ts'
import type { Message } from './scene.ts'
import { turnedAway } from './turned-away.ts'

/** What the desk answers. */
export type DeskReply =
  | { readonly type: 'message' | 'no'; readonly message: Message }
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
  app.command(/^\/(?:deploy|rollback|lock)$/, async ({ body, ack }) => {
    const inbound = readInbound(body)
    const reply = await once(parts, inbound)
    if (reply.type === 'message' || reply.type === 'no' || reply.type === 'later') {
      const { text, blocks } = reply.message
      await ack({ response_type: 'ephemeral', text, blocks: [...blocks] })
    } else await ack()
    if (inbound?.type === 'slash' && reply.type === 'later') await follow(parts, inbound, reply)
  })
  app.action(/.*/, async ({ body, ack }) => {
    const inbound = readInbound(body)
    const reply = await once(parts, inbound)
    await ack()
    if (inbound?.type === 'press') await show(parts, inbound, reply)
  })
  app.view('reason', async ({ body, ack }) => {
    const inbound = readInbound(body)
    const reply = await once(parts, inbound)
    if (reply.type === 'no') {
      // The dialog stays open, and is sent again as what it was.
      if (inbound?.type === 'submit') await parts.untake(inbound.identity)
      await ack({ response_action: 'errors', errors: { reason: plain(reply.message.text) } })
      return
    }
    await ack()
    if (inbound?.type === 'submit' && reply.type === 'message') {
      await tellAfterwards(parts, inbound, reply.message)
    }
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

/** The desk's answer; a repeat gets none, and a fault is told as an incident. */
async function once(parts: ListenerParts, inbound: Inbound | null): Promise<DeskReply> {
  if (inbound === null) return { type: 'no', message: turnedAway({ code: 'unreadable' }) }
  const key = inbound.type === 'member' ? null : inbound.identity
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
  { then }: Extract<DeskReply, { type: 'later' }>,
): Promise<void> {
  try {
    const reply = await then.catch((fault: unknown): DeskReply => {
      const incident = randomUUID()
      log.error({ err: fault, incident }, 'the desk failed')
      return { type: 'no', message: turnedAway({ code: 'broken', incident }) }
    })
    if (reply.type !== 'message' && reply.type !== 'no') return
    if (responseUrl !== null) await slack.respond(responseUrl, reply.message)
    else await slack.ephemeral({ channel, user: sender.user, thread: null }, reply.message)
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
  try {
    switch (reply.type) {
      case 'nothing':
      case 'later':
        return
      case 'dialog':
        return await slack.openView(press.trigger, reasonDialog(reply.about))
      case 'delete':
        if (responseUrl !== null) await slack.respond(responseUrl, 'delete')
        return
      case 'message':
      case 'no': {
        const to = { channel, user: sender.user, thread }
        if (responseUrl === null) return await slack.ephemeral(to, reply.message)
        return await slack
          .respond(responseUrl, reply.message)
          .catch(() => slack.ephemeral(to, reply.message))
      }
    }
  } catch (fault) {
    log.warn({ err: fault, action: press.action }, 'the answer to a press could not be shown')
  }
}

/** A dialog closes without a word; what came of it is told where it was opened. */
async function tellAfterwards(
  { slack, log }: ListenerParts,
  submit: Submit,
  message: Message,
): Promise<void> {
  const about = JSON.parse(submit.meta) as Partial<About>
  const channel = about.channel ?? ''
  try {
    await slack.ephemeral(
      { channel, user: submit.sender.user, thread: about.thread ?? null },
      message,
    )
  } catch (fault) {
    log.warn({ err: fault }, 'the answer to a dialog could not be shown')
  }
}

/** A dialog's errors are plain text. */
const plain = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
