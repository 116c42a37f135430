/**
 * Which of the files that were changed the lines of a log name.
 *
 * Invariant: in doubt none. A name that could be two of them, a file of a library, and a bare name
 * such as `index.ts`, of which every folder may have one, count for nothing.
 */

/** More of a line is no sentence that names a file. */
const LINE_MAX = 1_000

/** What stands between blanks, quotes, brackets and commas. */
const WORD = /[^\s"'`()[\]{}<>,;|=]+/g

/** No end of more parts is looked for: a path without an end of its own costs no more. */
const DEPTH_MAX = 40

const LIBRARY = /(?:^|\/)(?:node_modules|site-packages)\//

/** Their runners name them so, and a number makes them one of a kind. */
const MIGRATION = /(?:^|\/)migrations?\/([^/]*\d[^/]*)$/i

/** Those of `paths` that some line names: whole, below a checkout, or by an end that is theirs alone. */
export function filesIn(lines: readonly string[], paths: readonly string[]): ReadonlySet<string> {
  const known = new Set(paths)
  if (known.size === 0) return known
  const ends = byEnd(known)
  const words = new Set(lines.flatMap((line) => line.slice(0, LINE_MAX).match(WORD) ?? []))
  return new Set([...words].flatMap((word) => fileOf(asPath(word), known, ends) ?? []))
}

/** `file:///srv/app/src/cart.ts:41:7` and `.\src\cart.ts.` as paths. */
const asPath = (word: string): string =>
  word
    .replaceAll('\\', '/')
    .replace(/^file:\/\//, '')
    .replace(/^(?:\.\/)+/, '')
    .replace(/(?::\d+)*[.:!?]*$/, '')

function fileOf(
  word: string,
  known: ReadonlySet<string>,
  ends: ReadonlyMap<string, string | null>,
): string | undefined {
  if (known.has(word)) return word
  if (LIBRARY.test(word)) return undefined
  // Below a checkout the longest of them is meant; a file at the root could be anybody's there.
  const parts = word.split('/')
  for (let from = Math.max(1, parts.length - DEPTH_MAX); from < parts.length - 1; from += 1) {
    const end = parts.slice(from).join('/')
    if (known.has(end)) return end
  }
  return ends.get(word) ?? undefined
}

/** Each end of a path that has a folder in it, with the one path it is the end of; null: of several. */
function byEnd(paths: ReadonlySet<string>): ReadonlyMap<string, string | null> {
  const ends = new Map<string, string | null>()
  const add = (end: string, path: string): void => {
    ends.set(end, ends.has(end) ? null : path)
  }
  for (const path of paths) {
    const parts = path.split('/')
    for (let from = Math.max(1, parts.length - DEPTH_MAX); from < parts.length - 1; from += 1)
      add(parts.slice(from).join('/'), path)
    const migration = MIGRATION.exec(path)?.[1]
    if (migration !== undefined) add(migration, path)
  }
  return ends
}
