/**
 * People beside those of the configuration file: GitHub logins linked to Slack accounts, and who may
 * link them.
 *
 * Invariant: the file comes first. A linked login never takes a name that the file grants anything
 * to, is in no group, and is nobody's own word: somebody else has confirmed it.
 */
import type { Actor } from './model.ts'
import { holds } from './people.ts'
import type { Person, Policy } from './policy.ts'
import type { Refusal } from './refusal.ts'

/** A GitHub login and whose Slack account it belongs to. */
export interface Link {
  readonly member: string
  readonly login: string
}

/** A Slack account as far as it concerns who may act. */
export interface Account {
  readonly id: string
  readonly email: string | null
  readonly active: boolean
}

/** What acts by itself: a login of such a name is shown as a stranger's. */
const OWN_NAMES = ['signalbox', 'github', 'configuration', 'everyone', 'system', 'embedded']

const lower = (text: string): string => text.toLowerCase()

/** Names, in lower case, that a permission, an approval or a person of the file means. */
export function reservedNames(
  people: readonly Person[],
  policies: readonly Policy[],
): ReadonlySet<string> {
  const granted = policies.flatMap(({ permissions, environments }) => [
    ...Object.values(permissions).flatMap((one: Policy['permissions']['link']) => one),
    ...environments.flatMap(({ approvals }) => [
      ...(approvals.from ?? []),
      ...(approvals.standIn ?? []),
    ]),
  ])
  const listed = people.flatMap(({ name, groups }) => [name, ...groups])
  return new Set([...OWN_NAMES, ...granted, ...listed].map(lower))
}

export interface Known {
  readonly links: readonly Link[]
  readonly accounts: readonly Account[]
  readonly reserved: ReadonlySet<string>
}

/** Everybody who is linked: by the file, then by themselves and somebody's word. */
export function linkedPeople(
  file: readonly Person[],
  { links, accounts, reserved }: Known,
): readonly Person[] {
  const listed = file.map((person) => ({ ...person, active: isActive(person, accounts) }))
  const linked = links.flatMap(({ member, login }): readonly Person[] => {
    const account = accounts.find(({ id }) => id === member)
    if (file.some((person) => owns(person, login, account ?? { id: member, email: null })))
      return []
    return [
      {
        name: reserved.has(lower(login)) ? `github:${login}` : login,
        slack: member,
        github: login,
        email: account?.email ?? null,
        groups: [],
        // Whoever is not known to be one of us is not.
        active: account?.active ?? false,
      },
    ]
  })
  return [...listed, ...linked]
}

/** Whether somebody of the file has this login or this Slack account already. */
const owns = (person: Person, login: string, { id, email }: Omit<Account, 'active'>): boolean =>
  (person.github !== null && lower(person.github) === lower(login)) ||
  person.slack === id ||
  (person.slack === null && person.email !== null && lower(person.email) === email)

/** False: every Slack account of this person that is known is inactive. */
function isActive({ slack, email }: Person, accounts: readonly Account[]): boolean {
  const own = accounts.filter((one) =>
    slack === null ? email !== null && one.email === lower(email) : one.id === slack,
  )
  return own.length === 0 || own.some(({ active }) => active)
}

/** The present, for whoever wants to be linked or to link. */
export interface LinkTown {
  readonly people: readonly Person[]
  /** All of them: a link counts in each. */
  readonly policies: readonly Policy[]
}

export type LinkAnswer = { readonly ok: true } | { readonly ok: false; readonly refusal: Refusal }

const no = (refusal: Refusal): LinkAnswer => ({ ok: false, refusal })
const OK: LinkAnswer = { ok: true }

const asActor = ({ name, groups }: Person): Actor => ({ name, groups, kind: 'person' })

const mayLink = ({ policies }: LinkTown, actor: Actor): boolean =>
  policies.every(({ permissions }) => holds(permissions.link, actor))

/** Who may confirm: active people who hold `link` in every pipeline. */
export const confirmers = (town: LinkTown): readonly Person[] =>
  town.people.filter((person) => person.active && mayLink(town, asActor(person)))

/** Whether a login is free for an account that belongs to nobody yet. */
function isFree({ people }: LinkTown, { member, login }: Link): LinkAnswer {
  const self = people.find(({ slack }) => slack === member)
  if (self !== undefined) return no({ code: 'linked_already', name: self.name })
  const owner = people.find(({ github }) => github !== null && lower(github) === lower(login))
  return owner === undefined ? OK : no({ code: 'login_taken', login, by: owner.name })
}

/** Somebody says which login is theirs. */
export function answerAsk(town: LinkTown, asked: Link, actor: Actor): LinkAnswer {
  if (town.people.some(({ name }) => name === actor.name)) {
    return no({ code: 'linked_already', name: actor.name })
  }
  const free = isFree(town, asked)
  if (!free.ok) return free
  if (confirmers(town).length > 0) return OK
  const closed = town.policies.filter(
    ({ permissions: { link } }) =>
      !town.people.some((person) => person.active && holds(link, asActor(person))),
  )
  return no({ code: 'nobody_confirms', pipelines: closed.map(({ pipeline }) => pipeline) })
}

/** Whether `actor`, whose account is `by`, may answer for this login's owner. */
export function answerFor(
  town: LinkTown,
  asked: Link,
  { actor, by, answer }: { readonly actor: Actor; readonly by: string; readonly answer: LinkWord },
): LinkAnswer {
  if (by === asked.member) return no({ code: 'own_link' })
  const denied = lacksLink(town, actor)
  if (denied !== undefined) return no(denied)
  return answer === 'confirmed' ? isFree(town, asked) : OK
}

export type LinkWord = 'confirmed' | 'refused'

/** Whether `actor`, whose account is `by`, may end this link: its own, or as who may link. */
export function answerEnd(
  town: LinkTown,
  { member }: Link,
  { actor, by }: { readonly actor: Actor; readonly by: string },
): LinkAnswer {
  const denied = by === member ? undefined : lacksLink(town, actor)
  return denied === undefined ? OK : no(denied)
}

function lacksLink(town: LinkTown, actor: Actor): Refusal | undefined {
  const person = town.people.find(({ name }) => name === actor.name)
  if (person === undefined) return { code: 'not_linked', name: actor.name }
  if (!person.active) return { code: 'not_active', name: actor.name }
  return mayLink(town, actor) ? undefined : { code: 'not_allowed', permission: 'link' }
}
