/**
 * Git as a process: what it may do, what it is told, how it fails.
 *
 * Invariant: no hook of a repository ever runs, no prompt waits for anybody, and the token goes to
 * GitHub's own address only.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const TIMEOUT_MS = 10 * 60_000

/** `input`: what it reads from its standard input. */
export type Git = (args: readonly string[], input?: string) => Promise<string>

/** Where `owner/name` is fetched from, and as whom. */
export interface GithubAccess {
  /** `https://github.com`, or an Enterprise server's address; without a slash at its end. */
  readonly webUrl: string
  /** Sent to `webUrl` only. */
  readonly token: string | null
}

export function createGit(github: GithubAccess): Git {
  const env = gitEnvironment(github)
  return async (args, input) => {
    const options = { timeout: TIMEOUT_MS, maxBuffer: 16 * 1024 * 1024, env }
    const running = execute('git', [...args], options)
    // Git that ends before it has read everything is told by its exit.
    running.child.stdin?.on('error', () => {})
    running.child.stdin?.end(input ?? '')
    const { stdout } = await running.catch(
      (fault: Error & { readonly stderr?: string; readonly code?: number | string }) => {
        // Git's own words; the command line says nothing a person could act on.
        throw new GitFault(fault.stderr?.trim().split('\n').at(-1) || fault.message, fault.code)
      },
    )
    return stdout
  }
}

export class GitFault extends Error {
  readonly exit: number | string | undefined
  constructor(message: string, exit: number | string | undefined) {
    super(message)
    this.exit = exit
  }
}

/** Whether git says yes (0) or no (1); any other end is a fault. */
export const says = (answer: Promise<unknown>): Promise<boolean> =>
  answer.then(
    () => true,
    (fault: unknown) => {
      if (fault instanceof GitFault && fault.exit === 1) return false
      throw fault
    },
  )

/** `owner/name` is on GitHub; anything else is a URL or a path as git takes it. */
export function urlOf(repository: string, { webUrl }: Pick<GithubAccess, 'webUrl'>): string {
  return /^[\w.-]+\/[\w.-]+$/.test(repository) ? `${webUrl}/${repository}.git` : repository
}

/** One at a time per key: two fetches into one mirror would fail on each other's locks. */
export function createTurns(): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const busy = new Map<string, Promise<unknown>>()
  return (key, work) => {
    const result = (busy.get(key) ?? Promise.resolve()).then(work)
    busy.set(
      key,
      result.catch(() => undefined),
    )
    return result
  }
}

function gitEnvironment({ webUrl, token }: GithubAccess): NodeJS.ProcessEnv {
  const settings: readonly (readonly [string, string])[] = [
    ['core.hooksPath', '/dev/null'],
    ['safe.directory', '*'],
    ['advice.detachedHead', 'false'],
    ...(token === null
      ? []
      : [
          [
            `http.${webUrl}/.extraHeader`,
            `Authorization: Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`,
          ] as const,
        ]),
  ]
  return {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(
      settings.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
  }
}
