/**
 * The hash of a value, independent of the order of its keys.
 *
 * Invariant: equal values have equal digests on every machine; `undefined` members do not count.
 * The one import of the core from outside: a hash is a pure function.
 */
import { createHash } from 'node:crypto'

/** JSON with sorted keys (as RFC 8785 sorts them), the form that is hashed. */
export function canonical(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`)
  return `{${members.join(',')}}`
}

/** SHA-256 of the canonical form, in hexadecimal. */
export const digest = (value: unknown): string =>
  createHash('sha256').update(canonical(value)).digest('hex')
