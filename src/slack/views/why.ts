/**
 * What the trains of a pipeline wait for.
 *
 * Invariant: pure; the gate's own sentences.
 */
import { blockers } from '../../core/gate.ts'
import { nextEnvironment, unfinished } from '../../core/line.ts'
import type { Pipeline } from '../../core/model.ts'
import type { Message } from '../scene.ts'

export function why(pipeline: Pipeline, now: number): Message {
  const lines = unfinished(pipeline).flatMap((train) => {
    const policy = nextEnvironment(pipeline, train)
    const waits = policy ? blockers(pipeline, train, { policy, now }) : []
    return waits.map(({ message }) => `#${train.number}: ${message}`)
  })
  const text = lines.length === 0 ? `Nothing waits on ${pipeline.name}.` : lines.join('\n')
  return {
    text,
    blocks: [{ type: 'section', text: { type: 'plain_text', text: text.slice(0, 3_000) } }],
  }
}
