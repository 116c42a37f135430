/**
 * What people wrote, made harmless: it is shown, and can neither mention, link nor format.
 *
 * Invariant: whatever goes in, `plain` gives one line without Slack's control characters, no longer
 * than asked for, and never half a code point or half an entity.
 */

/** One line of visible characters: no control, direction or zero-width ones, no towers of accents. */
export const oneLine = (text: string): string =>
  text
    .replace(/\p{Cs}/gu, '\ufffd')
    .replace(/[\s\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    // A joiner stays: families and flags are made with it.
    .replace(/(?!\u200d)\p{Cf}/gu, '')
    .replace(/(\p{M}{3})\p{M}+/gu, '$1')
    .trim()

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** The three characters Slack reads as control. */
export const entities = (text: string): string =>
  text.replace(/[&<>]/g, (found) => ENTITIES[found] ?? '')

/** Slack has no way to quote its formatting characters, so look-alikes stand in for them. */
const formatting = (text: string): string =>
  text
    .replaceAll('*', '∗')
    .replaceAll('`', 'ˋ')
    .replaceAll('~', '∼')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, 'ˍ')
    .replace(/:(?=[\w+'-]+:)/g, '∶')

/**
 * Cuts to `max` UTF-16 units, which is never more than Slack's characters, and marks the cut; a
 * code point or an entity stays whole.
 */
export function cut(escaped: string, max: number): string {
  if (escaped.length <= max) return escaped
  const parts = escaped.match(/&(?:amp|lt|gt);|[\s\S]/gu) ?? []
  let room = max - 1
  const kept: string[] = []
  for (const part of parts) {
    room -= part.length
    if (room < 0) break
    kept.push(part)
  }
  return `${kept.join('').trimEnd()}…`
}

/** For mrkdwn: one line, escaped, at most `max` long. Cleaning far more than fits is waste. */
export const plain = (text: string, max: number): string =>
  cut(formatting(entities(oneLine(head(text, max)))), max)

/** For Slack's `plain_text`, where nothing is parsed: one line, at most `max` long. */
export const label = (text: string, max: number): string => cut(oneLine(head(text, max)), max)

/** For a code block: lines as they are, at most `max` long, kept from the end. */
export function listing(lines: readonly string[], max: number): string {
  const kept: string[] = []
  let room = max
  for (const line of lines.toReversed()) {
    const shown = cut(entities(oneLine(head(line, 300))).replaceAll('```', 'ˋˋˋ'), 300)
    room -= shown.length + 1
    if (room < 0) break
    kept.push(shown)
  }
  return kept.toReversed().join('\n')
}

const head = (text: string, max: number): string => text.slice(0, max * 20 + 1_000)
