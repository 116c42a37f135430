/**
 * GitHub's logins and commit addresses, as the configuration names people.
 *
 * Invariant: an account is a person only by that person's `github` login. An account that merely
 * bears somebody's name is a stranger, and is shown as one.
 */
import type { Person } from '../core/policy.ts'

const same = (a: string | null, b: string): boolean => a?.toLowerCase() === b.toLowerCase()

/** A login in the configuration's own spelling; GitHub does not tell upper from lower case. */
export function spelled(people: readonly Person[], login: string): string {
  const person = people.find(({ github }) => same(github, login))
  if (person !== undefined) return loginOf(people, person)
  return people.some(({ name }) => same(name, login)) ? `github:${login}` : login
}

/** A person's login; where another one bears it as a name, the person's own name. */
const loginOf = (people: readonly Person[], person: Person): string =>
  person.github === null ||
  people.some((one) => one !== person && same(one.name, person.github ?? ''))
    ? person.name
    : person.github

/**
 * Whom the addresses of co-author trailers name: known people, and the logins that stand in GitHub's
 * own addresses, whose owners may be linked later. Behind any other address is nobody.
 */
export function coAuthorsAmong(
  people: readonly Person[],
  emails: readonly string[],
): readonly string[] {
  const found = emails.flatMap((email) => {
    const login = /^(?:\d+\+)?([a-z0-9-]+)@users\.noreply\.github\.com$/i.exec(email)?.[1]
    const person = people.find(
      (one) => same(one.email, email) || (login !== undefined && same(one.github, login)),
    )
    if (person !== undefined) return [loginOf(people, person)]
    return login === undefined ? [] : [spelled(people, login)]
  })
  return [...new Set(found)].sort()
}
