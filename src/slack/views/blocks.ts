/**
 * The few Block Kit shapes that the views are made of.
 *
 * Invariant: within Slack's limits whatever it is given, and nothing in it is linked, mentioned or
 * turned into an emoji by Slack's own guessing (`verbatim`, `emoji: false`).
 */
import type { ActionsBlock, Button, ContextBlock, KnownBlock, SectionBlock } from '@slack/types'
import type { Message } from '../scene.ts'
import { type ButtonValue, valueOf as drawn } from '../words/button-value.ts'
import { type Mrkdwn, ours, spoken } from '../words/mrkdwn.ts'
import { label } from '../words/plain.ts'

const SECTION_MAX = 2_900

/** A message is not sent with more than about 13,000 characters of blocks; this stays well below. */
export const MESSAGE_MAX = 9_000

export const plainText = (text: string, max: number) =>
  ({ type: 'plain_text', text: label(text, max) || ' ', emoji: false }) as const

const mrkdwn = (text: Mrkdwn) =>
  ({ type: 'mrkdwn', text: text.mrkdwn || ' ', verbatim: true }) as const

export const header = (text: string): KnownBlock => ({
  type: 'header',
  text: plainText(text, 150),
})

export const divider: KnownBlock = { type: 'divider' }

export const section = (text: Mrkdwn, accessory?: Button): SectionBlock => ({
  type: 'section',
  text: mrkdwn(text),
  // Long rows stay open: what a train carries is what people came to read.
  expand: true,
  ...(accessory === undefined ? {} : { accessory }),
})

export const context = (...texts: readonly Mrkdwn[]): ContextBlock => ({
  type: 'context',
  elements: texts.slice(0, 10).map(mrkdwn),
})

/** Lines in as few sections as their length allows. */
export function sections(lines: readonly Mrkdwn[]): readonly SectionBlock[] {
  const chunks: string[] = []
  for (const { mrkdwn: line } of lines) {
    const last = chunks.at(-1)
    if (line === '') continue
    if (last !== undefined && last.length + line.length + 1 <= SECTION_MAX) {
      chunks[chunks.length - 1] = `${last}\n${line}`
    } else chunks.push(line)
  }
  return chunks.map((chunk) => section({ mrkdwn: chunk }))
}

/** As many lines as fit into `room` characters, and how many were left out. */
export function fitting(
  lines: readonly Mrkdwn[],
  room: number,
): { readonly shown: readonly Mrkdwn[]; readonly left: number } {
  let used = 0
  const end = lines.findIndex(({ mrkdwn: line }) => {
    used += line.length + 1
    return used > room
  })
  return end < 0
    ? { shown: lines, left: 0 }
    : { shown: lines.slice(0, end), left: lines.length - end }
}

export interface Asking {
  readonly title: string
  readonly text: Mrkdwn
  readonly yes: string
}

export interface Press {
  readonly id: string
  readonly text: string
  readonly value: ButtonValue
  readonly style?: 'primary' | 'danger'
  /** The question asked before it acts. */
  readonly confirm?: Asking
}

export const button = ({ id, text, value, style, confirm }: Press): Button => ({
  type: 'button',
  action_id: id,
  text: plainText(text, 75),
  value: drawn(value),
  ...(style === undefined ? {} : { style }),
  ...(confirm === undefined
    ? {}
    : {
        confirm: {
          title: plainText(confirm.title, 100),
          text: mrkdwn(confirm.text.mrkdwn.length <= 300 ? confirm.text : ours('Are you sure?')),
          confirm: plainText(confirm.yes, 30),
          deny: plainText('Not now', 30),
          ...(style === undefined ? {} : { style }),
        },
      }),
})

/** A button that only opens a page; Slack wants an id of its own for each. */
export const linkButton = (id: string, text: string, url: string): Button => ({
  type: 'button',
  action_id: id,
  text: plainText(text, 75),
  url,
})

/** None without buttons: Slack refuses an empty row. */
export const actions = (buttons: readonly Button[]): readonly ActionsBlock[] =>
  buttons.length === 0 ? [] : [{ type: 'actions', elements: buttons.slice(0, 25) }]

/** A message of `blocks`, of which `text` is the sentence for notifications. */
export const message = (text: Mrkdwn, blocks: readonly KnownBlock[]): Message => ({
  text: spoken(text),
  blocks,
})
