/**
 * A token, shown to its person once.
 *
 * Invariant: the only place where the secret is ever written; only its owner sees the message.
 */
import type { Message } from '../scene.ts'
import { code, md } from '../words/mrkdwn.ts'
import { moment } from '../words/time.ts'
import { context, message, section } from './blocks.ts'

export function tokenGiven({
  secret,
  id,
  expires,
}: {
  readonly secret: string
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly expires: number
}): Message {
  const first = md`🔑 Your token, shown this once. It speaks for you by command line and API, also while Slack is away.`
  return message(first, [
    section(first),
    section(md`${code(secret)}`),
    section(
      md`${code('export SIGNALBOX_TOKEN=…')} and then, for instance, ${code('signalbox status')}`,
    ),
    context(
      md`It works until ${moment(expires)}. End it sooner: ${code(`signalbox token revoke ${id}`)}`,
    ),
  ])
}
