/**
 * Merging as people do: a branch, a commit by its author, a real merge.
 *
 * Invariant: one merge at a time; the repository is left on its main branch, clean.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { PullRequest } from './pull-request.ts'

const run = promisify(execFile)

export function git(repository: string, ...args: readonly string[]): Promise<string> {
  return gitAt(repository, args, process.env)
}

async function gitAt(
  repository: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  input = '',
): Promise<string> {
  const running = run('git', ['-C', repository, ...args], { timeout: 30_000, env })
  // Git that ends before it has read everything is told by its exit.
  running.child.stdin?.on('error', () => {})
  running.child.stdin?.end(input)
  const { stdout } = await running
  return stdout.trim()
}

/**
 * Commits what a pull request would change, as it stands while it is open, and answers the commit.
 * No branch is checked out for it. What it takes back may not be merged yet: then it is empty.
 */
export async function openBranch(
  repository: string,
  pull: PullRequest,
  at: number,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-pull-'))
  try {
    const date = new Date(at).toISOString()
    const env = {
      ...process.env,
      GIT_INDEX_FILE: join(folder, 'index'),
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_DATE: date,
    }
    await gitAt(repository, ['read-tree', 'main'], env)
    const read = (path: string): string => readFileSync(join(repository, path), 'utf8')
    for (const [path, text] of Object.entries(pull.edit(read))) {
      const blob = await gitAt(repository, ['hash-object', '-w', '--stdin'], env, text)
      await gitAt(repository, ['update-index', '--add', '--cacheinfo', '100644', blob, path], env)
    }
    const tree = await gitAt(repository, ['write-tree'], env)
    const commit = ['commit-tree', tree, '-p', 'main', '-m', pull.title]
    const sha = await gitAt(repository, [...as(pull.author), ...commit], env)
    await git(repository, 'update-ref', `refs/pull/${pull.number}/head`, sha)
    return sha
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const as = (name: string): readonly string[] => [
  '-c',
  `user.name=${name}`,
  '-c',
  `user.email=${name.replace(/\W+/g, '-')}@example.com`,
]

export interface MergedPull {
  readonly sha: string
  /** The newest commit of what was merged. */
  readonly head: string
  readonly parent: string
  readonly added: number
  readonly removed: number
  readonly paths: readonly string[]
}

export interface Merging {
  readonly pull: PullRequest
  /** The merge commit of an earlier one. */
  readonly mergeOf: (number: number) => string | undefined
  /** When, in milliseconds since the epoch. */
  readonly at: number
}

/** Merges the pull request. */
export async function mergePull(
  repository: string,
  { pull, mergeOf, at }: Merging,
): Promise<MergedPull> {
  const date = new Date(at).toISOString()
  const env = { ...process.env, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date }
  const branch = `pull/${pull.number}`
  const parent = await git(repository, 'rev-parse', 'main')
  await git(repository, 'checkout', '--quiet', '--force', '-B', branch, 'main')
  const reverted = pull.reverts === null ? undefined : mergeOf(pull.reverts)
  if (reverted === undefined) {
    const read = (path: string): string => readFileSync(join(repository, path), 'utf8')
    for (const [path, text] of Object.entries(pull.edit(read))) {
      const file = join(repository, path)
      if (!existsSync(dirname(file))) mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text)
    }
    await git(repository, 'add', '--all')
  } else {
    await git(repository, 'revert', '--no-commit', '--mainline', '1', reverted)
  }
  const commit = ['commit', '--quiet', '--allow-empty', '-m', pull.title]
  await gitAt(repository, [...as(pull.author), ...commit], env)
  await git(repository, 'checkout', '--quiet', 'main')
  const words = `Merge pull request #${pull.number}\n\n${pull.title}`
  const merge = ['merge', '--quiet', '--no-ff', '-m', words, branch]
  await gitAt(repository, [...as(pull.mergedBy), ...merge], env)
  await git(repository, 'branch', '--quiet', '-d', branch)
  const sha = await git(repository, 'rev-parse', 'main')
  const head = await git(repository, 'rev-parse', 'main^2')
  return { sha, head, parent, ...(await diff(repository, parent, sha)) }
}

async function diff(
  repository: string,
  from: string,
  to: string,
): Promise<Pick<MergedPull, 'added' | 'removed' | 'paths'>> {
  const rows = (await git(repository, 'diff', '--numstat', from, to)).split('\n').filter(Boolean)
  const cells = rows.map((row) => row.split('\t'))
  const sum = (at: number): number => cells.reduce((all, row) => all + (Number(row[at]) || 0), 0)
  return { added: sum(0), removed: sum(1), paths: cells.map((row) => row[2] ?? '') }
}
