/**
 * Who stands behind a bearer token.
 *
 * Invariant: tokens are compared by digest in constant time and never logged. A token named like
 * a person, or given to one, acts as that person; any other is a machine.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Actor } from '../core/model.ts'
import type { Person } from '../core/policy.ts'

export interface Token {
  readonly name: string
  readonly secret: string
}

const hash = (secret: string): Buffer => createHash('sha256').update(secret).digest()

const secretOf = (authorization: string | undefined): string | undefined =>
  /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1]

/** Makes the look-up from an `Authorization` header to a name; undefined: nobody. */
export function tokenNames(
  tokens: readonly Token[],
): (authorization: string | undefined) => string | undefined {
  const known = tokens.map(({ name, secret }) => ({ name, digest: hash(secret) }))
  return (authorization) => {
    const given = secretOf(authorization)
    if (given === undefined) return undefined
    const digest = hash(given)
    // Every token is compared, so the time taken says nothing about which one came close.
    return known.filter((one) => timingSafeEqual(one.digest, digest))[0]?.name
  }
}

export type Identify<T> = (authorization: string | undefined) => Promise<T | undefined>

/** Configured tokens first, then those given to people; one of somebody unlisted is nobody's. */
export function identifying(known: {
  readonly configured: readonly Token[]
  /** Everybody who is linked. */
  readonly people: readonly Person[]
  /** People of the file: a login that came to be linked never acts with a configured token. */
  readonly listed: readonly Person[]
  readonly given: (secret: string) => Promise<string | undefined>
}): Identify<Actor> {
  const names = tokenNames(known.configured)
  return async (authorization) => {
    const name = names(authorization)
    if (name !== undefined) return actorNamed(known, name)
    const secret = secretOf(authorization)
    const owner = secret === undefined ? undefined : await known.given(secret)
    const person = known.people.find((one) => one.name === owner && one.active)
    return person && { name: person.name, kind: 'person', groups: person.groups }
  }
}

/** The actor of that name: a person with his or her groups, or a machine; undefined: one who left. */
function actorNamed(
  { people, listed }: { readonly people: readonly Person[]; readonly listed: readonly Person[] },
  name: string,
): Actor | undefined {
  if (listed.every((one) => one.name !== name)) return { name, kind: 'machine', groups: [] }
  const person = people.find((one) => one.name === name)
  return person?.active ? { name, kind: 'person', groups: person.groups } : undefined
}
