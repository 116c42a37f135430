/**
 * Which configured repositories are GitHub's, and what GitHub calls them.
 *
 * Invariant: compared in lower case, as GitHub itself does.
 */

/**
 * `owner/name` in lower case, of `owner/name` or of an address on the host of `apiUrl`; null: it
 * lives elsewhere, and only reports from outside tell of it.
 */
export function githubName(repository: string, apiUrl: string): string | null {
  const plain = /^([\w.-]+)\/([\w.-]+?)(?:\.git)?$/.exec(repository)
  if (plain !== null) return `${plain[1]}/${plain[2]}`.toLowerCase()
  const address =
    /^(?:https?|ssh|git):\/\/(?:[^@/]*@)?([^/:]+)(?::\d+)?\/([\w.-]+)\/([\w.-]+?)(?:\.git)?\/?$/.exec(
      repository,
    ) ?? /^(?:[\w.-]+@)([^/:]+):([\w.-]+)\/([\w.-]+?)(?:\.git)?$/.exec(repository)
  const [, host, owner, name] = address ?? []
  if (host?.toLowerCase() !== webHost(apiUrl)) return null
  return `${owner}/${name}`.toLowerCase()
}

/** `api.github.com` serves github.com; an Enterprise server's API is below its own address. */
const webHost = (apiUrl: string): string => new URL(apiUrl).hostname.replace(/^api\./, '')
