/**
 * GitHub's account of a repository, asked over REST.
 *
 * Invariant: each answer is whole or a fault; a page that is missing is never taken for an end.
 */
import type { Account, Branch, Profile, Pushed } from './account.ts'
import { type Client, named, statusOf } from './client.ts'
import { describeChange } from './describe.ts'
import type { CheckReport } from './heard.ts'
import { checkStatus, stateOf } from './inbound.ts'
import { allPages } from './pages.ts'
import { outlineOf, rangeBetween } from './range.ts'
import { isOurs } from './statuses.ts'
import { storable } from './text.ts'

const CHECK_PAGES_MAX = 20

export function createAccount(client: Client): Account {
  return {
    head: (at) => headOf(client, at),
    range: (at, between) => rangeBetween(client, at, between),
    contains: (repository, within) => isContained(client, repository, within),
    outline: (at, sha) => outlineOf(client, at, sha),
    describe: (at, outline) => describeChange(client, at, outline),
    checks: async (repository, sha) => [
      ...(await checkRuns(client, repository, sha)),
      ...(await statuses(client, repository, sha)),
    ],
    profile: (repository, login) => profileOf(client, repository, login),
    pushes: (at) => pushesTo(client, at),
  }
}

async function headOf(client: Client, { repository, branch }: Branch): Promise<string | null> {
  const octokit = await client(repository)
  try {
    const { data } = await octokit.request('GET /repos/{owner}/{repo}/git/ref/{ref}', {
      ...named(repository),
      ref: `heads/${branch}`,
    })
    return data.object.sha
  } catch (fault) {
    if (statusOf(fault) === 404) return null
    throw fault
  }
}

async function isContained(
  client: Client,
  repository: string,
  { sha, head }: { readonly sha: string; readonly head: string },
): Promise<boolean> {
  const octokit = await client(repository)
  try {
    const { data } = await octokit.request('GET /repos/{owner}/{repo}/compare/{basehead}', {
      ...named(repository),
      basehead: `${sha}...${head}`,
      per_page: 1,
    })
    return data.status === 'ahead' || data.status === 'identical'
  } catch (fault) {
    // A commit that nothing holds any more is forgotten after a while.
    if (statusOf(fault) === 404) return false
    throw fault
  }
}

async function profileOf(
  client: Client,
  repository: string,
  login: string,
): Promise<Profile | null> {
  const octokit = await client(repository)
  try {
    const { data } = await octokit.request('GET /users/{username}', { username: login })
    return data.type === 'User' ? { login: data.login, email: data.email } : null
  } catch (fault) {
    if (statusOf(fault) === 404) return null
    throw fault
  }
}

async function checkRuns(
  client: Client,
  repository: string,
  sha: string,
): Promise<readonly CheckReport[]> {
  const octokit = await client(repository)
  const { items } = await allPages(CHECK_PAGES_MAX, async (page) => {
    const { data, headers } = await octokit.request(
      'GET /repos/{owner}/{repo}/commits/{ref}/check-runs',
      { ...named(repository), ref: sha, filter: 'latest', per_page: 100, page },
    )
    return { items: data.check_runs, link: headers.link }
  })
  return items.flatMap(({ name, status, conclusion, started_at, completed_at }) => {
    const said = checkStatus(status, conclusion)
    const at = Date.parse((said === 'pending' ? started_at : (completed_at ?? started_at)) ?? '')
    // Without a time of its own it could outlive a later report.
    return Number.isNaN(at) ? [] : [{ sha, name: storable(name), status: said, at }]
  })
}

/** The newest of each context, as GitHub combines them. */
async function statuses(
  client: Client,
  repository: string,
  sha: string,
): Promise<readonly CheckReport[]> {
  const octokit = await client(repository)
  const { items } = await allPages(CHECK_PAGES_MAX, async (page) => {
    const { data, headers } = await octokit.request(
      'GET /repos/{owner}/{repo}/commits/{ref}/status',
      { ...named(repository), ref: sha, per_page: 100, page },
    )
    return { items: data.statuses, link: headers.link }
  })
  const theirs = items.filter(({ context }) => !isOurs(context))
  return theirs.map(({ context, state, updated_at }) => ({
    sha,
    name: storable(context),
    status: stateOf(state),
    at: Date.parse(updated_at),
  }))
}

async function pushesTo(
  client: Client,
  { repository, branch }: Branch,
): Promise<readonly Pushed[]> {
  const octokit = await client(repository)
  try {
    const { data } = await octokit.request('GET /repos/{owner}/{repo}/activity', {
      ...named(repository),
      ref: `refs/heads/${branch}`,
      per_page: 100,
    })
    return data.flatMap(({ before, after, actor, timestamp }) =>
      actor === null ? [] : [{ before, after, by: actor.login, at: Date.parse(timestamp) }],
    )
  } catch (fault) {
    // Older Enterprise servers do not have it, and not every token may read it.
    const status = statusOf(fault)
    if (status === 404 || status === 403) return []
    throw fault
  }
}
