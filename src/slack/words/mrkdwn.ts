/**
 * Slack's mrkdwn, put together so that a text from people cannot be pasted in raw.
 *
 * Invariant: only `md` and the few makers here create Mrkdwn; every string given to `md` is escaped.
 */
import { cut, entities, listing, oneLine, plain } from './plain.ts'

/** Text that Slack may parse. An object, so that no plain string passes for it. */
export interface Mrkdwn {
  readonly mrkdwn: string
}

/** A name or reason inside a sentence is cut to this many characters. */
const INLINE_MAX = 160

/** A blank at either end belongs to our sentence and stays one. */
function show(value: Mrkdwn | string | number): string {
  if (typeof value === 'object') return value.mrkdwn
  const text = String(value)
  const shown = plain(text, INLINE_MAX)
  return shown === '' ? '' : `${/^ /.test(text) ? ' ' : ''}${shown}${/ $/.test(text) ? ' ' : ''}`
}

/** A template: what is written in it is ours, what is put into it is escaped unless Mrkdwn. */
export const md = (
  ours: TemplateStringsArray,
  ...values: readonly (Mrkdwn | string | number)[]
): Mrkdwn => ({
  mrkdwn: ours.reduce((text, part, index) => {
    const value = values[index]
    return text + part + (value === undefined ? '' : show(value))
  }, ''),
})

/** The same as one would read it aloud: for notifications, which draw neither links nor code. */
export const spoken = ({ mrkdwn }: Mrkdwn): string =>
  mrkdwn
    .replace(/<(?:!date\^|https?:)[^|>]*\|([^>]*)>/g, '$1')
    .replace(/[`*]/g, '')
    .trim()

export const nothing: Mrkdwn = { mrkdwn: '' }

/** A text of our own that is not in a template: a table's sentence, never a person's. */
export const ours = (text: string): Mrkdwn => ({ mrkdwn: text })

/** A person's text, with its own limit. */
export const clip = (text: string, max: number): Mrkdwn => ({ mrkdwn: plain(text, max) })

/** Inline code; look-alikes keep it from ending early. */
export const code = (text: string): Mrkdwn => ({ mrkdwn: `\`${plain(text, 80) || ' '}\`` })

/** A command to copy. Typed as it is: nothing inside code formats but the backtick. */
export const command = (text: string): Mrkdwn => ({
  mrkdwn: `\`${cut(entities(oneLine(text)).replaceAll('`', 'ˋ'), 200)}\``,
})

/** The end of a log. */
export const logTail = (lines: readonly string[], max: number): Mrkdwn => {
  const shown = listing(lines, max)
  return shown === '' ? nothing : { mrkdwn: `\`\`\`\n${shown}\n\`\`\`` }
}

/** A link; an address that is no plain web address is not made one. */
export function link(address: string, text: Mrkdwn): Mrkdwn {
  if (!/^https?:\/\/[^\s<>|"]+$/.test(address) || address.length > 500) return text
  return { mrkdwn: `<${entities(address)}|${text.mrkdwn}>` }
}

export const join = (parts: readonly Mrkdwn[], between: string): Mrkdwn => ({
  mrkdwn: parts
    .map(({ mrkdwn }) => mrkdwn)
    .filter((part) => part !== '')
    .join(between),
})

/** `a, b and c`. */
export function listed(parts: readonly Mrkdwn[], last: 'and' | 'or' = 'and'): Mrkdwn {
  const end = parts.at(-1)
  if (end === undefined) return nothing
  return parts.length === 1 ? end : md`${join(parts.slice(0, -1), ', ')} ${last} ${end}`
}

/** At most `max` of them, and how many more. */
export function some(parts: readonly Mrkdwn[], max: number): Mrkdwn {
  if (parts.length <= max) return listed(parts)
  return md`${join(parts.slice(0, max), ', ')} and ${parts.length - max} more`
}
