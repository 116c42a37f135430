/**
 * The commands there are.
 *
 * Invariant: pure; written from the grammar.
 */
import type { Message } from '../scene.ts'
import { GRAMMAR } from '../words/grammar.ts'

export function help(): Message {
  const text = GRAMMAR.join('\n')
  return { text, blocks: [{ type: 'section', text: { type: 'plain_text', text } }] }
}
