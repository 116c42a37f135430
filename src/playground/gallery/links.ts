/**
 * Somebody asks to be linked, and each way it may end.
 *
 * Invariant: every view of a link, in every state it has.
 */
import type { Message } from '../../slack/scene.ts'
import {
  linkAnswered,
  linkAsked,
  linkDone,
  linkQuestion,
  ownLink,
  takenBy,
} from '../../slack/views/link.ts'
import { refused } from '../../slack/views/refused.ts'
import { cast } from './cast.ts'
import { direct, ephemeral, inChannel, type Picture } from './picture.ts'
import { NAME, SAMPLE } from './refusals.ts'

export function links(): readonly Picture[] {
  const asked = {
    id: 'one',
    pipeline: 'api',
    member: 'U0EVE',
    login: 'eve-gh',
  }
  const question = { ...asked, answer: null, answeredBy: null }
  const ends = ['confirmed', 'refused', 'withdrawn'] as const
  const own = { is: 'linked', login: 'eve-gh', by: NAME, at: 0 } as const
  const taken = refused(SAMPLE.login_taken, { pipeline: null, now: 0 })
  const views: Readonly<Record<string, Message>> = {
    asked: linkAsked(asked, cast),
    listed: ownLink({ is: 'listed', name: NAME }, 'api'),
    'by e-mail': ownLink({ ...own, how: 'email' }, 'api'),
    'by word': ownLink({ ...own, how: 'confirmed' }, 'api'),
    waiting: ownLink({ is: 'asked', id: 'one', login: 'eve-gh' }, 'api'),
    taken: takenBy(taken, { pipeline: 'api', login: 'eve-gh' }),
    ended: linkDone('ended', asked),
  }
  return [
    inChannel('link: question', linkQuestion(question, cast)),
    ...Object.entries(views).map(([name, message]) => ephemeral(`link: ${name}`, message)),
    ...ends.flatMap((answer) => [
      inChannel(
        `link: question ${answer}`,
        linkQuestion({ ...question, answer, answeredBy: NAME }, []),
      ),
      ephemeral(`link done: ${answer}`, linkDone(answer, asked)),
    ]),
    ...(['confirmed', 'refused'] as const).map((answer) =>
      direct(
        `link told: ${answer}`,
        linkAnswered({ ...question, answer, answeredBy: NAME }, answer),
      ),
    ),
  ]
}
