/**
 * Issues of ours on GitHub.
 *
 * Invariant: a mirror of the present, so repeating it is harmless: one is looked for by its mark
 * before another is made, and only what differs is told.
 */
import type { Octokit } from '@octokit/core'
import { type Client, named, statusOf } from './client.ts'
import { allPages } from './pages.ts'

/** An issue as it should be. */
export interface Wanted {
  /** `owner/name` on GitHub. */
  readonly repository: string
  /** What it is found by: no other issue of ours has the same. */
  readonly mark: string
  readonly title: string
  readonly body: string
  readonly isOpen: boolean
}

export interface IssueBook {
  readonly find: () => Promise<{ readonly number: number; readonly open: boolean } | null>
  readonly save: (issue: { readonly number: number; readonly open: boolean }) => Promise<void>
}

export interface IssueParts {
  readonly client: Client
  readonly book: IssueBook
  /** Throws when it is another process's by now to tell GitHub. */
  readonly assertHeld: () => void
}

const commentOf = (mark: string): string => `<!-- signalbox ${mark} -->`

/** Newest first; whatever is further back was answered long ago. */
const PAGES_MAX = 5

/**
 * Makes GitHub show it as it should be. `refused`: GitHub takes no issue of ours there, for want of
 * the permission `issues: write` or because the repository has none.
 */
export async function showIssue(
  { client, book, assertHeld }: IssueParts,
  wanted: Wanted,
): Promise<'shown' | 'refused'> {
  try {
    const octokit = await client(wanted.repository)
    const known = (await book.find()) ?? (await found(octokit, wanted))
    if (known === null) {
      if (!wanted.isOpen) return 'shown'
      assertHeld()
      await book.save({ number: await made(octokit, wanted), open: true })
      return 'shown'
    }
    if (known.open !== wanted.isOpen) {
      assertHeld()
      await octokit.request('PATCH /repos/{owner}/{repo}/issues/{issue_number}', {
        ...named(wanted.repository),
        issue_number: known.number,
        state: wanted.isOpen ? 'open' : 'closed',
      })
    }
    await book.save({ number: known.number, open: wanted.isOpen })
    return 'shown'
  } catch (fault) {
    if ([403, 404, 410].includes(statusOf(fault) ?? 0)) return 'refused'
    throw fault
  }
}

/** One that was made although its answer was lost. */
async function found(
  octokit: Octokit,
  { repository, mark }: Wanted,
): Promise<{ readonly number: number; readonly open: boolean } | null> {
  const { items } = await allPages(PAGES_MAX, async (page) => {
    const { data, headers } = await octokit.request('GET /repos/{owner}/{repo}/issues', {
      ...named(repository),
      state: 'all',
      per_page: 100,
      page,
    })
    return { items: data, link: headers.link }
  })
  const mine = items.find(({ body }) => body?.includes(commentOf(mark)) === true)
  return mine === undefined ? null : { number: mine.number, open: mine.state === 'open' }
}

async function made(octokit: Octokit, { repository, mark, title, body }: Wanted): Promise<number> {
  const { data } = await octokit.request('POST /repos/{owner}/{repo}/issues', {
    ...named(repository),
    title,
    body: `${body}\n\n${commentOf(mark)}`,
  })
  return data.number
}
