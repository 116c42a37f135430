/**
 * Who is asked what a REF is: GitHub where its API is configured, else git.
 *
 * Invariant: the same answer from both; a repository that is not GitHub's is always asked by git.
 */
import type { Config } from './config/environment.ts'
import type { LookUp } from './core/look-up.ts'
import { createGitLookUp } from './git/look-up.ts'

export function createReferences(config: Config): LookUp {
  const { home, githubToken } = config
  return createGitLookUp({ home, githubToken: githubToken?.reveal() ?? null })
}
