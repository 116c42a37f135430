/**
 * Who stands behind a bearer token.
 *
 * Invariant: tokens are compared by digest in constant time and never logged. A token named like
 * a person acts as that person; any other is a machine.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Actor } from '../core/model.ts'
import type { Person } from '../core/policy.ts'

export interface Token {
  readonly name: string
  readonly secret: string
}

const hash = (secret: string): Buffer => createHash('sha256').update(secret).digest()

/** Makes the look-up from an `Authorization` header to a name; undefined: nobody. */
export function tokenNames(
  tokens: readonly Token[],
): (authorization: string | undefined) => string | undefined {
  const known = tokens.map(({ name, secret }) => ({ name, digest: hash(secret) }))
  return (authorization) => {
    const given = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1]
    if (given === undefined) return undefined
    const digest = hash(given)
    // Every token is compared, so the time taken says nothing about which one came close.
    return known.filter((one) => timingSafeEqual(one.digest, digest))[0]?.name
  }
}

/** The actor of that name: a person with his or her groups, or a machine. */
export function actorNamed(people: readonly Person[], name: string): Actor {
  const person = people.find((one) => one.name === name)
  return person
    ? { name, kind: 'person', groups: person.groups }
    : { name, kind: 'machine', groups: [] }
}
