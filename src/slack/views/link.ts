/**
 * Linking a GitHub login: the question to those who know, and what everybody is answered.
 *
 * Invariant: the question names the account by its mention, which nobody can choose, and the login
 * as it was typed; it says what a yes lets the person do.
 */
import type { Person } from '../../core/policy.ts'
import type { Message } from '../scene.ts'
import { clip, code, type Mrkdwn, md, ours, some } from '../words/mrkdwn.ts'
import { moment } from '../words/time.ts'
import { actions, button, context, message, section } from './blocks.ts'

export interface LinkQuestion {
  readonly id: string
  readonly pipeline: string
  readonly member: string
  readonly login: string
  readonly answer: 'confirmed' | 'refused' | 'withdrawn' | null
  readonly answeredBy: string | null
}

const account = (member: string): Mrkdwn =>
  /^[UW][A-Z0-9]{1,30}$/.test(member) ? ours(`<@${member}>`) : clip(member, 40)

const MENTIONS_MAX = 5

/** Asked in the channel; once answered, the same message says how. */
export function linkQuestion(asked: LinkQuestion, confirmers: readonly Person[]): Message {
  const { id, pipeline, member, login, answer, answeredBy } = asked
  const whose = md`${account(member)} and the GitHub login ${code(login)}`
  const by = clip(answeredBy ?? '', 40)
  switch (answer) {
    case 'confirmed': {
      const end = button({ id: 'link.end', text: 'End this link…', value: { pipeline, of: login } })
      const done = md`✅ ${by} confirmed: ${whose} are one person.`
      return message(done, [section(done), ...actions([ending(end, login)])])
    }
    case 'refused': {
      const said = md`🙅 ${by} did not confirm that ${whose} are one person.`
      return message(said, [section(said)])
    }
    case 'withdrawn': {
      const said = md`${account(member)} no longer asks to be linked to ${code(login)}.`
      return message(said, [section(said)])
    }
    case null: {
      const first = md`🪪 ${account(member)} says that the GitHub login ${code(login)} is theirs. Who knows so?`
      const known = confirmers.map(({ name, slack }) =>
        slack === null ? clip(name, 40) : account(slack),
      )
      return message(first, [
        section(first),
        context(
          md`A yes lets them consent to changes of that login, and approve others’. ${some(known, MENTIONS_MAX)} may answer.`,
        ),
        ...actions([
          button({ id: 'link.confirm', text: 'Yes, it is', value: { pipeline, link: id } }),
          button({ id: 'link.refuse', text: 'No', value: { pipeline, link: id } }),
        ]),
      ])
    }
  }
}

const ending = (end: ReturnType<typeof button>, login: string): ReturnType<typeof button> => ({
  ...end,
  confirm: {
    title: { type: 'plain_text', text: 'End this link?', emoji: false },
    text: {
      type: 'mrkdwn',
      text: md`They can no longer consent or approve as ${code(login)}; their tokens end too.`
        .mrkdwn,
      verbatim: true,
    },
    confirm: { type: 'plain_text', text: 'End it', emoji: false },
    deny: { type: 'plain_text', text: 'Not now', emoji: false },
  },
})

/** To whoever asked. */
export function linkAsked(
  asked: Pick<LinkQuestion, 'id' | 'pipeline' | 'login'>,
  confirmers: readonly Person[],
): Message {
  const who = some(
    confirmers.map(({ name }) => clip(name, 40)),
    MENTIONS_MAX,
  )
  const first = md`🪪 Asked in the channel of ${asked.pipeline} whether the GitHub login ${code(asked.login)} is yours: ${who} can confirm it. You will be told.`
  const { id, pipeline } = asked
  return message(first, [
    section(first),
    ...actions([
      button({ id: 'link.withdraw', text: 'Take it back', value: { pipeline, link: id } }),
    ]),
  ])
}

/** To whoever pressed. */
export function linkDone(
  what: 'confirmed' | 'refused' | 'withdrawn' | 'ended',
  { member, login }: { readonly member: string; readonly login: string },
): Message {
  const said = {
    confirmed: md`✅ ${account(member)} is ${code(login)} from now on, and can consent and approve.`,
    refused: md`🙅 ${account(member)} is not linked to ${code(login)}; they are told.`,
    withdrawn: md`You no longer ask to be linked to ${code(login)}.`,
    ended: md`${account(member)} and ${code(login)} are no longer linked; tokens given to them have ended.`,
  }[what]
  return message(said, [section(said)])
}

/** To whoever asked, in a direct message. */
export function linkAnswered(
  { login, answeredBy }: LinkQuestion,
  answer: 'confirmed' | 'refused',
): Message {
  const by = clip(answeredBy ?? '', 40)
  const said =
    answer === 'confirmed'
      ? md`✅ ${by} confirmed that the GitHub login ${code(login)} is yours: you can now consent to your changes and approve others’.`
      : md`🙅 ${by} did not confirm that the GitHub login ${code(login)} is yours. Talk to them, then ask again.`
  return message(said, [section(said)])
}

/** Who somebody is here. */
export type OwnLink =
  | { readonly is: 'listed'; readonly name: string }
  | {
      readonly is: 'linked'
      readonly login: string
      readonly how: 'email' | 'confirmed'
      readonly by: string
      readonly at: number
    }
  | { readonly is: 'asked'; readonly id: string; readonly login: string }

export function ownLink(own: OwnLink, pipeline: string): Message {
  switch (own.is) {
    case 'listed': {
      const said = md`You are ${clip(own.name, 40)}: the configuration file says so.`
      return message(said, [section(said)])
    }
    case 'linked': {
      const how =
        own.how === 'email'
          ? md`by the e-mail address that both of your profiles show`
          : md`confirmed by ${clip(own.by, 40)}`
      const said = md`You are the GitHub login ${code(own.login)}, ${how}, since ${moment(own.at)}.`
      const end = button({
        id: 'link.end',
        text: 'End this link…',
        value: { pipeline, of: own.login },
      })
      return message(said, [section(said), ...actions([ending(end, own.login)])])
    }
    case 'asked': {
      const said = md`You have asked to be linked to the GitHub login ${code(own.login)}; nobody has answered yet.`
      const back = button({
        id: 'link.withdraw',
        text: 'Take it back',
        value: { pipeline, link: own.id },
      })
      return message(said, [section(said), ...actions([back])])
    }
  }
}

/** A login that is somebody's already, to one who may end that. */
export function takenBy(
  refused: Message,
  at: { readonly pipeline: string; readonly login: string },
): Message {
  const { pipeline, login } = at
  const end = button({ id: 'link.end', text: 'End that link…', value: { pipeline, of: login } })
  return { ...refused, blocks: [...refused.blocks, ...actions([ending(end, login)])] }
}
