/**
 * What somebody reads while a REF is looked up for longer than Slack waits.
 *
 * Invariant: it promises an answer, and nothing else.
 */
import type { Message } from '../scene.ts'
import { clip, md } from '../words/mrkdwn.ts'
import { message, sections } from './blocks.ts'

export function lookingUp(ref: string): Message {
  const line = md`🔎 Looking ${clip(ref, 80)} up in the repository; the answer follows here.`
  return message(line, sections([line]))
}
