/**
 * The agent's own mirror of a repository, and fresh checkouts from it.
 *
 * Invariant: a sha already in the mirror needs no network, so neither a deploy nor a rollback
 * needs GitHub. No hook of a repository ever runs; values from outside never become options.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const SHA = /^[0-9a-f]{40,64}$/
const TIMEOUT_MS = 10 * 60_000

export interface Checkouts {
  /** Fetches the mirror of a repository, made if missing. */
  readonly fetch: (repository: string) => Promise<void>
  /** A fresh folder at `sha`; fetches only when the mirror does not have it yet. */
  readonly checkOut: (repository: string, sha: string, run: string) => Promise<string>
  readonly remove: (run: string) => Promise<void>
}

export interface CheckoutOptions {
  readonly home: string
  /** Sent to https://github.com only. */
  readonly githubToken: string | null
}

export function createCheckouts({ home, githubToken }: CheckoutOptions): Checkouts {
  const git = async (args: readonly string[]): Promise<string> => {
    const { stdout } = await execute('git', [...args], {
      timeout: TIMEOUT_MS,
      maxBuffer: 16 * 1024 * 1024,
      env: gitEnvironment(githubToken),
    }).catch((fault: Error & { readonly stderr?: string }) => {
      // Git's own words; the command line says nothing a person could act on.
      throw new Error(fault.stderr?.trim().split('\n').at(-1) || fault.message)
    })
    return stdout
  }
  const mirrorOf = (repository: string): string =>
    join(home, 'mirrors', createHash('sha256').update(repository).digest('hex').slice(0, 16))
  const folderOf = (run: string): string => join(home, 'checkouts', run)
  const has = (mirror: string, sha: string): Promise<boolean> =>
    git(['-C', mirror, 'cat-file', '-e', `${sha}^{commit}`]).then(
      () => true,
      () => false,
    )
  // One at a time per mirror: two fetches into it would fail on each other's locks.
  const busy = new Map<string, Promise<unknown>>()
  const alone = <T>(mirror: string, work: () => Promise<T>): Promise<T> => {
    const result = (busy.get(mirror) ?? Promise.resolve()).then(work)
    busy.set(
      mirror,
      result.catch(() => undefined),
    )
    return result
  }
  const fetchNow = async (repository: string): Promise<void> => {
    const mirror = mirrorOf(repository)
    if (!existsSync(join(mirror, 'HEAD'))) {
      await mkdir(mirror, { recursive: true })
      await git(['init', '--bare', '--quiet', mirror])
    }
    // Nothing is pruned: a past release stays in reach of a rollback after a force-push.
    const refs = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*']
    await git(['-C', mirror, 'fetch', '--quiet', '--no-tags', '--', urlOf(repository), ...refs])
  }
  return {
    fetch: (repository) => alone(mirrorOf(repository), () => fetchNow(repository)),
    checkOut: async (repository, sha, run) => {
      if (!SHA.test(sha)) throw new Error(`${sha} is not a full sha`)
      const mirror = mirrorOf(repository)
      await alone(mirror, async () => {
        if (!existsSync(join(mirror, 'HEAD')) || !(await has(mirror, sha))) {
          await fetchNow(repository)
        }
        if (!(await has(mirror, sha))) {
          throw new Error(`${sha} is on no branch or tag of ${repository}`)
        }
        await git(['-C', mirror, 'update-ref', `refs/signalbox/${sha}`, sha])
      })
      const folder = folderOf(run)
      await rm(folder, { recursive: true, force: true })
      await git(['clone', '--quiet', '--no-checkout', '--shared', '--', mirror, folder])
      await git(['-C', folder, 'checkout', '--quiet', '--detach', sha])
      return folder
    },
    remove: (run) => rm(folderOf(run), { recursive: true, force: true }),
  }
}

/** `owner/name` is on GitHub; anything else is a URL or a path as git takes it. */
function urlOf(repository: string): string {
  return /^[\w.-]+\/[\w.-]+$/.test(repository) ? `https://github.com/${repository}.git` : repository
}

function gitEnvironment(githubToken: string | null): NodeJS.ProcessEnv {
  const settings: readonly (readonly [string, string])[] = [
    ['core.hooksPath', '/dev/null'],
    ['safe.directory', '*'],
    ['advice.detachedHead', 'false'],
    ...(githubToken === null
      ? []
      : [
          [
            'http.https://github.com/.extraHeader',
            `Authorization: Basic ${Buffer.from(`x-access-token:${githubToken}`).toString('base64')}`,
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
