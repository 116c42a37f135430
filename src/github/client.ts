/**
 * The way to GitHub's REST API: who we are, how long we wait, when we are to wait.
 *
 * Invariant: nothing is retried here (a repeated POST would act twice); whoever asks has a pause of
 * its own. While GitHub wants to be left alone, no request leaves.
 */
import { createAppAuth } from '@octokit/auth-app'
import { Octokit } from '@octokit/core'
import { GithubBusy } from './busy.ts'

export interface ClientOptions {
  /** Of the REST API, without a slash at its end. */
  readonly apiUrl: string
  readonly auth:
    | { readonly kind: 'app'; readonly id: string; readonly privateKey: string }
    | { readonly kind: 'token'; readonly token: string }
  readonly timeoutMs?: number
  /** Aborted, nothing is waited for any more. */
  readonly signal?: AbortSignal
}

/** A repository's own client: an App has a token for each of its installations. */
export type Client = (repository: string) => Promise<Octokit>

/** Later versions drop `merge_commit_sha`; GitHub supports this one until 2028 at least. */
const API_VERSION = '2022-11-28'
const TIMEOUT_MS = 10_000
/** What GitHub asks for where a secondary limit names no time. */
const PAUSE_MS = 60_000
const PAUSE_MS_MAX = 60 * 60_000

export function createClient(options: ClientOptions): Client {
  const { apiUrl, auth, timeoutMs = TIMEOUT_MS, signal } = options
  const patient = createPatientFetch(timeoutMs, signal)
  const common = {
    baseUrl: apiUrl,
    userAgent: 'signalbox',
    request: { fetch: patient },
    // Its own logger writes to the console, and failures are told by whoever asked.
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  }
  const made = (options: ConstructorParameters<typeof Octokit>[0]): Octokit => {
    const octokit = new Octokit({ ...common, ...options })
    octokit.hook.before('request', (request) => {
      request.headers['x-github-api-version'] = API_VERSION
    })
    octokit.hook.error('request', (fault) => {
      throw fault.cause instanceof GithubBusy ? fault.cause : fault
    })
    return octokit
  }
  if (auth.kind === 'token') {
    const one = made({ auth: auth.token })
    return async () => one
  }
  const { id: appId, privateKey } = auth
  const app = made({ authStrategy: createAppAuth, auth: { appId, privateKey } })
  const installed = new Map<string, Promise<Octokit>>()
  const install = async (repository: string): Promise<Octokit> => {
    const { data } = await app.request('GET /repos/{owner}/{repo}/installation', named(repository))
    return made({
      authStrategy: createAppAuth,
      auth: { appId, privateKey, installationId: data.id },
    })
  }
  return (repository) => {
    const found = installed.get(repository) ?? install(repository)
    installed.set(repository, found)
    // Not installed yet, or not reachable: the next question asks again.
    found.catch(() => installed.delete(repository))
    return found
  }
}

/** What git authenticates with, as an App: an installation's token, which its library renews. */
export async function gitToken(client: Client, repository: string): Promise<string> {
  const octokit = await client(repository)
  const answer: unknown = await octokit.auth({ type: 'installation' })
  const isToken = typeof answer === 'object' && answer !== null && 'token' in answer
  if (!isToken || typeof answer.token !== 'string') throw new Error('GitHub gave the App no token')
  return answer.token
}

/** `owner/name` as the parameters of a route. */
export function named(repository: string): { readonly owner: string; readonly repo: string } {
  const [owner = '', repo = ''] = repository.split('/')
  return { owner, repo }
}

/** The status of a request's failure; null: GitHub did not answer. */
export const statusOf = (fault: unknown): number | null =>
  fault instanceof Error && 'response' in fault && 'status' in fault && fault.response !== undefined
    ? Number(fault.status)
    : null

/**
 * Whether GitHub could not be asked at all: it is away, broken or busy, or does not let us in, which
 * a person mends. A later attempt may succeed; a refusal of the request itself stays one.
 */
export function isAway(fault: unknown): boolean {
  if (fault instanceof GithubBusy) return true
  // What Octokit throws for a request, also for one that nobody answered.
  if (!(fault instanceof Error && fault.name === 'HttpError')) return false
  const status = statusOf(fault)
  return status === null || status >= 500 || status === 401 || status === 403
}

/** A fetch with a deadline, which stays at home while a rate limit holds. */
function createPatientFetch(timeoutMs: number, stopping: AbortSignal | undefined): typeof fetch {
  let until = 0
  return async (input, init) => {
    if (Date.now() < until) throw new GithubBusy(until)
    const late = AbortSignal.timeout(timeoutMs)
    const signal = stopping === undefined ? late : AbortSignal.any([late, stopping])
    const answer = await fetch(input, { ...init, signal })
    if (answer.status !== 403 && answer.status !== 429) return answer
    const pause = pauseOf(answer.headers, await answer.clone().text())
    if (pause === null) return answer
    until = Date.now() + Math.min(pause, PAUSE_MS_MAX)
    throw new GithubBusy(until)
  }
}

/** How long a refusal asks us to wait; null: it is about permissions, and waiting helps nothing. */
function pauseOf(headers: Headers, text: string): number | null {
  const after = headers.get('retry-after')
  if (after !== null && /^\d+$/.test(after)) return Number(after) * 1_000
  if (headers.get('x-ratelimit-remaining') === '0') {
    return Math.max(1_000, Number(headers.get('x-ratelimit-reset') ?? 0) * 1_000 - Date.now())
  }
  return /secondary rate limit|abuse detection/i.test(text) ? PAUSE_MS : null
}
