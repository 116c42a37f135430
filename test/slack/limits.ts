/**
 * Slack's limits on messages and dialogs, as far as what we send can meet them.
 *
 * Goal: a message that Slack would refuse fails here first. Every limit is Slack's documented one
 * but for the size of a whole message, which is measured: Slack refuses from about 11,300
 * characters of text on.
 */
import type { KnownBlock, ModalView } from '@slack/types'
import type { Message } from '../../src/slack/scene.ts'
import { type ButtonValue, readValue } from '../../src/slack/words/button-value.ts'

const BLOCKS_MAX = 50
const TEXT_MAX = 9_000
const JSON_MAX = 13_000

/** Everything wrong with a message; empty: Slack takes it. */
export function flawsOf({ text, blocks }: Message): readonly string[] {
  const size = JSON.stringify(blocks).length
  const shown = textsOf(blocks).reduce((sum, one) => sum + one.length, 0)
  return [
    ...over('the text', text, { min: 1, max: 3_000 }),
    ...(blocks.length === 0 ? ['no blocks'] : []),
    ...(blocks.length > BLOCKS_MAX ? [`${blocks.length} blocks`] : []),
    ...(shown > TEXT_MAX ? [`${shown} characters of text`] : []),
    ...(size > JSON_MAX ? [`${size} characters of blocks`] : []),
    ...blocks.flatMap(blockFlaws),
    ...formattingFlaws([text, ...textsOf(blocks)]),
  ]
}

export function modalFlaws(view: ModalView): readonly string[] {
  return [
    ...over('title', view.title.text, { min: 1, max: 24 }),
    ...over('submit', view.submit?.text ?? '', { min: 1, max: 24 }),
    ...over('close', view.close?.text ?? '', { min: 1, max: 24 }),
    ...over('metadata', view.private_metadata ?? '', { min: 0, max: 3_000 }),
  ]
}

const over = (
  what: string,
  text: string,
  { min, max }: { readonly min: number; readonly max: number },
): readonly string[] =>
  text.length < min || text.length > max ? [`${what} has ${text.length} characters`] : []

function blockFlaws(block: KnownBlock): readonly string[] {
  switch (block.type) {
    case 'header':
      return over('a header', block.text.text, { min: 1, max: 150 })
    case 'divider':
      return []
    case 'section':
      return [
        ...over('a section', block.text?.text ?? '', { min: 1, max: 3_000 }),
        ...(block.accessory?.type === 'button' ? buttonFlaws(block.accessory) : []),
      ]
    case 'context':
      return [
        ...(block.elements.length === 0 || block.elements.length > 10 ? ['context elements'] : []),
        ...block.elements.flatMap((one) =>
          'text' in one ? over('a context', one.text, { min: 1, max: 3_000 }) : ['an image'],
        ),
      ]
    case 'actions': {
      const ids = block.elements.map((one) => one.action_id ?? '')
      return [
        ...(ids.length === 0 || ids.length > 25 ? [`${ids.length} elements`] : []),
        ...(new Set(ids).size === ids.length ? [] : [`repeated action ids: ${ids.join(', ')}`]),
        ...block.elements.flatMap((one) => (one.type === 'button' ? buttonFlaws(one) : [one.type])),
      ]
    }
    default:
      return [`a ${block.type} block, which no view of ours draws`]
  }
}

type Button = Extract<
  Extract<KnownBlock, { type: 'actions' }>['elements'][number],
  { type: 'button' }
>

function buttonFlaws(button: Button): readonly string[] {
  const { confirm, style, url, value, action_id: id = '' } = button
  const read: ButtonValue | null = value === undefined ? null : readValue(value)
  return [
    ...over('an action id', id, { min: 1, max: 255 }),
    ...over(`button ${id}`, button.text.text, { min: 1, max: 75 }),
    ...over(`value of ${id}`, value ?? '', {
      min: 0,
      max: read?.reason === undefined ? 255 : 2_000,
    }),
    ...over(`address of ${id}`, url ?? '', { min: 0, max: 3_000 }),
    ...(url === undefined && read === null ? [`unreadable value of ${id}`] : []),
    ...(style === 'danger' && confirm === undefined ? [`${id} does not ask first`] : []),
    ...(confirm === undefined
      ? []
      : [
          ...over(`title of ${id}`, confirm.title?.text ?? '', { min: 1, max: 100 }),
          ...over(`question of ${id}`, confirm.text.text, { min: 1, max: 300 }),
          ...over(`yes of ${id}`, confirm.confirm?.text ?? '', { min: 1, max: 30 }),
          ...over(`no of ${id}`, confirm.deny?.text ?? '', { min: 1, max: 30 }),
        ]),
  ]
}

/** Every text that Slack parses as mrkdwn. */
export function textsOf(blocks: readonly KnownBlock[]): readonly string[] {
  return blocks.flatMap((block): readonly string[] => {
    switch (block.type) {
      case 'section':
        return [block.text?.text ?? '']
      case 'context':
        return block.elements.flatMap((one) => ('text' in one ? [one.text] : []))
      case 'actions':
        return block.elements.flatMap((one) =>
          one.type === 'button' && one.confirm !== undefined ? [one.confirm.text.text] : [],
        )
      default:
        return []
    }
  })
}

/** A person, a link of the web, a moment: nothing else may stand between angle brackets. */
const OURS = /^<(@[UW][A-Z0-9]+|https?:\/\/[^\s<>|]+\|[^<>\n]+|!date\^\d+\^[^<>|^]+\|[^<>|]+)>$/

/** Anything in angle brackets that is not ours would mention, link or break. */
export const formattingFlaws = (texts: readonly string[]): readonly string[] =>
  texts.flatMap((text) => {
    const inside = [...text.matchAll(/<[^>]*>?/g)].map(([found]) => found)
    const wrong = inside.filter((found) => !OURS.test(found))
    const rest = text.replace(/<[^>]*>/g, '')
    return [
      ...wrong.map((found) => `raw: ${found}`),
      ...(/[<>]/.test(rest) ? [`a bare bracket: ${rest.slice(0, 80)}`] : []),
      ...(/&(?!amp;|lt;|gt;)/.test(rest) ? [`half an entity: ${rest.slice(0, 80)}`] : []),
      ...(/[\u202a-\u202e\u2066-\u2069]/.test(text) ? ['a direction character'] : []),
    ]
  })

/** The message as somebody would read it aloud: for snapshots. */
export function drawn({ blocks }: Pick<Message, 'blocks'>): string {
  return blocks
    .map((block) => {
      switch (block.type) {
        case 'header':
          return `# ${block.text.text}`
        case 'divider':
          return '────'
        case 'section':
          return readable(block.text?.text ?? '')
        case 'context':
          return block.elements
            .map((one) => ('text' in one ? `  ${readable(one.text)}` : ''))
            .join('\n')
        case 'actions':
          return block.elements
            .map((one) => (one.type === 'button' ? `[ ${one.text.text} ]` : one.type))
            .join(' ')
        default:
          return block.type
      }
    })
    .join('\n')
}

const readable = (text: string): string =>
  text
    .replace(/<!date\^\d+\^[^|]+\|(?:\d+-\d+-\d+ )?([^|>]+)>/g, '$1')
    .replace(/<https?:[^|>]+\|([^>]+)>/g, '$1')
