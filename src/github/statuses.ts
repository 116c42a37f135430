/**
 * Commit statuses of ours on open pull requests.
 *
 * Invariant: one context per pipeline; what GitHub says of our own contexts is never heard as a
 * check.
 */
import { type Client, named, statusOf } from './client.ts'
import { allPages } from './pages.ts'
import { cut } from './text.ts'

const PREFIX = 'signalbox/'

export const contextOf = (pipeline: string): string => `${PREFIX}${pipeline}`

/** Whether a status is one that we told ourselves. */
export const isOurs = (context: string): boolean => context.startsWith(PREFIX)

export interface CommitStatus {
  readonly context: string
  readonly state: 'success' | 'failure'
  readonly description: string
  readonly url: string
}

/** More open pull requests than this into one branch are not told: 10 pages of 100. */
const PAGES_MAX = 10

export interface OpenPull {
  readonly number: number
  readonly sha: string
}

export interface OpenPulls {
  readonly pulls: readonly OpenPull[]
  /** False: there are more than are asked for. */
  readonly complete: boolean
}

/** Open pull requests into a branch, newest first. */
export async function openPulls(
  client: Client,
  { repository, branch }: { readonly repository: string; readonly branch: string },
): Promise<OpenPulls> {
  const octokit = await client(repository)
  const { items, complete } = await allPages(PAGES_MAX, async (page) => {
    const { data, headers } = await octokit.request('GET /repos/{owner}/{repo}/pulls', {
      ...named(repository),
      state: 'open',
      base: branch,
      per_page: 100,
      page,
    })
    return { items: data, link: headers.link }
  })
  return { pulls: items.map(({ number, head }) => ({ number, sha: head.sha })), complete }
}

/**
 * Tells a commit its status; `forbidden`: the App or token lacks "Commit statuses: write";
 * `gone`: the commit is no longer there. Throws when GitHub does not answer: repeat it.
 */
export async function tellStatus(
  client: Client,
  { repository, sha }: { readonly repository: string; readonly sha: string },
  { context, state, description, url }: CommitStatus,
): Promise<'told' | 'forbidden' | 'gone'> {
  const octokit = await client(repository)
  try {
    await octokit.request('POST /repos/{owner}/{repo}/statuses/{sha}', {
      ...named(repository),
      sha,
      state,
      context,
      description: cut(description),
      target_url: url,
    })
    return 'told'
  } catch (fault) {
    const status = statusOf(fault)
    if (status === 403 || status === 404) return 'forbidden'
    if (status === 422) return 'gone'
    throw fault
  }
}
