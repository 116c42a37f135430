/**
 * A command's text, taken apart: words, and quoted stretches that are one word each.
 *
 * Invariant: a quoted stretch is never a keyword, and putting tokens together again gives back
 * what was typed, save for runs of blanks.
 */

export interface Token {
  readonly text: string
  /** Quoted text is a reason or part of one, whatever it says. */
  readonly quoted: boolean
}

const QUOTED = /"([^"]*)"|“([^“”]*)”|«([^«»]*)»/

/** Phones turn straight quotes into curly ones, so both count; a lonely quote is a letter. */
export function tokens(typed: string): readonly Token[] {
  const pattern = new RegExp(`${QUOTED.source}|(\\S+)`, 'gu')
  return [...unescaped(typed).matchAll(pattern)].flatMap(
    ([whole, one, two, three]): readonly Token[] => {
      const inside = one ?? two ?? three
      if (inside === undefined) return [{ text: whole, quoted: false }]
      const text = inside.trim().replace(/\s+/g, ' ')
      return text === '' ? [] : [{ text, quoted: true }]
    },
  )
}

export const joined = (parts: readonly Token[]): string => parts.map(({ text }) => text).join(' ')

/**
 * Slack sends `&`, `<` and `>` escaped, and people, channels and links as `<…|name>`: a reason
 * keeps the name. What is shown later is escaped again.
 */
const unescaped = (typed: string): string =>
  typed
    .replace(/<@[A-Z0-9]+\|([^<>|]*)>/g, '@$1')
    .replace(/<#[A-Z0-9]+\|([^<>|]*)>/g, '#$1')
    .replace(/<(https?:[^<>|]*)(?:\|[^<>]*)?>/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
