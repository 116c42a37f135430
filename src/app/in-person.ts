/**
 * What one person is told directly.
 *
 * Invariant: nobody is written to whose account is closed, a guest's or another workspace's, however
 * long the message has waited.
 */
import type { Pipeline } from '../core/model.ts'
import type { Message } from '../slack/scene.ts'
import { type Announcing, sent } from './announce.ts'

/** Writes to a linked person; whoever Slack cannot reach is left alone. */
export async function tellInPerson(
  { slack }: Pick<Announcing, 'slack'>,
  { people }: Pick<Pipeline, 'people'>,
  { person, message }: { readonly person: string; readonly message: Message },
): Promise<void> {
  const known = people.find(({ name }) => name === person)
  if (known === undefined || !known.active || known.slack === null) return
  const channel = await slack.openDirect(known.slack)
  await sent(message, (shown) =>
    slack.post({ channel, thread: null, broadcast: false }, shown, null),
  )
}
