/**
 * What the repository says of its commits, in the shapes of GitHub's REST API.
 *
 * Invariant: read from git at each question; a name from outside never becomes an option.
 */
import { git } from '../town/git.ts'

export interface Commit {
  readonly sha: string
  readonly parents: readonly string[]
  readonly message: string
  readonly committedAt: string
}

export interface ChangedFile {
  readonly filename: string
  readonly additions: number
  readonly deletions: number
}

const SHA = /^[0-9a-f]{40}$/

export const headOf = (folder: string): Promise<string> => git(folder, 'rev-parse', 'main')

/** Whether the repository has that commit. */
export async function hasCommit(folder: string, sha: string): Promise<boolean> {
  if (!SHA.test(sha)) return false
  return git(folder, 'cat-file', '-e', `${sha}^{commit}`).then(
    () => true,
    () => false,
  )
}

/** Those commits, in that order. */
export async function commitsOf(
  folder: string,
  shas: readonly string[],
): Promise<readonly Commit[]> {
  if (shas.length === 0) return []
  const format = '--format=%H%x00%P%x00%cI%x00%B%x01'
  const log = await git(folder, 'log', '--no-walk=unsorted', format, ...shas)
  return log
    .split('\u0001')
    .map((entry) => entry.trim())
    .filter(Boolean)
    .map((entry) => {
      const [sha = '', parents = '', committedAt = '', message = ''] = entry.split('\0')
      return { sha, parents: parents.split(' ').filter(Boolean), message, committedAt }
    })
}

/** What `head` has and `base` has not, oldest first; null: one of them is unknown. */
export async function comparisonOf(
  folder: string,
  base: string,
  head: string,
): Promise<{ readonly status: string; readonly shas: readonly string[] } | null> {
  if (!(await hasCommit(folder, base)) || !(await hasCommit(folder, head))) return null
  const ahead = await shasIn(folder, base, head)
  const behind = await shasIn(folder, head, base)
  const status =
    ahead.length > 0
      ? behind.length > 0
        ? 'diverged'
        : 'ahead'
      : behind.length > 0
        ? 'behind'
        : 'identical'
  return { status, shas: ahead }
}

async function shasIn(folder: string, base: string, head: string): Promise<readonly string[]> {
  const listed = await git(folder, 'rev-list', '--reverse', '--topo-order', `${base}..${head}`)
  return listed.split('\n').filter(Boolean)
}

/** Against the first parent: of a merge, everything that it brought. */
export async function filesOf(folder: string, sha: string): Promise<readonly ChangedFile[]> {
  const [commit] = await commitsOf(folder, [sha])
  const isRoot = commit?.parents.length === 0
  const rows = isRoot
    ? await git(folder, 'show', '--numstat', '--format=', '--root', sha)
    : await git(folder, 'diff', '--numstat', `${sha}^1`, sha)
  return rows
    .split('\n')
    .filter(Boolean)
    .map((row) => {
      const [added, removed, filename = ''] = row.split('\t')
      return { filename, additions: Number(added) || 0, deletions: Number(removed) || 0 }
    })
}
