/**
 * The status of a refusal over HTTP.
 *
 * Invariant: 403 where it is a matter of who asks, whatever else stood in the way; asked by somebody
 * else it might do. Else 409: asked at another time it might.
 */
import type { Refusal } from '../core/refusal.ts'

const FORBIDDEN: ReadonlySet<Refusal['code']> = new Set<Refusal['code']>([
  'not_allowed',
  'people_only',
  'not_linked',
  'not_active',
  'not_entitled',
])

export const refusalStatus = ({ code }: Refusal): 403 | 409 => (FORBIDDEN.has(code) ? 403 : 409)
