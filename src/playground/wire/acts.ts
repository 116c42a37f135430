/**
 * What people do on the page: speak, give commands, press, submit, close, open the App Home.
 *
 * Invariant: whatever the bot should hear goes through a signed delivery; a failed one is shown to
 * the person in Slack's words, and is not repeated unless Slack repeats it.
 */
import { BOT, DEPLOYS, memberOf, personOfDirect, reads } from '../members.ts'
import type { Block, Done, Member, Message, Values } from '../page/shape.ts'
import { respond } from './api-routes.ts'
import { type Delivery, deliver } from './deliver.ts'
import { tellEvent } from './events.ts'
import { isList, isRecord, type Json, parsed, textOf } from './json.ts'
import type { Manifest } from './manifest.ts'
import { addMessage, findMessage, messageJson } from './messages.ts'
import {
  closing,
  commandDelivery,
  escaped,
  interaction,
  messagePress,
  viewPress,
} from './payloads.ts'
import { submit } from './submit.ts'
import { openModals, setModals } from './views.ts'
import type { Wire } from './wire.ts'

export interface Acts {
  readonly say: (by: Member, at: Place, text: string) => Promise<Done>
  readonly press: (by: Member, pressed: Pressed) => Promise<Done>
  readonly submit: (by: Member, values: Values) => Promise<Done>
  readonly close: (by: Member) => Promise<Done>
  readonly openHome: (by: Member) => Promise<Done>
}

export interface Place {
  readonly channel: string
  readonly thread: string | null
}

export interface Pressed {
  /** The message or view the element stands in. */
  readonly channel: string | null
  readonly ts: string | null
  readonly view: string | null
  readonly block: string
  readonly action: string
  /** What was chosen, for a menu; null: a button. */
  readonly choice: string | null
  readonly values: Values
}

const done: Done = { ok: true }
const not = (message: string): Done => ({ ok: false, message })
const DOWN = not('Slack is down: nothing reaches anybody.')

export function createActs(wire: Wire, manifest: Manifest, stopping: AbortSignal): Acts {
  const { store } = wire
  const guarded =
    <A extends readonly unknown[]>(act: (by: Member, ...args: A) => Promise<Done>) =>
    (by: Member, ...args: A): Promise<Done> =>
      store.state.isSlackDown ? Promise.resolve(DOWN) : act(by, ...args)
  return {
    say: guarded(async (by, at: Place, text: string) => {
      if (!reads(by.id, at.channel)) return not('You are not in this channel.')
      const command = /^(\/\S+)\s*([\s\S]*)$/.exec(text)
      if (command !== null) {
        return runCommand({ wire, manifest }, by, {
          at,
          name: command[1] ?? '',
          text: command[2] ?? '',
        })
      }
      const said = { channel: at.channel, thread: at.thread, user: by.id }
      const words = escaped(text, [DEPLOYS])
      const message = addMessage(store, {
        ...said,
        text: words,
        blocks: undefined,
        metadata: undefined,
      })
      const kind = at.channel === DEPLOYS.id ? 'message.channels' : 'message.im'
      if (manifest.events.includes(kind)) {
        const shown = messageJson(store, message, false)
        const type = kind === 'message.im' ? 'im' : 'channel'
        void tellEvent(wire, { ...shown, channel: at.channel, channel_type: type }, stopping)
      }
      return done
    }),
    press: guarded((by, pressed: Pressed) => press(wire, by, pressed)),
    submit: guarded((by, values: Values) => submit(wire, by, values)),
    close: guarded(async (by) => {
      const stack = openModals(store, by.id)
      const top = stack.at(-1)
      if (top === undefined) return done
      setModals(store, by.id, stack.slice(0, -1))
      if (top['notify_on_close'] === true) await deliver(wire, interaction(closing(by, top, false)))
      return done
    }),
    openHome: guarded(async (by) => {
      if (!manifest.events.includes('app_home_opened')) return done
      const event = { type: 'app_home_opened', user: by.id, tab: 'home', event_ts: store.nextTs() }
      void tellEvent(wire, event, stopping)
      return done
    }),
  }
}

const nameOf = (channel: string): string =>
  personOfDirect(channel) === undefined ? DEPLOYS.name : 'directmessage'

interface Command {
  readonly at: Place
  readonly name: string
  readonly text: string
}

