/**
 * One message, as it stands in the channel or in a thread.
 *
 * Invariant: what a person chose in a message stays chosen as long as the message stands.
 */
import { drawBlocks } from './blocks.ts'
import { h } from './dom.ts'
import type { Stage } from './elements.ts'
import type { Member, Message, Sight, Values } from './shape.ts'
import { act, troubleOf } from './talk.ts'
import { drawMrkdwn } from './text.ts'

export interface Shown {
  readonly sight: Sight
  /** In the channel, a message shows its thread; in the thread it does not. */
  readonly inThread: boolean
  readonly openThread: (root: string) => void
}

type Kept = Record<string, Record<string, Record<string, unknown>>>
const kept = new Map<string, Kept>()

/** The inputs of one place, held until it is gone; shared by messages, forms and the Home. */
export function stageAt(
  key: string,
  naming: Stage['naming'],
  press: (values: Values, pressing: Parameters<Stage['press']>[0]) => ReturnType<Stage['press']>,
): Stage & { readonly values: () => Values } {
  const values: Kept = kept.get(key) ?? {}
  kept.set(key, values)
  return {
    naming,
    values: () => values,
    press: (pressing) => press(values, pressing),
    kept: (block, action) => values[block]?.[action],
    keep: (block, action, value) => {
      values[block] = { ...values[block], [action]: value as Record<string, unknown> }
    },
  }
}

const clock = new Intl.DateTimeFormat('en', {
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
})

export const timeOf = (ts: string): string => clock.format(new Date(Number(ts) * 1_000))

/** Everything that a drawing of this message depends on. */
export function printOf(message: Message, { sight, inThread }: Shown): string {
  const replies = inThread ? 0 : repliesTo(sight, message).length
  return JSON.stringify([message, replies, inThread, sight.me])
}

const repliesTo = ({ messages }: Sight, { channel, ts }: Message): readonly Message[] =>
  messages.filter((one) => one.channel === channel && one.thread === ts)

export function drawMessage(message: Message, shown: Shown): HTMLElement {
  const { sight, inThread } = shown
  const by = sight.members.find(({ id }) => id === message.user)
  const isPrivate = message.to !== null
  const root = message.thread ?? message.ts
  return h(
    'article',
    {
      class: isPrivate ? 'message private' : 'message',
      'data-ts': message.ts,
      'aria-label': `${by?.real ?? message.user}, ${timeOf(message.ts)}`,
    },
    drawAvatar(by),
    h(
      'div',
      { class: 'message-main' },
      isPrivate && h('div', { class: 'faint small' }, '👁 Only visible to you'),
      h(
        'div',
        { class: 'byline' },
        h('b', {}, by?.real ?? message.user),
        by?.kind === 'bot' && h('span', { class: 'badge' }, 'APP'),
        h('time', { class: 'faint small' }, timeOf(message.ts)),
      ),
      message.broadcast && !inThread && drawBroadcast(message, shown),
      drawContent(message, sight),
      message.edited !== null &&
        message.blocks === null &&
        h('span', { class: 'faint small' }, '(edited)'),
      !inThread && message.thread === null && drawReplies(message, shown),
      isPrivate &&
        h(
          'button',
          {
            class: 'plain small',
            type: 'button',
            onclick: () => void act('dismiss', { ts: message.ts }),
          },
          'Dismiss message',
        ),
    ),
    !inThread &&
      !isPrivate &&
      h(
        'button',
        {
          class: 'reply',
          type: 'button',
          title: 'Reply in thread',
          'aria-label': 'Reply in thread',
          onclick: () => shown.openThread(root),
        },
        '💬',
      ),
  )
}

function drawContent(message: Message, sight: Sight): Node {
  const { channel, ts, blocks, text } = message
  const naming = { me: sight.me, members: sight.members }
  if (blocks === null || blocks.length === 0) {
    return h('div', { class: 'words' }, ...drawMrkdwn(text, naming))
  }
  const stage = stageAt(`${sight.me} ${channel} ${ts}`, naming, async (values, pressing) =>
    troubleOf(await act('press', { channel, ts, values, ...pressing })),
  )
  return h('div', { class: 'blocks' }, ...drawBlocks(blocks, stage))
}

export function drawAvatar(by: Member | undefined): Node {
  const sign = by?.kind === 'bot' ? '🚂' : (by?.real ?? '?').slice(0, 1)
  return h(
    'span',
    { class: 'avatar', style: `background:${by?.color ?? '#777'}`, 'aria-hidden': 'true' },
    sign,
  )
}

function drawBroadcast({ channel, thread }: Message, { sight, openThread }: Shown): Node {
  const root = sight.messages.find((one) => one.channel === channel && one.ts === thread)
  const words = (root?.text ?? 'a thread').split('\n')[0] ?? ''
  const open = (): void => openThread(thread ?? '')
  return h(
    'div',
    { class: 'small faint broadcast' },
    'replied to a thread: ',
    h(
      'button',
      { class: 'plain preview', type: 'button', onclick: open },
      ...drawMrkdwn(words, { me: sight.me, members: sight.members }),
    ),
  )
}

function drawReplies(message: Message, { sight, openThread }: Shown): Node | false {
  const replies = repliesTo(sight, message)
  const last = replies.at(-1)
  if (last === undefined) return false
  const people = [...new Set(replies.map(({ user }) => user))].slice(0, 4)
  const faces = people.map((id) => drawAvatar(sight.members.find((one) => one.id === id)))
  const count = `${replies.length} ${replies.length === 1 ? 'reply' : 'replies'}`
  return h(
    'button',
    { class: 'replies', type: 'button', onclick: () => openThread(message.ts) },
    ...faces,
    h('b', {}, count),
    h('span', { class: 'faint small' }, `Last reply ${timeOf(last.ts)}`),
  )
}
