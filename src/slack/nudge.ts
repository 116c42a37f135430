/**
 * The one direct message to an author who has not answered.
 *
 * Invariant: pure; says what is asked, since when, and where to answer.
 */
import { title } from '../core/blocker.ts'
import type { Message, Scene } from './scene.ts'

const NAMED_MAX = 5

/** Asks one author for the changes of theirs that wait. */
export function nudge(
  { pipeline, train, links }: Scene,
  waiting: readonly { readonly number: number | null; readonly sha: string }[],
): Message {
  const names = waiting.slice(0, NAMED_MAX).map(({ number, sha }) => title(number, sha))
  const left = waiting.length - names.length
  const list = `${names.join(', ')}${left > 0 ? ` and ${left} more` : ''}`
  const text = `Train #${train.number} of ${pipeline.name} waits for your word on ${list}. Are they good to go?`
  const thread = links.announcement
  return {
    text,
    blocks: [
      { type: 'section', text: { type: 'plain_text', text, emoji: false } },
      ...(thread === null
        ? []
        : [
            {
              type: 'actions' as const,
              elements: [
                {
                  type: 'button' as const,
                  action_id: 'link.thread',
                  text: { type: 'plain_text' as const, text: 'Answer in the thread' },
                  url: thread,
                },
              ],
            },
          ]),
    ],
  }
}
