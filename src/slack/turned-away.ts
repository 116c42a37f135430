/**
 * The noes of the edge itself, before anything was decided.
 *
 * Invariant: pure and exhaustive; each says what to do instead.
 */
import type { TurnedAway } from './member.ts'
import type { Message } from './scene.ts'
import { message, section } from './views/blocks.ts'
import { misunderstood } from './views/help.ts'
import { ours } from './words/mrkdwn.ts'
import { entities } from './words/plain.ts'

export type EdgeNo =
  | { readonly code: TurnedAway }
  | { readonly code: 'no_pipeline'; readonly known: readonly string[] }
  | { readonly code: 'unreadable' }
  | { readonly code: 'elsewhere' }
  | { readonly code: 'preview_gone' }
  | { readonly code: 'preview_over' }
  | { readonly code: 'too_many_tokens' }
  | { readonly code: 'no_channel' }
  | { readonly code: 'no_lock' }
  | { readonly code: 'no_hold' }
  | { readonly code: 'misread'; readonly message: string; readonly suggestion: string | null }
  | { readonly code: 'slow' }
  | { readonly code: 'dialog_over' }
  | { readonly code: 'broken'; readonly incident: string }

function sentence(no: Exclude<EdgeNo, { readonly code: 'misread' }>): string {
  switch (no.code) {
    case 'foreigner':
      return 'Nothing was done: only members of this workspace can act here. Ask one of them.'
    case 'guest':
      return 'Nothing was done: guests cannot act here. Ask a full member of this workspace.'
    case 'bot':
      return 'Nothing was done: bots cannot act here. A program uses an API token.'
    case 'deactivated':
      return 'Nothing was done: this account is deactivated.'
    case 'unknown':
      return 'Nothing was done: Slack did not say in time who you are. Try again in a moment.'
    case 'no_pipeline':
      return no.known.length === 0
        ? 'Say which pipeline: none belongs to this channel.'
        : `Say which pipeline: ${no.known.join(', ')}.`
    case 'unreadable':
      return 'Nothing was done: this button was drawn by another version. Use the newest message.'
    case 'elsewhere':
      return 'Nothing was done: this button does not belong to the train of its message.'
    case 'preview_gone':
      return 'Nothing was done: what you were shown is no longer so. This is how it is now:'
    case 'preview_over':
      return 'Nothing was done: what you were shown is too long ago, or was replaced. Write the command again.'
    case 'too_many_tokens':
      return 'Nothing was done: ten of your tokens work already. End one with `signalbox token revoke ID`.'
    case 'no_channel':
      return 'Nothing was done: no pipeline has a channel where somebody could confirm it. Ask whoever keeps the configuration file to list you under `people`.'
    case 'no_lock':
      return 'Nothing was done: that lock is gone. `/lock status` shows those there are.'
    case 'no_hold':
      return 'Nothing was done: nobody holds this train any more.'
    case 'slow':
      return 'This takes longer than usual: the database does not answer. It may still be done; what came of it is told here.'
    case 'dialog_over':
      return 'Nothing was done: the database took too long, and Slack opens no dialog by now. Press again.'
    case 'broken':
      return `Something went wrong here; the log has it as ${no.incident}. \`/deploy status\` says whether anything was done; if not, try again.`
  }
}

/** What the person reads. */
export function turnedAway(no: EdgeNo): Message {
  if (no.code === 'misread') return misunderstood(no)
  // Ours but for names of pipelines, which hold no formatting.
  const text = ours(entities(sentence(no)))
  return message(text, [section(text)])
}
