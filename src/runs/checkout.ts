/**
 * The agent's own mirror of a repository, and fresh checkouts from it.
 *
 * Invariant: a sha already in the mirror needs no network, so neither a deploy nor a rollback
 * needs GitHub. No hook of a repository ever runs; values from outside never become options.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createGit, createTurns, type GithubAccess, urlOf } from '../git/git.ts'

const SHA = /^[0-9a-f]{40,64}$/

export interface Checkouts {
  /** Fetches the mirror of a repository, made if missing. */
  readonly fetch: (repository: string) => Promise<void>
  /** A fresh folder at `sha`; fetches only when the mirror does not have it yet. */
  readonly checkOut: (repository: string, sha: string, run: string) => Promise<string>
  readonly remove: (run: string) => Promise<void>
}

export interface CheckoutOptions {
  readonly home: string
  readonly github: GithubAccess
}

export function createCheckouts({ home, github }: CheckoutOptions): Checkouts {
  const git = createGit(github)
  const mirrorOf = (repository: string): string =>
    join(home, 'mirrors', createHash('sha256').update(repository).digest('hex').slice(0, 16))
  const folderOf = (run: string): string => join(home, 'checkouts', run)
  const has = (mirror: string, sha: string): Promise<boolean> =>
    git(['-C', mirror, 'cat-file', '-e', `${sha}^{commit}`]).then(
      () => true,
      () => false,
    )
  const alone = createTurns()
  const fetchNow = async (repository: string): Promise<void> => {
    const mirror = mirrorOf(repository)
    if (!existsSync(join(mirror, 'HEAD'))) {
      await mkdir(mirror, { recursive: true })
      await git(['init', '--bare', '--quiet', mirror])
    }
    // Nothing is pruned: a past release stays in reach of a rollback after a force-push.
    const refs = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*']
    const url = urlOf(repository, github)
    await git(['-C', mirror, 'fetch', '--quiet', '--no-tags', '--', url, ...refs])
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
