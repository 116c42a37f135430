/**
 * An expected no, to the one person who asked.
 *
 * Invariant: pure; says the way out.
 */
import type { Pipeline } from '../../core/model.ts'
import { explain, type Refusal } from '../../core/refusal.ts'
import type { Message } from '../scene.ts'

export function refused(
  refusal: Refusal,
  _at: { readonly pipeline: Pipeline | null; readonly now: number },
): Message {
  const text = explain(refusal)
  return { text, blocks: [{ type: 'section', text: { type: 'plain_text', text } }] }
}
