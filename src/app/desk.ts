/**
 * The desk: what somebody asks for in Slack, answered.
 *
 * Invariant: nobody is answered before it is known who asks.
 */
import type { Inbound } from '../slack/inbound.ts'
import { type DeskParts, no, type Reply } from './desk-run.ts'
import { attendSubmit } from './dialog-desk.ts'
import { attendPress } from './press-desk.ts'
import { attendSlash, showHome } from './slash-desk.ts'

/** Answers one request. */
export async function attend(parts: DeskParts, inbound: Inbound): Promise<Reply> {
  if (inbound.type === 'member') {
    await parts.members.heard(inbound.user)
    return { type: 'nothing' }
  }
  const who = await parts.members.identify(inbound.sender)
  if (!who.ok) return no({ code: who.why })
  switch (inbound.type) {
    case 'home':
      return showHome(parts, who.actor)
    case 'slash':
      return attendSlash(parts, inbound, who.actor)
    case 'press':
      return attendPress(parts, inbound, who.actor)
    case 'submit':
      return attendSubmit(parts, inbound, who.actor)
  }
}
