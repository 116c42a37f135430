/**
 * `from_repository` of a pipeline: whether its repository may set a part of its policy, and which
 * addresses that part may have the server ask.
 *
 * Invariant: whoever can merge can write that file, so it reaches no address that the server's own
 * file does not name.
 */
import { z } from 'zod'
import type { FromRepository, Policy } from '../core/policy.ts'
import { wrongAddress } from './addresses.ts'
import { checkedText, keyed, listOf } from './fields.ts'

const origin = checkedText((value) => {
  const wrong = wrongAddress(value)
  if (wrong !== null) return wrong
  return new URL(value).origin === value.replace(/\/$/, '')
    ? null
    : 'must be an origin such as `http://web-01:8080`, without a path'
}).transform((value) => new URL(value).origin)

const addresses = keyed({ addresses: listOf(origin).default([]) })

/** `true`, `false`, or `true` with the origins that its file may name. */
export const fromRepository = z.union([z.boolean(), addresses])

export const toFromRepository = (given: z.output<typeof fromRepository>): FromRepository | null => {
  if (given === false) return null
  return { addresses: given === true ? [] : given.addresses }
}

/** The origins that the repository's file may have asked: named by the server's own file. */
export function allowedOrigins({ environments, fromRepository }: Policy): ReadonlySet<string> {
  const asked = environments.flatMap(({ verify }) => verify.flatMap(addressesOf))
  const origins = asked.map((address) => new URL(address).origin)
  return new Set([...origins, ...(fromRepository?.addresses ?? [])])
}

type Steps = Policy['environments'][number]['verify']

/** What a step has the server ask. */
export function addressesOf(step: Steps[number]): readonly string[] {
  switch (step.kind) {
    case 'http':
      return step.urls
    case 'prometheus':
      return [step.url]
    case 'run':
      return []
  }
}
