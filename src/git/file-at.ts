/**
 * One file of a repository, read from a mirror without checking anything out.
 *
 * Invariant: a plain file or nothing: what a link would lead to is never followed, and what is too
 * large or not text is told, not read.
 */
import type { FileAsked, FileSeen } from '../core/look-up.ts'
import type { At } from './patches.ts'

/** Throws when the commit is on no branch or tag. */
export async function fileAt(at: At, { branch, sha, path, max }: FileAsked): Promise<FileSeen> {
  const name = sha ?? `refs/heads/${branch}`
  const commit = (
    await at(['rev-parse', '--verify', '--end-of-options', `${name}^{commit}`])
  ).trim()
  // `MODE TYPE OBJECT SIZE<tab>PATH`, and nothing for what is not there.
  const listed = await at(['ls-tree', '--long', '-z', commit, '--', path])
  const [, mode, object, size] = /^(\d+) \w+ ([0-9a-f]+) +(\d+|-)\t/.exec(listed) ?? []
  if (mode === undefined || object === undefined) return { ok: true, sha: commit, text: null }
  const why = !mode.startsWith('100')
    ? 'is not a plain file'
    : Number(size) > max
      ? `is larger than ${max / 1024} kB`
      : null
  if (why !== null) return { ok: false, sha: commit, why }
  const text = await at(['cat-file', 'blob', object])
  return text.includes('\0')
    ? { ok: false, sha: commit, why: 'is not text' }
    : { ok: true, sha: commit, text }
}
