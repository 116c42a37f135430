/**
 * Whether a change belongs to a pipeline that ships a part of a monorepo.
 *
 * Invariant: in doubt it does. A change whose paths nobody knows is never left out of a train.
 */
import picomatch from 'picomatch'

/**
 * Makes the test for a pipeline's `paths`; null: every change. A glob that begins with `!` takes
 * paths out again.
 */
export function carriesPaths(
  globs: readonly string[] | null,
): (paths: readonly string[] | null) => boolean {
  if (globs === null) return () => true
  const isExclusion = (glob: string): boolean => /^!(?!\()/.test(glob)
  const included = globs.filter((glob) => !isExclusion(glob))
  const ignore = globs.filter(isExclusion).map((glob) => glob.slice(1))
  const matches = picomatch(included.length > 0 ? included : ['**'], { dot: true, ignore })
  return (paths) => paths === null || paths.some((path) => matches(path))
}
