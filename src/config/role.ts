/**
 * What one process of an installation does. Several may serve one database.
 *
 * Invariant: who deploys where is told apart by name: with roles, no environment relies on the
 * agent that a lone server starts beside itself, unless that server keeps this process, too.
 */
import type { Policy } from '../core/policy.ts'
import type { Config } from './environment.ts'

export const ROLES = ['all', 'web', 'worker'] as const

/** `web` answers, `worker` moves what time and hints move, `all` does both. */
export type Role = (typeof ROLES)[number]

/** Why a process cannot take this role with this configuration; empty: it can. */
export function problemsOfRole(
  role: Role,
  { config, policies, embedded, isKept }: Installing,
): readonly string[] {
  if (role === 'all') return []
  const shared =
    config.databaseUrl === null
      ? [`DATABASE_URL is missing: \`--role ${role}\` shares a database with other processes`]
      : []
  if (isKept) return shared
  const lonely = policies.flatMap(({ pipeline, environments }) =>
    environments
      .filter(({ agent }) => agent === embedded)
      .map(
        ({ name }) =>
          `${pipeline}/${name} names no agent: with \`--role ${role}\` give it \`agent: NAME\` and run \`signalbox agent --name NAME\``,
      ),
  )
  return [...shared, ...lonely]
}

interface Installing {
  readonly config: Config
  readonly policies: readonly Policy[]
  /** The name of the agent that a lone server starts. */
  readonly embedded: string
  /** Whether the server of this home started it, and has the agent. */
  readonly isKept: boolean
}
