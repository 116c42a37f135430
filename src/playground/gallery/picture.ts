/**
 * A picture: something that people see in Slack, and where they see it.
 *
 * Invariant: plain data.
 */
import type { ModalView } from '@slack/types'
import type { Message } from '../../slack/scene.ts'

export type Surface = 'channel' | 'thread' | 'ephemeral' | 'direct' | 'home' | 'modal'

export interface Picture {
  /** `group: what`, as `announcement: boarding`. */
  readonly name: string
  readonly surface: Surface
  readonly message: Message
  /** The whole form, where it is one. */
  readonly view: ModalView | null
}

const on =
  (surface: Surface) =>
  (name: string, message: Message): Picture => ({ name, surface, message, view: null })

export const inChannel = on('channel')
export const inThread = on('thread')
export const ephemeral = on('ephemeral')
export const direct = on('direct')
export const inHome = on('home')

export const form = (name: string, view: ModalView): Picture => ({
  name,
  surface: 'modal',
  message: { text: view.title.text, blocks: view.blocks as Message['blocks'] },
  view,
})
