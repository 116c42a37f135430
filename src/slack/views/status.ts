/**
 * One pipeline, in a few lines.
 *
 * Invariant: pure.
 */
import type { Pipeline } from '../../core/model.ts'
import type { Message } from '../scene.ts'

export function status(pipeline: Pipeline, _now: number): Message {
  const text = pipeline.environments
    .map(({ name, live }) => `${name}: ${live?.sha.slice(0, 8) ?? 'nothing yet'}`)
    .join('\n')
  return { text, blocks: [{ type: 'section', text: { type: 'plain_text', text } }] }
}
