/**
 * The dialog that asks for a written reason.
 *
 * Invariant: pure.
 */
import type { ModalView } from '@slack/types'

export function reasonModal(asked: {
  readonly act: string
  readonly meta: string
  readonly title: string
  readonly label: string
  readonly submit: string
}): ModalView {
  return {
    type: 'modal',
    callback_id: 'reason',
    private_metadata: asked.meta,
    title: { type: 'plain_text', text: asked.title.slice(0, 24) },
    submit: { type: 'plain_text', text: asked.submit.slice(0, 24) },
    close: { type: 'plain_text', text: 'Back' },
    blocks: [
      {
        type: 'input',
        block_id: 'reason',
        label: { type: 'plain_text', text: asked.label },
        element: { type: 'plain_text_input', action_id: 'text', multiline: true },
      },
    ],
  }
}
