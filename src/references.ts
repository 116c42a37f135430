/**
 * Who is asked what a REF is: git, in a mirror of the server's own, with what GitHub lets it in by.
 *
 * Invariant: only branches and tags are fetched, so what GitHub merely serves of a fork is not
 * found, whoever names it.
 */
import type { Config } from './config/environment.ts'
import { createGitLookUp, type GitLookUp } from './git/look-up.ts'
import { createClient, gitToken } from './github/client.ts'
import { githubName } from './github/repository.ts'

export function createReferences({ home, github, githubToken }: Config): GitLookUp {
  const { app, apiUrl, webUrl } = github
  const auth = app && ({ kind: 'app', id: app.id, privateKey: app.privateKey.reveal() } as const)
  const client = auth && createClient({ apiUrl, auth })
  return createGitLookUp({
    home,
    webUrl,
    tokenFor: async (repository) => {
      const name = githubName(repository, apiUrl)
      if (client !== null && name !== null) return gitToken(client, name)
      return githubToken?.reveal() ?? null
    },
  })
}
