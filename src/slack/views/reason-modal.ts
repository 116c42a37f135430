/**
 * The dialog that asks for a written reason, for every act that needs one.
 *
 * Invariant: what it is about travels in `meta` and is looked up again when the answer comes.
 */
import type { ModalView } from '@slack/types'
import { plainText } from './blocks.ts'

export interface AskedReason {
  /** Which act it is for: part of `meta` as well, here for whoever reads the view. */
  readonly act: string
  readonly meta: string
  readonly title: string
  readonly label: string
  readonly submit: string
}

/** Reasons end up in messages and in the audit for ever: a few sentences are enough. */
export const REASON_MAX = 500

export const reasonModal = ({ meta, title, label, submit }: AskedReason): ModalView => ({
  type: 'modal',
  callback_id: 'reason',
  private_metadata: meta,
  title: plainText(title, 24),
  submit: plainText(submit, 24),
  close: plainText('Not now', 24),
  blocks: [
    {
      type: 'input',
      block_id: 'reason',
      label: plainText(label, 2_000),
      element: {
        type: 'plain_text_input',
        action_id: 'text',
        multiline: true,
        min_length: 2,
        max_length: REASON_MAX,
        focus_on_load: true,
        placeholder: plainText('It is told to everyone concerned and kept in the audit', 150),
      },
    },
  ],
})
