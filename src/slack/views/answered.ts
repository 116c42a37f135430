/**
 * The yes, to the one person who asked.
 *
 * Invariant: pure; names what happened, and nothing that did not.
 */
import type { Command } from '../../core/command.ts'
import type { Pipeline } from '../../core/model.ts'
import type { Message, Told } from '../scene.ts'

export function answered(
  type: Command['type'],
  told: readonly Told[],
  pipeline: Pipeline,
  _now: number,
): Message {
  const happened = told.map(({ event }) => event.type.replaceAll('_', ' ')).join(', ')
  const text = `${pipeline.name}: ${type.replaceAll('_', ' ')} done (${happened || 'no change'}).`
  return { text, blocks: [{ type: 'section', text: { type: 'plain_text', text } }] }
}
