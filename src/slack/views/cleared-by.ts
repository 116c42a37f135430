/**
 * Who clears a gate, and how, as it is done in Slack.
 *
 * Invariant: the gate's own words, but where they name what only a program calls.
 */
import type { Blocker } from '../../core/blocker.ts'
import { clip, type Mrkdwn, md } from '../words/mrkdwn.ts'

export function clearedBy({ gate, clearBy }: Blocker): Mrkdwn {
  if (gate === 'veto') {
    return md`merge a revert and cancel the trains before it, or let it go again with a reason`
  }
  if (gate === 'facts') return md`wait until it is heard of, or cancel the train`
  return clip(clearBy, 160)
}
