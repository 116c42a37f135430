/**
 * `/deploy link` and its buttons, answered.
 *
 * Invariant: nothing is asked of Slack here; what is to be told goes through the outbox.
 */
import { answerEnd, confirmers, type LinkWord } from '../core/links.ts'
import type { Actor } from '../core/model.ts'
import { findLink, openRequest } from '../db/links.ts'
import { inTransaction } from '../db/transaction.ts'
import type { Sender } from '../slack/inbound.ts'
import { linkAsked, linkDone, ownLink, takenBy } from '../slack/views/link.ts'
import { refused } from '../slack/views/refused.ts'
import type { ButtonValue } from '../slack/words/button-value.ts'
import { type DeskParts, no, type Reply, say } from './desk-run.ts'
import { answerLink, askLink, endLinkOf, type Linking, type Speaker } from './links.ts'

const linkingOf = ({ staging, people }: DeskParts): Linking => ({
  pool: staging.pool,
  people: people(),
  policies: [...staging.pipelines.values()].map(({ policy }) => policy),
})

const speakerOf = (sender: Sender, actor: Actor): Speaker => ({
  actor,
  team: sender.team,
  member: sender.user,
})

interface AskedLink {
  readonly login: string | null
  readonly channel: string
  readonly sender: Sender
  readonly actor: Actor
}

/** Asks to be linked to a login; without one, says who somebody is. */
export async function attendLink(parts: DeskParts, asked: AskedLink): Promise<Reply> {
  const { login, channel, sender, actor } = asked
  const linking = linkingOf(parts)
  const { policies } = linking
  const place =
    policies.find((policy) => policy.channel === channel) ??
    policies.find((policy) => policy.channel !== null)
  const speaker = speakerOf(sender, actor)
  if (login === null) return tellOwn(linking, speaker, (place ?? policies[0])?.pipeline ?? '')
  if (place === undefined || place.channel === null) return no({ code: 'no_channel' })
  const { pipeline } = place
  const done = await askLink(linking, speaker, { login, pipeline, channel: place.channel })
  if (done.ok) return say(linkAsked(done.it, confirmers(linking)))
  const message = refused(done.refusal, { pipeline: null, now: 0 })
  if (done.refusal.code !== 'login_taken') return { type: 'no', message }
  const link = await inTransaction(linking.pool, (tx) => findLink(tx, { team: sender.team, login }))
  const mayEnd = link !== undefined && answerEnd(linking, link, { actor, by: sender.user }).ok
  return { type: 'no', message: mayEnd ? takenBy(message, { pipeline, login }) : message }
}

async function tellOwn(linking: Linking, speaker: Speaker, pipeline: string): Promise<Reply> {
  const { team, member } = speaker
  const found = await inTransaction(linking.pool, async (tx) => ({
    link: await findLink(tx, { team, member }),
    open: await openRequest(tx, { team, member }),
  }))
  if (found.link !== undefined) {
    const { login, how, by, at } = found.link
    return say(ownLink({ is: 'linked', login, how, by, at: at.getTime() }, pipeline))
  }
  const { name } = speaker.actor
  if (linking.people.some((person) => person.name === name)) {
    return say(ownLink({ is: 'listed', name }, pipeline))
  }
  if (found.open === undefined) {
    const message = 'You are linked to no GitHub login. Which one is yours?'
    return no({ code: 'misread', message, suggestion: '/deploy link LOGIN' })
  }
  return say(ownLink({ is: 'asked', id: found.open.id, login: found.open.login }, pipeline))
}

/** What a button about a link asks for. */
export type LinkAct = 'confirm' | 'refuse' | 'withdraw' | 'end'

const WORDS = {
  confirm: 'confirmed',
  refuse: 'refused',
  withdraw: 'withdrawn',
} as const satisfies Record<Exclude<LinkAct, 'end'>, LinkWord | 'withdrawn'>

export async function pressLink(
  parts: DeskParts,
  {
    act,
    value,
    sender,
    actor,
  }: {
    readonly act: LinkAct
    readonly value: ButtonValue
    readonly sender: Sender
    readonly actor: Actor
  },
): Promise<Reply> {
  const linking = linkingOf(parts)
  const speaker = speakerOf(sender, actor)
  const named = act === 'end' ? value.of : value.link
  if (named === undefined) return no({ code: 'unreadable' })
  const done =
    act === 'end'
      ? await endLinkOf(linking, speaker, named)
      : await answerLink(linking, speaker, { id: named, word: WORDS[act] })
  return done.ok
    ? say(linkDone(act === 'end' ? 'ended' : WORDS[act], done.it))
    : { type: 'no', message: refused(done.refusal, { pipeline: null, now: 0 }) }
}
