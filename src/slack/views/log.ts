/**
 * What happened last on a pipeline.
 *
 * Invariant: pure.
 */
import type { Pipeline } from '../../core/model.ts'
import type { Message, Told } from '../scene.ts'

export function history(told: readonly Told[], pipeline: Pipeline): Message {
  const lines = told.map(({ actor, event }) => `${actor}: ${event.type.replaceAll('_', ' ')}`)
  const text = [`The latest of ${pipeline.name}:`, ...lines].join('\n').slice(0, 3_000)
  return { text, blocks: [{ type: 'section', text: { type: 'plain_text', text } }] }
}
