/**
 * Departing at a REF: looked up first, then decided.
 *
 * Invariant: no transaction is open while the repository is asked. What the line knows of the
 * branch itself needs no look-up; whoever may not depart at all is refused before there is one.
 */
import type { FoundRef } from '../core/command.ts'
import { wholeOrder } from '../core/line.ts'
import type { LookUp, OwnCommit, RefSeen } from '../core/look-up.ts'
import type { Actor, Change, Pipeline } from '../core/model.ts'
import { mayDo } from '../core/people.ts'
import type { Person } from '../core/policy.ts'
import type { Refusal } from '../core/refusal.ts'
import { type Configured, loadPipeline } from '../db/load.ts'
import { inTransaction, type Pool } from '../db/transaction.ts'
import { coAuthorsAmong, spelled } from '../github/people.ts'
import type { Dispatch, Outcome } from './dispatch.ts'

export interface SendParts {
  readonly pool: Pool
  readonly pipelines: ReadonlyMap<string, Configured>
  readonly dispatch: Dispatch
  readonly lookUp: LookUp
  /** Told why a repository could not be asked. */
  readonly failed: (fault: unknown, repository: string) => void
}

export interface Sent {
  readonly pipeline: string
  readonly train: number | null
  readonly ref: string
  readonly environment: string | null
  readonly actor: Actor
}

export type Found =
  | { readonly ok: true; readonly found: FoundRef }
  | { readonly ok: false; readonly refusal: Refusal }

export interface Sends {
  /** What a REF is, for whoever may depart there at all. */
  readonly find: (asked: Omit<Sent, 'train' | 'environment'>) => Promise<Found>
  readonly send: (asked: Sent) => Promise<Outcome>
}

export function createSends(parts: SendParts): Sends {
  const find: Sends['find'] = (asked) => findRef(parts, asked)
  return {
    find,
    send: async ({ pipeline, train, ref, environment, actor }) => {
      const answer = await find({ pipeline, ref, actor })
      const found = answer.ok ? answer.found : answer.refusal
      return parts.dispatch(pipeline, { type: 'depart_ref', train, found, environment }, actor)
    },
  }
}

async function findRef(
  { pool, pipelines, lookUp, failed }: SendParts,
  { pipeline: name, ref, actor }: Omit<Sent, 'train' | 'environment'>,
): Promise<Found> {
  const configured = pipelines.get(name)
  if (configured === undefined) throw new Error(`no pipeline ${name} is configured`)
  const { pipeline } = await inTransaction(pool, (tx) => loadPipeline(tx, configured, [ref]))
  const may = mayDo(pipeline, actor, 'depart') || mayDo(pipeline, actor, 'special')
  if (!may) return { ok: false, refusal: { code: 'not_allowed', permission: 'depart' } }
  const known = onBranch(pipeline, ref)
  if (known !== undefined) return { ok: true, found: known }
  const { repository, branch } = pipeline.policy
  const live = pipeline.environments.flatMap((one) => (one.live === null ? [] : [one.live.sha]))
  const tip = pipeline.tip === null ? [] : [pipeline.tip]
  const shas = [...new Set([...live, ...tip, ...wholeOrder(pipeline).map(({ sha }) => sha)])]
  try {
    const answer = await lookUp.ref({ repository, branch, ref, shas, live })
    if (answer.ok) return { ok: true, found: foundOf(answer.seen, { ref, actor, pipeline }) }
    return {
      ok: false,
      refusal:
        answer.code === 'ref_too_far'
          ? { code: answer.code, ref, commits: answer.commits }
          : { code: answer.code, ref },
    }
  } catch (fault) {
    failed(fault, repository)
    return { ok: false, refusal: { code: 'not_looked_up', ref } }
  }
}

/** A change that was heard of. */
function onBranch(pipeline: Pipeline, ref: string): FoundRef | undefined {
  const order = wholeOrder(pipeline).map(({ sha }) => sha)
  const at = order.indexOf(ref)
  if (at < 0) return undefined
  const contains = order.slice(0, at + 1)
  const lacks = order.slice(at + 1)
  return { ref, sha: ref, isOnBranch: true, fork: ref, changes: [], contains, lacks, within: [] }
}

function foundOf(
  { commits, isOnBranch, ...seen }: RefSeen,
  {
    ref,
    actor,
    pipeline,
  }: { readonly ref: string; readonly actor: Actor; readonly pipeline: Pipeline },
): FoundRef {
  const changes = commits.map((commit) => changeOf(commit, actor, pipeline.people))
  return { ...seen, ref, isOnBranch, changes: isOnBranch ? [] : changes }
}

/** Of whoever is not known, the sender answers for it. */
function changeOf(commit: OwnCommit, sender: Actor, people: readonly Person[]): Change {
  const [behind] = coAuthorsAmong(people, [commit.email])
  const stranger = commit.login === null ? commit.name : spelled(people, commit.login)
  const author =
    behind ??
    (isNamed(people, stranger) && commit.login === null ? `${stranger} (by name)` : stranger)
  return {
    sha: commit.sha,
    number: null,
    title: commit.title.slice(0, 500) || 'without a title',
    author: author.slice(0, 200) || 'nobody',
    coAuthors: coAuthorsAmong(people, commit.coAuthorEmails).filter((one) => one !== author),
    mergedBy: sender.name,
    mergedAt: commit.at,
    parent: commit.parent,
    lines: null,
    paths: null,
    labels: [],
    reverts: null,
    carried: true,
    alone: false,
    watched: [],
    migrates: false,
    contracts: false,
  }
}

/** A commit may bear anybody's name: only an address tells that it is one of these people. */
const isNamed = (people: readonly Person[], name: string): boolean =>
  people.some((one) => one.name === name || one.github === name)
