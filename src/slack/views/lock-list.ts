/**
 * Every lock there is.
 *
 * Invariant: pure.
 */
import type { Pipeline } from '../../core/model.ts'
import type { Message } from '../scene.ts'

export function lockList(pipelines: readonly Pipeline[], _now: number): Message {
  const lines = pipelines.flatMap(({ name, lock, environments }) =>
    [lock, ...environments.map((one) => one.lock)].flatMap((one) =>
      one === null ? [] : [`${name} ${one.environment ?? ''}: ${one.by}, ${one.reason}`],
    ),
  )
  const text = lines.length === 0 ? 'Nothing is locked.' : lines.join('\n').slice(0, 3_000)
  return { text, blocks: [{ type: 'section', text: { type: 'plain_text', text } }] }
}