async function runCommand(
  { wire, manifest }: { readonly wire: Wire; readonly manifest: Manifest },
  by: Member,
  { at, name, text }: Command,
): Promise<Done> {
  const known = manifest.commands.find(({ command }) => command === name)
  if (known === undefined) {
    return not(`${name} is not a valid command. In Slack, all commands start with the “/” symbol.`)
  }
  // As in Slack: commands of apps do not work in threads.
  if (at.thread !== null) return not(`${name} is not supported in threads. Sorry!`)
  const of = { channel: at.channel, user: by.id, ts: null, thread: null }
  const answer = await deliver(
    wire,
    commandDelivery({
      by,
      channel: { id: at.channel, name: nameOf(at.channel) },
      command: name,
      text: known.escapes ? escaped(text, [DEPLOYS]) : text,
      trigger: wire.newTrigger(by.id),
      responseUrl: wire.newResponseUrl(of),
    }),
  )
  if (!answer.ok) return not(`${name} failed with the error "${answer.error}"`)
  const body = parsed(answer.body)
  const said = isRecord(body) ? body : { text: answer.body }
  if (said['text'] === '' || (said['text'] === undefined && said['blocks'] === undefined)) {
    return done
  }
  const error = respond(wire, of, said)
  return error === null ? done : not(`${name} failed with the error "${error}"`)
}

/** Tells the bot; a press that it does not answer is shown as Slack shows it. */
async function tell(wire: Wire, delivery: Delivery): Promise<Done> {
  const answer = await deliver(wire, delivery)
  return answer.ok ? done : not(`This app is not responding: ${answer.error}. Try again?`)
}

async function press(wire: Wire, by: Member, pressed: Pressed): Promise<Done> {
  const { store } = wire
  const message =
    pressed.ts === null ? undefined : findMessage(store, pressed.channel ?? '', pressed.ts)
  const views = [...openModals(store, by.id), store.state.homes[by.id]]
  const view = views.find((one) => one !== undefined && one.id === pressed.view)
  const isMine = message !== undefined && reads(by.id, message.channel)
  const isHidden = message !== undefined && message.to !== null && message.to !== by.id
  const blocks = isMine && !isHidden ? message.blocks : view?.blocks
  const element = elementOf(blocks ?? [], pressed)
  if (element === undefined) return not('This is no longer there.')
  const action = actionJson(element, pressed, store.nextTs())
  const trigger = wire.newTrigger(by.id)
  const pressing = { by, trigger, values: pressed.values, action }
  if (message === undefined) {
    return view === undefined ? done : tell(wire, interaction(viewPress(pressing, view)))
  }
  const { channel, ts, thread } = message
  const responseUrl = wire.newResponseUrl({ channel, user: by.id, ts, thread })
  const shown = messageJson(store, message, true)
  const at = { message, shown, channelName: nameOf(channel), responseUrl }
  return tell(wire, interaction(messagePress(pressing, at)))
}

/** The element of that id in a block; it must really be there to be pressed. */
function elementOf(blocks: readonly Block[], { block, action }: Pressed): Json | undefined {
  const found = blocks.find((one) => one.block_id === block)
  const elements = [found?.['accessory'], found?.['element'], ...listOf(found?.['elements'])]
  return elements.filter(isRecord).find((one) => (one['action_id'] ?? '') === action)
}

const listOf = (value: unknown): readonly unknown[] => (isList(value) ? value : [])

function actionJson(element: Json, { block, choice }: Pressed, ts: string): Json {
  const { type, action_id, text, value, style, url } = element
  const chosen = listOf(element['options']).find((one) => isRecord(one) && one['value'] === choice)
  return {
    type,
    action_id,
    block_id: block,
    action_ts: ts,
    ...(text === undefined ? {} : { text }),
    ...(value === undefined ? {} : { value }),
    ...(style === undefined ? {} : { style }),
    ...(url === undefined ? {} : { url }),
    ...(chosen === undefined ? {} : { selected_option: chosen }),
  }
}

/** The member of that id who can act: not the bot. */
export function actorOf(id: unknown): Member | undefined {
  const member = memberOf(textOf(id) ?? '')
  return member === undefined || member.id === BOT.user ? undefined : member
}

export const visibleTo = (user: string, { channel, to }: Message): boolean =>
  reads(user, channel) && (to === null || to === user)
