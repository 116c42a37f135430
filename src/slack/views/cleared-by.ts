/**
 * Who clears a gate, and how, as it is done in Slack.
 *
 * Invariant: the gate's own words, but where they name what only a program calls.
 */
import type { Blocker } from '../../core/blocker.ts'
import { clip, type Mrkdwn, md } from '../words/mrkdwn.ts'

export function clearedBy({ gate, clearBy }: Blocker): Mrkdwn {
  if (gate === 'veto') {
    return clip(clearBy.replace('`release_veto`', 'let it go again'), 160)
  }
  if (gate === 'facts') return md`wait until it is heard of, or cancel the train`
  return clip(clearBy, 160)
}
