/**
 * What people wrote, made harmless: it is shown, and can neither mention, link nor format.
 *
 * Invariant: whatever goes in, `plain` gives one line without Slack's control characters, and at
 * most as many code points as asked for, never half an entity.
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

/** Cuts to `max` code points, an entity counting as what it is made of, and marks the cut. */
export function cut(escaped: string, max: number): string {
  const parts = escaped.match(/&(?:amp|lt|gt);|[\s\S]/gu) ?? []
  const size = (part: string): number => [...part].length
  const total = parts.reduce((sum, part) => sum + size(part), 0)
  if (total <= max) return escaped
  let room = max - 1
  const kept: string[] = []
  for (const part of parts) {
    room -= size(part)
    if (room < 0) break
    kept.push(part)
  }
  return `${kept.join('').trimEnd()}…`
}

/** For mrkdwn: one line, escaped, at most `max` code points. Cleaning far more than fits is waste. */
export const plain = (text: string, max: number): string =>
  cut(formatting(entities(oneLine(head(text, max)))), max)

/** For Slack's `plain_text`, where nothing is parsed: one line, at most `max` code points. */
export const label = (text: string, max: number): string => cut(oneLine(head(text, max)), max)

/** For a code block: lines as they are, at most `max` code points, kept from the end. */
export function listing(lines: readonly string[], max: number): string {
  const kept: string[] = []
  let room = max
  for (const line of lines.toReversed()) {
    const shown = cut(entities(oneLine(head(line, 300))).replaceAll('```', 'ˋˋˋ'), 300)
    room -= [...shown].length + 1
    if (room < 0) break
    kept.push(shown)
  }
  return kept.toReversed().join('\n')
}

const head = (text: string, max: number): string => text.slice(0, max * 20 + 1_000)
