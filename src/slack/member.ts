/**
 * A member of a workspace, from Slack's description, and whether he or she may act here.
 *
 * Invariant: pure. What Slack leaves out counts as no: nobody is let in by a missing field.
 */
import type { Actor } from '../core/model.ts'
import type { Person } from '../core/policy.ts'

export interface SlackMember {
  readonly team: string
  readonly id: string
  readonly name: string
  readonly email: string | null
  readonly guest: boolean
  readonly deactivated: boolean
  readonly foreigner: boolean
  readonly bot: boolean
}

/** The fields of Slack's user object that count here. */
export interface UserObject {
  readonly id?: string
  readonly team_id?: string
  readonly name?: string
  readonly real_name?: string
  readonly deleted?: boolean
  readonly is_bot?: boolean
  readonly is_restricted?: boolean
  readonly is_ultra_restricted?: boolean
  readonly is_stranger?: boolean
  readonly profile?: { readonly email?: string; readonly display_name?: string }
}

/** Reads a user object; undefined: it names nobody. `home`: the workspace of the bot. */
export function memberOf(user: UserObject, home: string): SlackMember | undefined {
  if (typeof user.id !== 'string' || user.id === '') return undefined
  const team = user.team_id ?? ''
  return {
    team: home,
    id: user.id,
    name: user.profile?.display_name || user.real_name || user.name || user.id,
    email: user.profile?.email?.toLowerCase() ?? null,
    guest: user.is_restricted === true || user.is_ultra_restricted === true,
    deactivated: user.deleted === true,
    foreigner: team !== home || user.is_stranger === true,
    bot: user.is_bot === true || user.id === 'USLACKBOT',
  }
}

export type TurnedAway =
  | 'foreigner'
  | 'guest'
  | 'bot'
  | 'deactivated'
  /** Slack did not say in time who this is. */
  | 'unknown'

/** Why a member may not act; null: may. */
export function whyNot(member: SlackMember): TurnedAway | null {
  if (member.foreigner) return 'foreigner'
  if (member.deactivated) return 'deactivated'
  if (member.bot) return 'bot'
  return member.guest ? 'guest' : null
}

/** The person of the configuration behind a member: by member id, else by e-mail. */
export function personBehind(
  people: readonly Person[],
  member: Pick<SlackMember, 'id' | 'email'>,
): Person | undefined {
  const named = people.find(({ slack }) => slack === member.id)
  if (named !== undefined) return named
  if (member.email === null) return undefined
  // Somebody whose member id is written down is that member and no other.
  return people.find(({ email, slack }) => slack === null && email?.toLowerCase() === member.email)
}

/** Who acts: a linked person, or an unlinked one under the member id. */
export function actorBehind(people: readonly Person[], member: SlackMember): Actor {
  const person = personBehind(people, member)
  return person === undefined
    ? { name: `slack:${member.id}`, kind: 'person', groups: [] }
    : { name: person.name, kind: 'person', groups: person.groups }
}

/** People with the member ids that their e-mail addresses lead to, so that they can be mentioned. */
export function withMemberIds(
  people: readonly Person[],
  members: readonly SlackMember[],
): readonly Person[] {
  return people.map((person) => {
    if (person.slack !== null || person.email === null) return person
    const found = members.find((member) => personBehind([person], member) !== undefined)
    return found === undefined ? person : { ...person, slack: found.id }
  })
}
