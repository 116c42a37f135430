/**
 * Whether a branch has what another one has, commit by commit or squashed into one.
 *
 * Invariant: equal means that git's patch ids are equal; a conflict resolved on the way makes them
 * differ, and then a person has to look.
 */

/** Git in one mirror. */
export type At = (args: readonly string[], input?: string) => Promise<string>

/** The first candidate up to which every patch of `fork..sha` is on the branch; null: none. */
export async function firstWithPatches(
  at: At,
  {
    sha,
    fork,
    candidates,
  }: { readonly sha: string; readonly fork: string; readonly candidates: readonly string[] },
): Promise<string | null> {
  const squashed = await patchOf(at, fork, sha)
  for (const one of candidates) {
    const marks = (await at(['cherry', one, sha, fork])).split('\n').filter((line) => line !== '')
    if (marks.length > 0 && marks.every((line) => line.startsWith('-'))) return one
    const its = await patchOf(at, `${one}^1`, one).catch(() => null)
    if (squashed !== null && its === squashed) return one
  }
  return null
}

/** The id of everything that changed between two commits; null: nothing did. */
async function patchOf(at: At, from: string, to: string): Promise<string | null> {
  const diff = await at(['diff', '--full-index', '--binary', from, to])
  return (await at(['patch-id', '--stable'], diff)).split(' ')[0] || null
}
