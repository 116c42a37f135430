/**
 * `/deploy link [LOGIN]`, read.
 *
 * Invariant: a login is one word as GitHub spells them; whose it is, is not decided here.
 */
import { type Asked, type Misread, misread } from './asked.ts'
import type { Token } from './tokens.ts'

export function linkAsked(rest: readonly Token[]): Asked | Misread {
  const [login, ...more] = rest
  if (rest.length === 0) return { do: 'link', login: null }
  if (
    login === undefined ||
    more.length > 0 ||
    !/^@?[A-Za-z0-9][A-Za-z0-9-]{0,38}$/.test(login.text)
  ) {
    return misread('Which GitHub login is yours?', '/deploy link LOGIN')
  }
  return { do: 'link', login: login.text.replace(/^@/, '') }
}
