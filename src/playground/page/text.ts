/**
 * Text objects and mrkdwn trees, drawn.
 *
 * Invariant: a link opens elsewhere and only over http, https or mail; nobody's text is markup.
 */
import { townNow } from './clock.ts'
import { h } from './dom.ts'
import { EMOJI } from './emoji.ts'
import { dateText, readMrkdwn, type Span } from './mrkdwn.ts'
import type { Block, Member } from './shape.ts'

export interface Naming {
  readonly me: string
  readonly members: readonly Member[]
}

export const fieldOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Block)[key] : undefined

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

export const wordsOf = (value: unknown): string => {
  const text = fieldOf(value, 'text')
  return typeof text === 'string' ? text : ''
}

/** A text object: mrkdwn or plain. */
export function drawText(value: unknown, naming: Naming): readonly (Node | string)[] {
  const words = wordsOf(value)
  if (fieldOf(value, 'type') === 'mrkdwn') return drawSpans(readMrkdwn(words), naming)
  return words
    .split(/(:[a-z0-9_+-]+:|\n)/)
    .map((piece) => (piece === '\n' ? h('br') : emojiOf(piece)))
}

export const drawMrkdwn = (text: string, naming: Naming): readonly (Node | string)[] =>
  drawSpans(readMrkdwn(text), naming)

const emojiOf = (piece: string): string =>
  /^:.+:$/.test(piece) ? (EMOJI[piece.slice(1, -1)] ?? piece) : piece

function drawSpans(spans: readonly Span[], naming: Naming): readonly (Node | string)[] {
  return spans.map((span) => drawSpan(span, naming))
}

function drawSpan(span: Span, naming: Naming): Node | string {
  switch (span.type) {
    case 'text':
      return span.text
    case 'break':
      return h('br')
    case 'bold':
      return h('b', {}, ...drawSpans(span.spans, naming))
    case 'italic':
      return h('i', {}, ...drawSpans(span.spans, naming))
    case 'strike':
      return h('s', {}, ...drawSpans(span.spans, naming))
    case 'quote':
      return h('blockquote', {}, ...drawSpans(span.spans, naming))
    case 'code':
      return h('code', {}, span.text)
    case 'block':
      return h('pre', { tabindex: '0' }, span.text)
    case 'link':
      return drawLink(span.url, span.text)
    case 'user':
      return drawUser(span.id, naming)
    case 'channel':
      return h('span', { class: 'mention' }, `#${span.text || 'deploys'}`)
    case 'broadcast':
      return h('span', { class: 'mention loud' }, span.text)
    case 'emoji':
      return EMOJI[span.name] ?? `:${span.name}:`
    case 'date': {
      const text = dateText(span, townNow())
      const title = new Date(span.seconds * 1_000).toString()
      return span.link === null ? h('time', { title }, text) : drawLink(span.link, text)
    }
  }
}

export function drawLink(url: string, text: string): Node | string {
  if (!/^(?:https?:|mailto:)/.test(url)) return text
  // A permalink of this very page goes to its message instead of opening another page.
  if (URL.canParse(url) && new URL(url).pathname === '/' && /^#[CD]/.test(new URL(url).hash)) {
    return h('a', { href: new URL(url).hash }, text)
  }
  return h('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, text)
}

export function drawUser(id: string, { me, members }: Naming): Node {
  const name = members.find((one) => one.id === id)?.name
  return h('span', { class: id === me ? 'mention me' : 'mention' }, `@${name ?? id}`)
}

/** A rich_text block. */
export function drawRich(block: unknown, naming: Naming): Node {
  const inner = listOf(fieldOf(block, 'elements')).map((one) => drawRichElement(one, naming))
  return h('div', { class: 'rich' }, ...inner)
}

function drawRichElement(element: unknown, naming: Naming): Node {
  const inner = (): readonly Node[] =>
    listOf(fieldOf(element, 'elements')).map((one) => drawRichPiece(one, naming))
  switch (fieldOf(element, 'type')) {
    case 'rich_text_list': {
      const indent = `list-style-position:outside;margin-left:${Number(fieldOf(element, 'indent') ?? 0) * 1.5}em`
      const items = listOf(fieldOf(element, 'elements')).map((one) =>
        h('li', {}, drawRichElement(one, naming)),
      )
      const tag = fieldOf(element, 'style') === 'ordered' ? 'ol' : 'ul'
      return h(tag, { style: indent }, ...items)
    }
    case 'rich_text_preformatted':
      return h('pre', { tabindex: '0' }, ...inner())
    case 'rich_text_quote':
      return h('blockquote', {}, ...inner())
    default:
      return h('div', {}, ...inner())
  }
}

function drawRichPiece(piece: unknown, naming: Naming): Node {
  const style = fieldOf(piece, 'style')
  const words = wordsOf(piece)
  let node: Node
  switch (fieldOf(piece, 'type')) {
    case 'link': {
      const url = String(fieldOf(piece, 'url') ?? '')
      const drawn = drawLink(url, words || url)
      node = typeof drawn === 'string' ? document.createTextNode(drawn) : drawn
      break
    }
    case 'user':
      node = drawUser(String(fieldOf(piece, 'user_id')), naming)
      break
    case 'emoji': {
      const name = String(fieldOf(piece, 'name'))
      node = h('span', {}, EMOJI[name] ?? `:${name}:`)
      break
    }
    case 'broadcast':
      node = h('span', { class: 'mention loud' }, `@${String(fieldOf(piece, 'range'))}`)
      break
    default:
      node = h('span', {}, words)
  }
  for (const [key, tag] of [
    ['bold', 'b'],
    ['italic', 'i'],
    ['strike', 's'],
    ['code', 'code'],
  ] as const) {
    if (fieldOf(style, key) === true) node = h(tag, {}, node)
  }
  return node
}
