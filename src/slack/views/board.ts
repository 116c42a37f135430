/**
 * The board: every pipeline, what is live and what is on the line.
 *
 * Invariant: pure.
 */
import { unfinished } from '../../core/line.ts'
import type { Actor, Pipeline } from '../../core/model.ts'
import type { Message } from '../scene.ts'

export function board(pipelines: readonly Pipeline[], _viewer: Actor, _now: number): Message {
  const text = pipelines
    .map((one) => `${one.name}: ${unfinished(one).length} trains on the line`)
    .join('\n')
  return { text, blocks: [{ type: 'section', text: { type: 'plain_text', text } }] }
}
