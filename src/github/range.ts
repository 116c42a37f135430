/**
 * Who changed what between two heads: commits of the branch's own line, put together to changes.
 *
 * Invariant: the line is that of first parents, so a merge is one change whatever it merged; a
 * rebased pull request is one change too, however many commits it left on the line.
 */
import type { Octokit } from '@octokit/core'
import type { Branch, Outline, Range } from './account.ts'
import { type Client, named, statusOf } from './client.ts'
import { allPages } from './pages.ts'

interface Commit {
  readonly sha: string
  readonly parents: readonly string[]
}

/** Compare answers 250 commits in all without paging, and 100 a page with it. */
const PAGES_MAX = 100
/** A pull request of more commits than this was not rebased. */
const REBASED_MAX = 250

/** What `after` adds to `before`, and what it lost of it; null: GitHub no longer knows `before`. */
export async function rangeBetween(
  client: Client,
  at: Branch,
  { before, after }: { readonly before: string; readonly after: string },
): Promise<Range | null> {
  const octokit = await client(at.repository)
  const ahead = await compared(octokit, at, `${before}...${after}`)
  if (ahead === null) return null
  const commits = new Map(ahead.commits.map((one) => [one.sha, one]))
  const line: Commit[] = []
  for (let one = commits.get(after); one; one = commits.get(one.parents[0] ?? '')) line.push(one)
  line.reverse()
  const lost = ahead.isForward ? null : await compared(octokit, at, `${after}...${before}`)
  const changes = await grouped(line, (commit) => pullOf(octokit, at, commit))
  return { changes, gone: (lost?.commits ?? []).map(({ sha }) => sha) }
}

/** The change that ends at `sha`, found by walking back as far as its pull request reaches. */
export async function outlineOf(client: Client, at: Branch, sha: string): Promise<Outline> {
  const octokit = await client(at.repository)
  const line = [await commitOf(octokit, at, sha)]
  const number = await pullOf(octokit, at, line[0])
  while (number !== null && line.length < REBASED_MAX) {
    const first = line[0]
    if (first === undefined || first.parents.length !== 1) break
    const parent = await commitOf(octokit, at, first.parents[0] ?? '')
    if (parent.parents.length > 1 || (await pullOf(octokit, at, parent)) !== number) break
    line.unshift(parent)
  }
  return outline(line, number)
}

function outline(line: readonly Commit[], number: number | null): Outline {
  const [first, last] = [line[0], line.at(-1)]
  if (first === undefined || last === undefined) throw new Error('a change has a commit')
  const commits = line.map(({ sha }) => sha)
  return { sha: last.sha, parent: first.parents[0] ?? null, number, commits }
}

/** Neighbours of one pull request are one change; merge commits and direct pushes stand alone. */
async function grouped(
  line: readonly Commit[],
  pull: (commit: Commit) => Promise<number | null>,
): Promise<readonly Outline[]> {
  const groups: { readonly number: number | null; readonly commits: Commit[] }[] = []
  for (const commit of line) {
    const number = await pull(commit)
    const last = groups.at(-1)
    const isMerge = commit.parents.length > 1 || (last?.commits.at(-1)?.parents.length ?? 0) > 1
    if (last !== undefined && number !== null && last.number === number && !isMerge) {
      last.commits.push(commit)
    } else groups.push({ number, commits: [commit] })
  }
  return groups.map(({ number, commits }) => outline(commits, number))
}

/** The pull request that brought a commit to the branch; null: it was pushed directly. */
async function pullOf(
  octokit: Octokit,
  { repository, branch }: Branch,
  commit: Commit | undefined,
): Promise<number | null> {
  if (commit === undefined) return null
  const { data } = await octokit.request('GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls', {
    ...named(repository),
    commit_sha: commit.sha,
    per_page: 100,
  })
  const merged = data.filter(({ merged_at, base }) => merged_at !== null && base.ref === branch)
  const exact = merged.find(({ merge_commit_sha }) => merge_commit_sha === commit.sha)
  return (exact ?? merged[0])?.number ?? null
}

async function commitOf(octokit: Octokit, { repository }: Branch, sha: string): Promise<Commit> {
  const { data } = await octokit.request('GET /repos/{owner}/{repo}/git/commits/{commit_sha}', {
    ...named(repository),
    commit_sha: sha,
  })
  return { sha: data.sha, parents: data.parents.map((parent) => parent.sha) }
}

async function compared(
  octokit: Octokit,
  { repository }: Branch,
  basehead: string,
): Promise<{ readonly commits: readonly Commit[]; readonly isForward: boolean } | null> {
  let status = 'ahead'
  try {
    const { items, complete } = await allPages<Commit>(PAGES_MAX, async (page) => {
      const { data, headers } = await octokit.request(
        'GET /repos/{owner}/{repo}/compare/{basehead}',
        { ...named(repository), basehead, per_page: 100, page },
      )
      status = data.status
      const items = data.commits.map(({ sha, parents }) => ({
        sha,
        parents: parents.map((parent) => parent.sha),
      }))
      return { items, link: headers.link }
    })
    if (!complete) throw new Error(`${basehead} spans more than ${PAGES_MAX * 100} commits`)
    return { commits: items, isForward: status === 'ahead' || status === 'identical' }
  } catch (fault) {
    if (statusOf(fault) === 404) return null
    throw fault
  }
}
