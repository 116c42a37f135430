/**
 * Names that the pipeline file may use: who is known to it, and which words are taken.
 *
 * Invariant: a person, a group and a machine never share a name by accident, for a permission is
 * granted by name alone. Known names are read leniently, so one bad person hides no other mistake.
 */
import { didYouMean } from '../core/nearest.ts'
import type { Person } from '../core/policy.ts'

/** The slash grammar's own words: a pipeline or environment of that name could not be spoken of. */
const GRAMMAR =
  'all status release to for link token why history log stop claim resume cancel keep retry continue pause skip flag migrate help deploy rollback lock'.split(
    ' ',
  )

export interface KnownNames {
  /** People by their own name and by each of their groups. */
  readonly members: ReadonlyMap<string, ReadonlySet<string>>
  readonly people: ReadonlySet<string>
  /** Null: nobody knows which there are, so a name may be one. */
  readonly tokens: ReadonlySet<string> | null
}

/** What is wrong with the name of a pipeline or environment, or null. */
export function wrongPlaceName(name: string): string | null {
  if (!/^[a-z0-9][a-z0-9-]{0,38}$/.test(name)) {
    return 'must be a name of at most 39 lower-case letters, digits and dashes'
  }
  return GRAMMAR.includes(name)
    ? `\`${name}\` is a word of the commands; choose another name`
    : null
}

/** What is wrong with the name of a person or group, or null. */
export function wrongActorName(name: string): string | null {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
    return 'must be a name of at most 64 letters, digits, dots, dashes and underscores'
  }
  return name === 'everyone' ? '`everyone` means everyone; choose another name' : null
}

/** Collects whoever a document names, whatever else is wrong with it. */
export function knownNames(document: unknown, tokenNames: readonly string[] | null): KnownNames {
  const members = new Map<string, Set<string>>()
  const people = new Set<string>()
  for (const one of list(field(document, 'people'))) {
    const name = field(one, 'name') ?? field(one, 'github')
    if (typeof name !== 'string') continue
    people.add(name)
    for (const called of [name, ...list(field(one, 'groups'))]) {
      if (typeof called === 'string') {
        members.set(called, (members.get(called) ?? new Set()).add(name))
      }
    }
  }
  return { members, people, tokens: tokenNames && new Set(tokenNames) }
}

/** The same, of a file that has been read. */
export function namesOfPeople(known: readonly Person[]): KnownNames {
  const members = new Map<string, Set<string>>()
  for (const { name, groups } of known) {
    for (const called of [name, ...groups]) {
      members.set(called, (members.get(called) ?? new Set()).add(name))
    }
  }
  return { members, people: new Set(known.map(({ name }) => name)), tokens: null }
}

const field = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** Why `name` may not be granted a permission, or null. */
export function wrongGrant(name: string, known: KnownNames): string | null {
  if (known.members.has(name) || known.tokens?.has(name)) return null
  if (name === 'everyone') return '`everyone` stands alone, not in a list'
  if (known.tokens === null) return null
  const all = [...known.members.keys(), ...known.tokens, 'everyone']
  return `\`${name}\` is no known person, group or token${didYouMean(name, all)}`
}

/** Why `name` may not approve, or null: machines never do, unless they act as a person. */
export function wrongApprover(name: string, known: KnownNames): string | null {
  if (known.members.has(name)) return null
  if (known.tokens?.has(name))
    return `\`${name}\` is a machine token; only people and groups approve`
  return `\`${name}\` is no known person or group${didYouMean(name, known.members.keys())}`
}

/** Why so many can never approve, or null: one of them may be an author, who never approves. */
export function tooFew(
  { others, from }: { readonly others: number; readonly from: readonly string[] | null },
  known: KnownNames,
): string | null {
  const named = from?.flatMap((name) => [...(known.members.get(name) ?? [])])
  const able = new Set(named ?? known.people).size
  return others === 0 || able > others
    ? null
    : `asks for ${others}, but only ${able} may approve; name more than ${others} people in ${named ? '`from`' : '`people`'}`
}
