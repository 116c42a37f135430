/**
 * What happened while Slack could not be reached, in one reply.
 *
 * Invariant: pure; the oldest and the newest are always told, what is left out is counted.
 */
import type { Message, Narration } from './scene.ts'

const LINES_MAX = 20
const LINE_MAX = 250

/** One reply for several events, oldest first. */
export function catchUp(told: readonly Narration[]): Message {
  const lines = told.map(({ text }) => `• ${cut(text)}`)
  const left = lines.length - LINES_MAX
  const shown =
    left <= 0
      ? lines
      : [
          ...lines.slice(0, LINES_MAX / 2),
          `… ${left} more; the audit has them all …`,
          ...lines.slice(-LINES_MAX / 2),
        ]
  const text = 'Slack could not be reached for a while. Meanwhile:'
  return {
    text: `${text} ${told.length} events.`,
    blocks: [
      { type: 'section', text: { type: 'plain_text', text, emoji: false } },
      ...halves(shown).map(
        (part) =>
          ({
            type: 'section',
            // The sentences come from narrations, whose fallback text is escaped already.
            text: { type: 'mrkdwn', text: part.join('\n'), verbatim: true },
          }) as const,
      ),
    ],
  }
}

/** A section takes 3,000 characters. */
const halves = (lines: readonly string[]): readonly (readonly string[])[] =>
  lines.length <= 10 ? [lines] : [lines.slice(0, 10), lines.slice(10)]

/** Never through the middle of an entity or a mention. */
function cut(text: string): string {
  const line = text.replaceAll('\n', ' ')
  if (line.length <= LINE_MAX) return line
  const head = line.slice(0, LINE_MAX)
  return `${head.replace(/(?:&[a-z]*|<[^>]*|[\ud800-\udbff])$/, '')}…`
}
