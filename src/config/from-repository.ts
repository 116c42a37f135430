/**
 * `from_repository` of a pipeline: whether its repository may set a part of its policy, and which
 * addresses that part may have the server ask.
 *
 * Invariant: an address is an origin that may be asked at all.
 */
import { z } from 'zod'
import type { FromRepository } from '../core/policy.ts'
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
