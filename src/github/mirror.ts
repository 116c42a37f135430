/**
 * Our deployments, shown on GitHub.
 *
 * Invariant: a mirror of the present, so repeating it is harmless: a deployment is looked for
 * under our key before one is made, and a status is told only when it differs from the last.
 */
import type { Octokit } from '@octokit/core'
import type { DeploymentStatus } from '../core/model.ts'
import { type Client, named } from './client.ts'
import { cut } from './text.ts'

/** A deployment as it stands now. */
export interface Mirrored {
  readonly key: string
  /** `owner/name` on GitHub. */
  readonly repository: string
  /** GitHub's name of the environment. */
  readonly environment: string
  /** Whether it is the pipeline's last. */
  readonly isProduction: boolean
  readonly sha: string
  readonly status: DeploymentStatus
  /** Something newer has succeeded there, or a rollback took it back. */
  readonly isSuperseded: boolean
  readonly description: string
  readonly logUrl: string
}

/** What was mirrored so far; kept by whoever calls. */
export interface MirrorBook {
  readonly find: (key: string) => Promise<MirrorEntry | null>
  readonly remember: (key: string, id: number) => Promise<void>
  readonly told: (key: string, state: GithubState) => Promise<void>
  /** Earlier ones of the same environment that GitHub still shows as live. */
  readonly replacedBy: (
    key: string,
  ) => Promise<readonly { readonly key: string; readonly id: number }[]>
}

export interface MirrorEntry {
  readonly id: number
  readonly state: string | null
}

export type GithubState = 'queued' | 'in_progress' | 'success' | 'failure' | 'error' | 'inactive'

export interface MirrorParts {
  readonly client: Client
  readonly book: MirrorBook
  /** Throws when it is another process's by now to tell GitHub. */
  readonly assertHeld: () => void
}

/** Makes GitHub show the deployment as it is. Throws when GitHub does not answer: repeat it. */
export async function mirrorDeployment(
  { client, book, assertHeld }: MirrorParts,
  deployment: Mirrored,
): Promise<void> {
  const octokit = await client(deployment.repository)
  const { key, repository } = deployment
  const known = await book.find(key)
  let id = known?.id ?? (await found(octokit, deployment))
  if (id === null) {
    assertHeld()
    id = await made(octokit, deployment)
  }
  //! failpoint mirror.made
  if (known === null) await book.remember(key, id)
  const state = githubState(deployment)
  if (known?.state !== state) {
    await tell(octokit, deployment, { id, state, description: deployment.description })
    //! failpoint mirror.told
    await book.told(key, state)
  }
  if (state !== 'success') return
  // GitHub does so by itself for other environments only, never for production.
  for (const earlier of await book.replacedBy(key)) {
    const description = 'Replaced by a later deployment.'
    await tell(
      octokit,
      { repository, logUrl: null },
      { id: earlier.id, state: 'inactive', description },
    )
    await book.told(earlier.key, 'inactive')
  }
}

/** Our status in GitHub's words: `error` is what nobody could find out, or ended on purpose. */
export function githubState({ status, isSuperseded }: Mirrored): GithubState {
  switch (status) {
    case 'requested':
      return 'queued'
    case 'running':
      return 'in_progress'
    case 'succeeded':
    case 'verified':
      return isSuperseded ? 'inactive' : 'success'
    case 'failed':
      return 'failure'
    case 'aborted':
    case 'unknown':
      return 'error'
  }
}

/** One that was made although its answer was lost. */
async function found(octokit: Octokit, deployment: Mirrored): Promise<number | null> {
  const { data } = await octokit.request('GET /repos/{owner}/{repo}/deployments', {
    ...named(deployment.repository),
    sha: deployment.sha,
    environment: deployment.environment,
    per_page: 100,
  })
  const one = data.find(({ payload }) => keyIn(payload) === deployment.key)
  return one === undefined ? null : Number(one.id)
}

/** The payload comes back as an object, or as the text of one. */
function keyIn(payload: unknown): unknown {
  try {
    const value: unknown = typeof payload === 'string' ? JSON.parse(payload) : payload
    return typeof value === 'object' && value !== null && 'signalbox' in value
      ? value.signalbox
      : undefined
  } catch {
    return undefined
  }
}

async function made(octokit: Octokit, deployment: Mirrored): Promise<number> {
  const { data } = await octokit.request('POST /repos/{owner}/{repo}/deployments', {
    ...named(deployment.repository),
    ref: deployment.sha,
    // We gate by ourselves: GitHub neither merges nor asks for contexts.
    auto_merge: false,
    required_contexts: [],
    environment: deployment.environment,
    production_environment: deployment.isProduction,
    transient_environment: false,
    description: cut(deployment.description),
    payload: { signalbox: deployment.key },
  })
  if (!('id' in data)) throw new Error(`GitHub made no deployment of ${deployment.key}`)
  return Number(data.id)
}

async function tell(
  octokit: Octokit,
  { repository, logUrl }: { readonly repository: string; readonly logUrl: string | null },
  status: { readonly id: number; readonly state: GithubState; readonly description: string },
): Promise<void> {
  await octokit.request('POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses', {
    ...named(repository),
    deployment_id: status.id,
    state: status.state,
    description: cut(status.description),
    // Its own idea of what a success replaces would also hit other pipelines' deployments.
    auto_inactive: false,
    ...(logUrl === null ? {} : { log_url: logUrl }),
  })
}
