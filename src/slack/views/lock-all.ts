/**
 * The answer to whoever locked or opened everything.
 *
 * Invariant: says what goes on in spite of it.
 */
import type { LockAllCommand } from '../../core/lock-all.ts'
import type { Message } from '../scene.ts'
import { command, md } from '../words/mrkdwn.ts'
import { message, section } from './blocks.ts'

export function everythingLocked(asked: LockAllCommand): Message {
  const said =
    asked.type === 'lock'
      ? md`🔒 Everything is locked: ${asked.reason} What is being deployed is finished; nothing starts, in any pipeline. Open it again: ${command('/lock all release')}`
      : md`🔓 The lock on everything is released; locks of single pipelines stay.`
  return message(said, [section(said)])
}
