/**
 * The people of the town's workspace, and its bot.
 *
 * Invariant: ids are fixed, so that the sample's configuration can name them.
 */
import type { Member } from './page/shape.ts'

export const TEAM = { id: 'T0SHOP', domain: 'shop', name: 'The shop' } as const
export const FOREIGN_TEAM = 'T0ELSEWHERE'
export const APP = 'A0SIGNALBOX'
export const BOT = { user: 'U0SIGNALBOX', bot: 'B0SIGNALBOX' } as const
export const DEPLOYS = { id: 'C0DEPLOYS', name: 'deploys' } as const

const member = (
  name: string,
  real: string,
  about: Pick<Member, 'title' | 'kind' | 'color'>,
): Member => ({
  id: `U0${name.toUpperCase()}`,
  name,
  real,
  email: about.kind === 'bot' ? null : `${name}@example.com`,
  ...about,
})

export const MEMBERS: readonly Member[] = [
  member('ana', 'Ana Alves', { title: 'writes the shop', kind: 'member', color: '#2f7d6b' }),
  member('bob', 'Bob Brandt', { title: 'writes the shop', kind: 'member', color: '#b0532c' }),
  member('cem', 'Cem Çelik', { title: 'keeps it running', kind: 'member', color: '#4b5fb5' }),
  member('gus', 'Gus Grant', { title: 'a guest', kind: 'guest', color: '#8a6d1d' }),
  member('fay', 'Fay Fischer', {
    title: 'of another workspace',
    kind: 'foreign',
    color: '#94468a',
  }),
  member('signalbox', 'Signalbox', { title: 'the bot', kind: 'bot', color: '#1f3a2d' }),
]

export const memberOf = (id: string): Member | undefined => MEMBERS.find((one) => one.id === id)

/** The channel in which the bot and this person talk alone. */
export const directWith = (user: string): string => `D${user.slice(1)}`

/** The person of a direct channel; undefined: it is none. */
export const personOfDirect = (channel: string): Member | undefined =>
  MEMBERS.find((one) => one.kind !== 'bot' && directWith(one.id) === channel)

export const isChannel = (channel: string): boolean =>
  channel === DEPLOYS.id || personOfDirect(channel) !== undefined

/** Whether this person reads that channel. */
export const reads = (user: string, channel: string): boolean =>
  channel === DEPLOYS.id || directWith(user) === channel

export const teamOf = ({ kind }: Member): string => (kind === 'foreign' ? FOREIGN_TEAM : TEAM.id)
