/**
 * What a rollback would do, before it is confirmed.
 *
 * Invariant: pure; every word that the confirmation stands for is named.
 */
import type { Pipeline } from '../../core/model.ts'
import type { RollbackPreview } from '../../core/releases.ts'
import type { Message } from '../scene.ts'
import { valueOf as drawn } from '../words/button-value.ts'

export function rollbackPreview(
  { environment, target, trains, needs }: RollbackPreview,
  pipeline: Pipeline,
  { reason }: { readonly now: number; readonly reason: string | null },
): Message {
  const text = [
    `Roll ${pipeline.name} ${environment} back to ${target.sha.slice(0, 8)}?`,
    `Takes back trains ${trains.join(', ') || 'none'}.`,
    ...needs.map((word) => `Confirming also means: ${word}.`),
  ].join(' ')
  const value = drawn({
    pipeline: pipeline.name,
    environment,
    to: target.sha,
    ...(reason === null ? {} : { reason }),
  })
  return {
    text,
    blocks: [
      { type: 'section', text: { type: 'plain_text', text } },
      {
        type: 'actions',
        elements: [
          {
            type: 'button',
            action_id: 'rollback.confirm',
            style: 'danger',
            text: { type: 'plain_text', text: 'Roll back' },
            value,
          },
          {
            type: 'button',
            action_id: 'rollback.dismiss',
            text: { type: 'plain_text', text: 'Leave it' },
            value,
          },
        ],
      },
    ],
  }
}
