/**
 * A REF looked up in the server's own mirror of a repository.
 *
 * Invariant: fetched anew for each question, and pruned: what no branch or tag contains any more is
 * not found, even if its objects are still here. Names from outside never become options.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  FULL_SHA,
  type LookUp,
  type MergedAsked,
  OWN_MAX,
  type OwnCommit,
  placesOf,
  type ReadFile,
  type RefAnswer,
  type RefAsked,
  SHORT_SHA,
} from '../core/look-up.ts'
import { fileAt } from './file-at.ts'
import { createGit, createTurns, type Git, says, urlOf } from './git.ts'
import { type At, firstWithPatches } from './patches.ts'

export interface LookUpOptions {
  readonly home: string
  /** GitHub's own address, where `owner/name` is fetched. */
  readonly webUrl: string
  /** Asked before each fetch: an App's token lives for an hour. Sent to `webUrl` only. */
  readonly tokenFor: (repository: string) => Promise<string | null>
}

export interface GitLookUp extends LookUp {
  readonly file: ReadFile
}

export function createGitLookUp({ home, webUrl, tokenFor }: LookUpOptions): GitLookUp {
  const turn = createTurns()
  const within = <T>(repository: string, look: (at: At) => Promise<T>): Promise<T> => {
    const name = createHash('sha256').update(repository).digest('hex').slice(0, 16)
    const mirror = join(home, 'references', name)
    return turn(mirror, async () => {
      const git = createGit({ webUrl, token: await tokenFor(repository) })
      await fetched(git, mirror, urlOf(repository, { webUrl }))
      return look((args, input) => git(['-C', mirror, ...args], input))
    })
  }
  return {
    ref: (asked) => within(asked.repository, (at) => look(at, asked)),
    merged: (asked) => within(asked.repository, (at) => mergedInto(at, asked)),
    file: (asked) => within(asked.repository, (at) => fileAt(at, asked)),
  }
}

async function fetched(git: Git, mirror: string, url: string): Promise<void> {
  if (!existsSync(join(mirror, 'HEAD'))) {
    await mkdir(mirror, { recursive: true })
    await git(['init', '--bare', '--quiet', mirror])
  }
  const refs = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*']
  const fetch = ['fetch', '--quiet', '--prune', '--no-tags', '--', url, ...refs]
  await git(['-C', mirror, ...fetch])
}

const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '')

/** The commit behind a name; undefined: there is none. */
const commitOf = (at: At, name: string): Promise<string | undefined> =>
  at(['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`]).then(
    (sha) => sha.trim(),
    () => undefined,
  )

async function look(at: At, asked: RefAsked): Promise<RefAnswer> {
  const named = await resolve(at, asked.ref)
  if (!named.ok) return named
  const { sha } = named
  const holders = await at([
    'for-each-ref',
    '--count=1',
    `--contains=${sha}`,
    'refs/heads',
    'refs/tags',
  ])
  if (holders.trim() === '') return { ok: false, code: 'foreign_ref' }
  const branch = `refs/heads/${asked.branch}`
  const [missing = '', ...others] = lines(
    await at(['rev-list', '--first-parent', '--reverse', branch, `^${sha}`]),
  )
  const before = missing === '' ? branch : `${missing}^1`
  const fork = (await commitOf(at, before)) ?? null
  const own = fork === null ? [sha] : [sha, `^${fork}`]
  const count = Number(await at(['rev-list', '--count', ...own]))
  if (count > OWN_MAX) return { ok: false, code: 'ref_too_far', commits: count }
  const lacked = new Set([missing, ...others])
  const contains: string[] = []
  const lacks: string[] = []
  for (const one of new Set(asked.shas)) {
    if (one === sha || one === fork) contains.push(one)
    else if (lacked.has(one)) lacks.push(one)
    else if ((await commitOf(at, one)) === undefined) continue
    else ((await isAncestor(at, one, sha)) ? contains : lacks).push(one)
  }
  const within: string[] = []
  for (const one of new Set(asked.live)) {
    if (one !== sha && (await commitOf(at, one)) && (await isAncestor(at, sha, one)))
      within.push(one)
  }
  const commits = await commitsOf(at, own)
  return {
    ok: true,
    seen: { sha, isOnBranch: fork === sha, fork, commits, contains, lacks, within },
  }
}

const isAncestor = (at: At, below: string, above: string): Promise<boolean> =>
  says(at(['merge-base', '--is-ancestor', below, above]))

async function resolve(
  at: At,
  ref: string,
): Promise<
  | { readonly ok: true; readonly sha: string }
  | { readonly ok: false; readonly code: 'no_such_ref' | 'two_refs' | 'foreign_ref' }
> {
  if (FULL_SHA.test(ref)) {
    const sha = await commitOf(at, ref)
    return sha === undefined ? { ok: false, code: 'foreign_ref' } : { ok: true, sha }
  }
  const found: string[] = []
  for (const { kind, name } of placesOf(ref)) {
    const sha = await commitOf(at, `refs/${kind}/${name}`)
    if (sha !== undefined) found.push(sha)
  }
  const [sha, other] = found
  if (sha !== undefined && other !== undefined && other !== sha) {
    return { ok: false, code: 'two_refs' }
  }
  const it = sha ?? (SHORT_SHA.test(ref) ? await commitOf(at, ref) : undefined)
  return it === undefined ? { ok: false, code: 'no_such_ref' } : { ok: true, sha: it }
}

const FIELDS = [
  '%H',
  '%P',
  '%s',
  '%an',
  '%ae',
  '%ct',
  '%(trailers:key=Co-authored-by,valueonly,separator=%x0a)',
]

/** Oldest first; fields end in NUL, which no commit can contain. */
async function commitsOf(at: At, range: readonly string[]): Promise<readonly OwnCommit[]> {
  const format = FIELDS.map((field) => `${field}%x00`).join('')
  const said = await at(['log', '--topo-order', '--reverse', `--format=${format}`, ...range])
  const cells = said.split('\0')
  const commits: OwnCommit[] = []
  for (let i = 0; i + FIELDS.length < cells.length; i += FIELDS.length) {
    const [sha = '', parents = '', title = '', name = '', email = '', time = '', trailers = ''] =
      cells.slice(i, i + FIELDS.length)
    commits.push({
      sha: sha.trim(),
      parent: parents.split(' ')[0] || null,
      title,
      name,
      email,
      login: null,
      coAuthorEmails: [...trailers.matchAll(/<([^<>\s]+)>/g)].flatMap(([, its]) => its ?? []),
      at: Number(time) * 1_000,
    })
  }
  return commits
}

async function mergedInto(at: At, asked: MergedAsked): Promise<string | null> {
  const { sha, fork, candidates } = asked
  const known: string[] = []
  for (const one of candidates) if (await commitOf(at, one)) known.push(one)
  for (const one of known) if (await isAncestor(at, sha, one)) return one
  if (fork === null || (await commitOf(at, sha)) === undefined) return null
  return firstWithPatches(at, { sha, fork, candidates: known })
}
