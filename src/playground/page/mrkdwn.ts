/**
 * Slack's mrkdwn, read into a tree (docs.slack.dev/messaging/formatting-message-text).
 *
 * Invariant: pure, and total: what is no formatting is text.
 */

export type Span =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'break' }
  | { readonly type: 'bold' | 'italic' | 'strike' | 'quote'; readonly spans: readonly Span[] }
  | { readonly type: 'code' | 'block'; readonly text: string }
  | { readonly type: 'link'; readonly url: string; readonly text: string }
  | { readonly type: 'user' | 'channel'; readonly id: string; readonly text: string | null }
  | { readonly type: 'broadcast'; readonly text: string }
  | { readonly type: 'emoji'; readonly name: string }
  | {
      readonly type: 'date'
      readonly seconds: number
      readonly format: string
      readonly link: string | null
      readonly fallback: string
    }

const ENTITIES: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>' }

const decoded = (text: string): string =>
  text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity] ?? entity)

/** A whole text: paragraphs and quotes. */
export function readMrkdwn(text: string): readonly Span[] {
  const spans: Span[] = []
  const pieces = text.split(/(```[\s\S]*?```)/)
  for (const piece of pieces) {
    const block = /^```\n?([\s\S]*?)\n?```$/.exec(piece)
    if (block !== null) spans.push({ type: 'block', text: decoded(block[1] ?? '') })
    else spans.push(...readLines(piece))
  }
  return spans
}

function readLines(text: string): readonly Span[] {
  const spans: Span[] = []
  let quote: Span[] | null = null
  for (const [index, line] of text.split('\n').entries()) {
    const quoted = /^(?:&gt;|>) ?(.*)$/.exec(line)
    if (quoted === null) {
      if (index > 0 && quote === null) spans.push({ type: 'break' })
      quote = null
      spans.push(...readInline(line))
      continue
    }
    if (quote === null) {
      quote = []
      spans.push({ type: 'quote', spans: quote })
    } else quote.push({ type: 'break' })
    quote.push(...readInline(quoted[1] ?? ''))
  }
  return spans
}

type Rule = readonly [RegExp, (match: RegExpExecArray) => Span | null]

const wrapped = (mark: string): RegExp => {
  const sign = `\\${mark}`
  return new RegExp(
    `${sign}(?=[^\\s${sign}])([^${sign}]*[^\\s${sign}]|[^\\s${sign}])${sign}(?![\\w${sign}])`,
    'y',
  )
}

const RULES: readonly Rule[] = [
  [/`([^`]+)`/y, (match) => ({ type: 'code', text: decoded(match[1] ?? '') })],
  [/<([^<>\n]+)>/y, (match) => readAngle(match[1] ?? '')],
  [/:([a-z0-9_+-]+):/y, (match) => ({ type: 'emoji', name: match[1] ?? '' })],
  [wrapped('*'), (match) => ({ type: 'bold', spans: readInline(match[1] ?? '') })],
  [wrapped('_'), (match) => ({ type: 'italic', spans: readInline(match[1] ?? '') })],
  [wrapped('~'), (match) => ({ type: 'strike', spans: readInline(match[1] ?? '') })],
  [/https?:\/\/[^\s<>|]*[^\s<>|.,;:!?)\]'"*_~]/y, ({ 0: url }) => link(decoded(url), decoded(url))],
]

/** Marks count only at the start of a word: `snake_case_names` stay what they are. */
const STARTS = new Set(['*', '_', '~'])

function readInline(line: string): readonly Span[] {
  const spans: Span[] = []
  let plain = ''
  let at = 0
  const endPlain = (): void => {
    if (plain !== '') spans.push({ type: 'text', text: decoded(plain) })
    plain = ''
  }
  while (at < line.length) {
    const sign = line[at] ?? ''
    const isInWord = STARTS.has(sign) && /[\p{L}\p{N}]/u.test(line[at - 1] ?? '')
    const found = isInWord ? null : firstMatch(line, at)
    if (found === null) {
      plain += sign
      at += 1
      continue
    }
    endPlain()
    spans.push(found.span)
    at += found.length
  }
  endPlain()
  return spans
}

function firstMatch(line: string, at: number): { span: Span; length: number } | null {
  for (const [pattern, make] of RULES) {
    pattern.lastIndex = at
    const match = pattern.exec(line)
    const span = match === null ? null : make(match)
    if (match !== null && span !== null) return { span, length: match[0].length }
  }
  return null
}

const link = (url: string, text: string): Span => ({ type: 'link', url, text })

function readAngle(inner: string): Span | null {
  const [target = '', label] = split(inner)
  const text = label === null ? null : decoded(label)
  if (/^@[UW][A-Z0-9]+$/.test(target)) return { type: 'user', id: target.slice(1), text }
  if (/^#[CG][A-Z0-9]+$/.test(target)) return { type: 'channel', id: target.slice(1), text }
  const date = /^!date\^(\d+)\^([^^]*)(?:\^(.+))?$/.exec(target)
  if (date !== null) {
    return {
      type: 'date',
      seconds: Number(date[1]),
      format: decoded(date[2] ?? ''),
      link: date[3] === undefined ? null : decoded(date[3]),
      fallback: text ?? '',
    }
  }
  if (target.startsWith('!')) {
    const name = target.slice(1).replace(/^subteam\^.*/, 'group')
    return { type: 'broadcast', text: text ?? `@${name}` }
  }
  if (!/^(?:https?:\/\/|mailto:)/.test(target)) return null
  return link(decoded(target), text ?? decoded(target))
}

function split(inner: string): readonly [string, string | null] {
  const at = inner.indexOf('|')
  return at === -1 ? [inner, null] : [inner.slice(0, at), inner.slice(at + 1)]
}

/** A date as Slack shows it; an unknown token makes it the fallback. */
export function dateText(
  { seconds, format, fallback }: Extract<Span, { type: 'date' }>,
  now: number,
): string {
  const date = new Date(seconds * 1_000)
  const show = (options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat('en', options).format(date)
  const days = Math.round((startOfDay(now) - startOfDay(date.getTime())) / 86_400_000)
  const pretty = (other: string): string =>
    ({ '-1': 'tomorrow', '0': 'today', '1': 'yesterday' })[String(days)] ?? other
  const long = show({ weekday: 'long', month: 'long', day: 'numeric', year: 'numeric' })
  const plain = show({ month: 'long', day: 'numeric', year: 'numeric' })
  const short = show({ month: 'short', day: 'numeric', year: 'numeric' })
  const tokens: Readonly<Record<string, string>> = {
    date_num: date.toISOString().slice(0, 10),
    date_slash: show({ month: '2-digit', day: '2-digit', year: 'numeric' }),
    date_long: long,
    date_long_pretty: pretty(long),
    date_long_full: long,
    date: plain,
    date_pretty: pretty(plain),
    date_short: short,
    date_short_pretty: pretty(short),
    time: show({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
    time_secs: show({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }),
    ago: ago(now - date.getTime()),
  }
  let isKnown = Number.isFinite(date.getTime())
  const shown = format.replace(/\{([a-z_]+)\}/g, (_, token: string) => {
    isKnown &&= tokens[token] !== undefined
    return tokens[token] ?? ''
  })
  return isKnown ? shown : fallback
}

function startOfDay(ms: number): number {
  const date = new Date(ms)
  return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate())
}

function ago(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / 60_000)
  const amount = minutes < 60 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
  return ms >= 0 ? `${amount} ago` : `in ${amount}`
}
