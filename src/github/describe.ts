/**
 * The details of one change: who, what, which files.
 *
 * Invariant: the author is the pull request's opener. Of a direct push GitHub's commits do not say
 * who pushed, and their author lines are anybody's word: then it says so.
 */
import type { Octokit } from '@octokit/core'
import type { Branch, Described, Outline } from './account.ts'
import { type Client, named } from './client.ts'
import { GHOST } from './inbound.ts'
import { allPages } from './pages.ts'
import { coAuthorEmails, revertsOf, storable, titleOf } from './text.ts'

/** No login; it sorts behind all of them, so a known pusher's account wins where two are merged. */
export const UNKNOWN_PUSHER = '‹pusher unknown›'

/** GitHub lists at most 3,000 files of a commit, up to 300 a page. */
const FILES_MAX = 3_000
const FILE_PAGES_MAX = 31

interface Content {
  readonly message: string
  readonly committedAt: number
  readonly lines: number
  /** null: more than GitHub tells. */
  readonly paths: readonly string[] | null
}

export async function describeChange(
  client: Client,
  at: Branch,
  outline: Outline,
): Promise<Described> {
  const octokit = await client(at.repository)
  const contents: Content[] = []
  for (const sha of outline.commits) contents.push(await contentOf(octokit, at, sha))
  const last = contents.at(-1)
  if (last === undefined) throw new Error('a change has a commit')
  const emails = [...new Set(contents.flatMap(({ message }) => coAuthorEmails(message)))]
  const shared = {
    sha: outline.sha,
    parent: outline.parent,
    coAuthorEmails: emails,
    paths: pathsOf(contents),
  }
  if (outline.number === null) {
    const title = titleOf(last.message)
    return {
      ...shared,
      number: null,
      title,
      author: UNKNOWN_PUSHER,
      mergedBy: null,
      mergedAt: last.committedAt,
      lines: contents.reduce((sum, { lines }) => sum + lines, 0),
      labels: [],
      reverts: revertsOf({ repository: at.repository, title, body: last.message, branch: null }),
    }
  }
  return { ...shared, ...(await pullDetails(octokit, at, outline.number)) }
}

async function pullDetails(
  octokit: Octokit,
  { repository }: Branch,
  number: number,
): Promise<
  Pick<
    Described,
    'number' | 'title' | 'author' | 'mergedBy' | 'mergedAt' | 'lines' | 'labels' | 'reverts'
  >
> {
  const { data } = await octokit.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', {
    ...named(repository),
    pull_number: number,
  })
  return {
    number,
    title: titleOf(data.title),
    author: data.user?.login ?? GHOST,
    mergedBy: data.merged_by?.login ?? null,
    mergedAt: Date.parse(data.merged_at ?? data.updated_at),
    lines: data.additions + data.deletions,
    labels: [...new Set(data.labels.map(({ name }) => storable(name)))].sort(),
    reverts: revertsOf({
      repository,
      title: data.title,
      body: data.body ?? '',
      branch: data.head.ref,
    }),
  }
}

/** Against its first parent: of a merge commit, everything that it brought. */
async function contentOf(octokit: Octokit, { repository }: Branch, sha: string): Promise<Content> {
  let message = ''
  let committedAt = 0
  let lines = 0
  const { items, complete } = await allPages<string>(FILE_PAGES_MAX, async (page) => {
    const { data, headers } = await octokit.request('GET /repos/{owner}/{repo}/commits/{ref}', {
      ...named(repository),
      ref: sha,
      per_page: 100,
      page,
    })
    message = data.commit.message
    committedAt = Date.parse(data.commit.committer?.date ?? data.commit.author?.date ?? '') || 0
    lines = data.stats?.total ?? 0
    const files = data.files ?? []
    const items = files.flatMap(({ filename, previous_filename: before }) =>
      before === undefined ? [filename] : [filename, before],
    )
    return { items, link: headers.link }
  })
  const isWhole = complete && items.length < FILES_MAX
  return { message, committedAt, lines, paths: isWhole ? items.map(storable) : null }
}

function pathsOf(contents: readonly Content[]): readonly string[] | null {
  const paths = new Set<string>()
  for (const content of contents) {
    if (content.paths === null) return null
    for (const path of content.paths) paths.add(path)
  }
  return [...paths].sort()
}
