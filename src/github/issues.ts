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
  /** It is there no more. */
  readonly forget: () => Promise<void>
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
    const kept = await book.find()
    if (kept !== null && kept.open !== wanted.isOpen) {
      assertHeld()
      if (await turned(octokit, wanted, kept.number)) {
        await book.save({ number: kept.number, open: wanted.isOpen })
        return 'shown'
      }
      await book.forget()
    } else if (kept !== null) return 'shown'
    const known = await found(octokit, wanted)
    if (known === null) {
      if (!wanted.isOpen) return 'shown'
      assertHeld()
      await book.save({ number: await made(octokit, wanted), open: true })
      return 'shown'
    }
    if (known.open !== wanted.isOpen) {
      assertHeld()
      await turned(octokit, wanted, known.number)
    }
    await book.save({ number: known.number, open: wanted.isOpen })
    return 'shown'
  } catch (fault) {
    if ([403, 404, 410].includes(statusOf(fault) ?? 0)) return 'refused'
    throw fault
  }
}

/** Opens or closes one; false: there is none of that number any more. */
async function turned(
  octokit: Octokit,
  { repository, isOpen }: Wanted,
  number: number,
): Promise<boolean> {
  try {
    await octokit.request('PATCH /repos/{owner}/{repo}/issues/{issue_number}', {
      ...named(repository),
      issue_number: number,
      state: isOpen ? 'open' : 'closed',
    })
    return true
  } catch (fault) {
    if (statusOf(fault) === 404 || statusOf(fault) === 410) return false
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
  const marked = items.filter(
    ({ body, pull_request }) =>
      // GitHub lists pull requests as issues.
      pull_request === undefined && body?.includes(commentOf(mark)) === true,
  )
  if (marked.length === 0) return null
  const isOurs = await ownership(octokit)
  const mine = marked.find(isOurs)
  return mine === undefined ? null : { number: mine.number, open: mine.state === 'open' }
}

interface Made {
  readonly user?: { readonly login?: string } | null
  readonly performed_via_github_app?: { readonly id?: number } | null
}

/**
 * Anybody may write our mark into an issue. Ours is what our App made (GitHub names the App an issue
 * was made through), or what our token's account made through no App.
 */
async function ownership(octokit: Octokit): Promise<(issue: Made) => boolean> {
  const app = await appOf(octokit)
  if (app !== null) {
    return ({ performed_via_github_app: via }) => via != null && String(via.id) === app
  }
  const login = await loginOf(octokit)
  return ({ user, performed_via_github_app: via }) =>
    login !== null && via == null && user?.login === login
}

/** Null: a token speaks, no App. */
async function appOf(octokit: Octokit): Promise<string | null> {
  // Signed here: GitHub is not asked. A token's own answer names no App.
  const answer: unknown = await octokit.auth({ type: 'app' })
  return typeof answer === 'object' && answer !== null && 'appId' in answer
    ? String(answer.appId)
    : null
}

/** Null: a token of no account, which nothing can be known to be made by. */
async function loginOf(octokit: Octokit): Promise<string | null> {
  try {
    return (await octokit.request('GET /user')).data.login
  } catch (fault) {
    const status = statusOf(fault)
    if (status !== null && [401, 403, 404, 501].includes(status)) return null
    throw fault
  }
}

async function made(octokit: Octokit, { repository, mark, title, body }: Wanted): Promise<number> {
  const { data } = await octokit.request('POST /repos/{owner}/{repo}/issues', {
    ...named(repository),
    title,
    body: `${body}\n\n${commentOf(mark)}`,
  })
  return data.number
}
