/**
 * Approvals that a repository asks for on top of what the server's file demands.
 *
 * Invariant: the result never asks less than the server's file does, in any part of it; what would
 * is told, and nothing of it is used.
 */
import { z } from 'zod'
import { durationText } from '../core/duration.ts'
import type { ApprovalsPolicy } from '../core/policy.ts'
import { count, duration, durationOrNever, keyed, namesOf } from './fields.ts'
import { type KnownNames, wrongApprover } from './names.ts'

/** What may be asked for; what is left out stays as the server's file has it, and `from` always does. */
export const asked = (known: KnownNames) => {
  const approvers = namesOf((name) => wrongApprover(name, known)).optional()
  return keyed({
    authors: z.enum(['all', 'none'], { error: 'must be `all` or `none`' }).optional(),
    others: count(0).optional(),
    expire: durationOrNever.optional(),
    stand_in: approvers,
    stand_in_after: duration(0).optional(),
  })
}

export type Asked = z.output<ReturnType<typeof asked>>

/** What loosens, by key. */
export interface Loosening {
  readonly key: keyof Asked
  readonly message: string
}

export function tightened(
  base: ApprovalsPolicy,
  given: Asked,
  known: KnownNames,
): { readonly policy: ApprovalsPolicy; readonly loosenings: readonly Loosening[] } {
  const { authors, others, expire, stand_in: standIn, stand_in_after: after } = given
  const least = 'the server’s file'
  const loosenings: readonly (Loosening | null)[] = [
    authors === 'none' && base.authors === 'all'
      ? { key: 'authors', message: `must stay \`all\`, as ${least} has it` }
      : null,
    others !== undefined && others < base.others
      ? { key: 'others', message: `must be at least ${base.others}, as ${least} has it` }
      : null,
    expire !== undefined && longer(expire, base.expireMs)
      ? { key: 'expire', message: `must be at most ${lasting(base.expireMs)}, as ${least} has it` }
      : null,
    wider({ names: standIn, base: base.standIn ?? base.from, known }),
    after !== undefined && after < base.standInAfterMs
      ? {
          key: 'stand_in_after',
          message: `must be at least ${durationText(base.standInAfterMs)}, as ${least} has it`,
        }
      : null,
  ]
  return {
    policy: {
      authors: authors ?? base.authors,
      others: others ?? base.others,
      from: base.from,
      expireMs: expire === undefined ? base.expireMs : expire,
      standIn: standIn ?? base.standIn,
      standInAfterMs: after ?? base.standInAfterMs,
    },
    loosenings: loosenings.filter((one) => one !== null),
  }
}

/** Null: there is no limit. */
const longer = (one: number | null, limit: number | null): boolean =>
  limit !== null && (one === null || one > limit)

const lasting = (ms: number | null): string => (ms === null ? 'for ever' : durationText(ms))

interface Names {
  readonly names: readonly string[] | undefined
  /** Null: everybody may. */
  readonly base: readonly string[] | null
  readonly known: KnownNames
}

/** People beside those of the server's file, by their own names or by a group's. */
function wider({ names, base, known }: Names): Loosening | null {
  const key = 'stand_in'
  if (names?.length === 0) return { key, message: 'must name somebody' }
  if (names === undefined || base === null) return null
  const peopleOf = (name: string): readonly string[] => [...(known.members.get(name) ?? [])]
  const may = new Set(base.flatMap(peopleOf))
  const more = names.filter((name) => peopleOf(name).some((person) => !may.has(person)))
  return more.length === 0
    ? null
    : { key, message: `may only name ${base.join(', ')}; ${more.join(', ')} would be more` }
}
