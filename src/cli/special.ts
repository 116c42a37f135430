/**
 * What a special train would carry and displace, as the command line shows it.
 *
 * Invariant: looks only.
 */
import type { ApiClient } from './api-client.ts'
import type { Fields } from './words.ts'

interface ChangeJson {
  readonly sha: string
  readonly number: number | null
  readonly title: string
  readonly author: string
}

interface SpecialJson {
  readonly ref: string
  readonly sha: string
  readonly changes: readonly ChangeJson[]
  readonly stops: readonly {
    readonly environment: string
    readonly live: string | null
    readonly contains: 'yes' | 'no' | 'unknown'
    readonly lost: readonly ChangeJson[]
    readonly authors: boolean
    readonly others: number
  }[]
}

const named = ({ sha, number, title, author }: ChangeJson): string =>
  `${number === null ? sha.slice(0, 8) : `#${number}`} ${title} · ${author}`

export async function specialPreview(
  api: ApiClient,
  pipeline: string,
  given: Fields,
): Promise<string> {
  const asked = new URLSearchParams()
  for (const key of ['ref', 'to']) if (typeof given[key] === 'string') asked.set(key, given[key])
  const path = `/pipelines/${encodeURIComponent(pipeline)}/special?${asked}`
  const special = (await api.get(path))['special'] as SpecialJson | null
  if (special === null) return 'It is on the branch: it closes the doors there, like any departure.'
  const { ref, sha, changes, stops } = special
  return [
    `${pipeline} at ${ref} (${sha.slice(0, 8)})`,
    ...(changes.length === 0
      ? ['  carries nothing new']
      : changes.map((one) => `  + ${named(one)}`)),
    ...stops.flatMap(({ environment, live, contains, lost, authors, others }) => [
      `  ${environment}: ${live === null ? 'nothing is live yet' : `${contains === 'yes' ? 'contains' : 'displaces'} ${live.slice(0, 8)}`}${authors ? ' · asks its authors' : ''}${others === 0 ? '' : ` · approvals: ${others}`}`,
      ...lost.map((one) => `    - ${named(one)}`),
    ]),
    'Nothing was done.',
  ].join('\n')
}
