/**
 * Who is who in the pipeline file: people are told apart by each of their names.
 *
 * Invariant: a login, an id or a name leads to one person at most, and to a group or a machine
 * never at the same time.
 */
import type { z } from 'zod'
import { checkedText, keyed, listOf, textLike } from './fields.ts'
import { type KnownNames, wrongActorName } from './names.ts'

/** One entry of `people`. */
export const person = keyed({
  name: checkedText(wrongActorName).optional(),
  slack: textLike(/^[UW][A-Z0-9]{2,}$/, 'must be a Slack member id such as `U0ANA`').optional(),
  github: textLike(/^[A-Za-z0-9][A-Za-z0-9-]{0,38}$/, 'must be a GitHub login').optional(),
  email: textLike(/^[^\s@]+@[^\s@]+$/, 'must be an e-mail address').optional(),
  groups: listOf(checkedText(wrongActorName)).default([]),
})

export type PersonEntry = z.output<typeof person>

const IDENTITIES = ['name', 'slack', 'github', 'email'] as const

const identity = (entry: PersonEntry, key: (typeof IDENTITIES)[number]): string | undefined =>
  (key === 'name' ? nameOf(entry) : entry[key])?.toLowerCase()

/** The name somebody acts under: by default the GitHub login. */
export const nameOf = ({ name, github }: PersonEntry): string | undefined => name ?? github

/** Reports people without a name and names that could mean two. */
export function checkPeople(
  people: readonly PersonEntry[],
  known: KnownNames,
  context: z.core.$RefinementCtx,
): void {
  const report = (path: (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path, message })
  const names = new Set(people.map((entry) => identity(entry, 'name')))
  const machines = new Set([...(known.tokens ?? [])].filter((name) => !known.people.has(name)))
  for (const [index, entry] of people.entries()) {
    if (nameOf(entry) === undefined) report([index], 'needs a `name`, or at least a `github` login')
    for (const key of IDENTITIES) {
      const value = identity(entry, key)
      const first = people.findIndex((other) => identity(other, key) === value)
      if (value === undefined || first === index) continue
      report(
        key in entry ? [index, key] : [index],
        `shares ${key} \`${value}\` with an earlier person; each needs their own`,
      )
    }
    for (const [at, group] of entry.groups.entries()) {
      const path = [index, 'groups', at]
      if (names.has(group.toLowerCase())) {
        report(path, `\`${group}\` is also the name of a person; rename the group`)
      } else if (machines.has(group)) {
        // The machine would hold whatever the group is granted.
        report(path, `\`${group}\` is also the name of a machine token; rename the group`)
      }
    }
  }
}
