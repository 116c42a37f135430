/**
 * Facts of a GitHub repository, told to every pipeline that follows it.
 *
 * Invariant: observations are stored once for each configured repository and branch; telling one
 * again changes nothing. Names are put in the configuration's spelling here, and nowhere later.
 */
import type { Command } from '../core/command.ts'
import type { Actor, Change } from '../core/model.ts'
import type { Person } from '../core/policy.ts'
import { SYSTEM } from '../core/system.ts'
import { type Followed, isKnownSha } from '../db/branches.ts'
import type { Configured } from '../db/load.ts'
import { inTransaction, type Pool } from '../db/transaction.ts'
import type { Branch, Described } from '../github/account.ts'
import type { CheckReport } from '../github/heard.ts'
import { coAuthorsAmong, spelled } from '../github/people.ts'
import { githubName } from '../github/repository.ts'
import type { Dispatch } from './dispatch.ts'

/** A force-push, as far as it is known what it took. */
export interface Vanished {
  readonly by: string
  /** The branch's head since. */
  readonly head: string
  readonly at: number
  /** Shas the branch no longer contains. */
  readonly gone: readonly string[]
}

export interface Observer {
  /** Whether a pipeline follows this repository, and this branch where one is named. */
  readonly follows: (repository: string, branch: string | null) => boolean
  /** The branches that pipelines follow, with what GitHub calls their repository. */
  readonly followed: () => readonly (Followed & { readonly github: Branch })[]
  readonly knows: (repository: string, sha: string) => Promise<boolean>
  readonly change: (at: Branch, change: Described) => Promise<void>
  readonly check: (repository: string, check: CheckReport) => Promise<void>
  readonly forcePush: (at: Branch, vanished: Vanished) => Promise<void>
}

export interface Observing {
  readonly pool: Pool
  readonly pipelines: ReadonlyMap<string, Configured>
  /** One that lets the repository's other pipelines look too. */
  readonly dispatch: Dispatch
  readonly apiUrl: string
}

const GITHUB: Actor = { name: SYSTEM, kind: 'system', groups: [] }

interface Follower extends Followed {
  /** One pipeline of that repository and branch: the others look by themselves. */
  readonly pipeline: string
  readonly people: readonly Person[]
  readonly github: Branch
}

export function createObserver({ pool, pipelines, dispatch, apiUrl }: Observing): Observer {
  // Computed at each use: a reload may change who follows what.
  const followers = (): readonly Follower[] => followersAmong(pipelines, apiUrl)
  const of = (repository: string, branch: string | null): readonly Follower[] =>
    followers().filter(
      (one) => one.github.repository === repository && (branch === null || one.branch === branch),
    )
  const tell = async (to: readonly Follower[], command: Command): Promise<void> => {
    for (const { pipeline } of to) await dispatch(pipeline, command, GITHUB)
  }
  return {
    follows: (repository, branch) => of(repository, branch).length > 0,
    followed: followers,
    knows: async (repository, sha) => {
      const keys = [...new Set(of(repository, null).map((one) => one.repository))]
      for (const key of keys) {
        if (await inTransaction(pool, (tx) => isKnownSha(tx, key, sha))) return true
      }
      return false
    },
    change: async ({ repository, branch }, change) => {
      for (const follower of of(repository, branch)) {
        const told = { type: 'record_change', change: changeFor(follower.people, change) } as const
        await tell([follower], told)
      }
    },
    check: (repository, check) => {
      const keys = new Map(of(repository, null).map((one) => [one.repository + one.branch, one]))
      return tell([...keys.values()], { type: 'record_check', ...check })
    },
    forcePush: async ({ repository, branch }, { by, ...told }) => {
      for (const follower of of(repository, branch)) {
        const command = {
          type: 'record_force_push',
          by: spelled(follower.people, by),
          ...told,
        } as const
        await tell([follower], command)
      }
    },
  }
}

function followersAmong(
  pipelines: ReadonlyMap<string, Configured>,
  apiUrl: string,
): readonly Follower[] {
  const found = new Map<string, Follower>()
  for (const [pipeline, { policy, people }] of pipelines) {
    const { repository, branch } = policy
    const name = githubName(repository, apiUrl)
    const key = `${repository} ${branch}`
    if (name === null || found.has(key)) continue
    found.set(key, { pipeline, people, repository, branch, github: { repository: name, branch } })
  }
  return [...found.values()]
}

/**
 * A described change in the configuration's spelling. Its author stays among the co-authors: told
 * by a push, the author is whoever merged, who may be one of them.
 */
export function changeFor(people: readonly Person[], change: Described): Change {
  const { coAuthorEmails, ...rest } = change
  return {
    ...rest,
    author: spelled(people, change.author),
    coAuthors: coAuthorsAmong(people, coAuthorEmails),
    mergedBy: change.mergedBy === null ? null : spelled(people, change.mergedBy),
    carried: true,
    alone: false,
    watched: [],
    migrates: false,
    contracts: false,
  }
}
