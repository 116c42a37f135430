/**
 * What the schema found, said to whoever wrote the file.
 *
 * Invariant: each unknown key gets its own line and message; a key that only later versions know
 * is refused as such, never taken for a typo and never ignored.
 */
import type { z } from 'zod'
import { didYouMean } from '../core/nearest.ts'

/** Keys of the file's full design that this version does not act upon. */
const NOT_YET: ReadonlySet<string> = new Set(['from_repository'])

export interface FileProblem {
  readonly line: number
  readonly message: string
}

/** Renders one issue of the schema; unknown keys that came together are taken apart. */
export function problemsOf(
  issue: z.core.$ZodIssue,
  document: unknown,
  lineAt: (path: readonly PropertyKey[]) => number,
): readonly FileProblem[] {
  const { path } = issue
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      line: lineAt([...path, key]),
      message: unknownKey(key, path, issue.message.split(' ')),
    }))
  }
  const line = lineAt(path)
  if (path.length === 0) return [{ line, message: `the file ${issue.message}` }]
  if (issue.code === 'invalid_type' && valueAt(document, path) === undefined) {
    const owner = path.length > 1 ? ` in \`${dotted(path.slice(0, -1))}\`` : ''
    return [{ line, message: `\`${String(path.at(-1))}\` is missing${owner}` }]
  }
  const said = spoken(issue)
  return said.map(({ message, below }) => {
    const full = [...path, ...below]
    return { line: lineAt(full), message: `\`${dotted(full)}\`: ${message}` }
  })
}

/** A bad name of a pipeline, and a permission that is neither word nor list, say it one level in. */
function spoken(
  issue: z.core.$ZodIssue,
): readonly { readonly message: string; readonly below: readonly PropertyKey[] }[] {
  const inner =
    issue.code === 'invalid_key'
      ? issue.issues
      : issue.code === 'invalid_union'
        ? (issue.errors.at(-1) ?? [])
        : []
  return inner.length > 0
    ? inner.map(({ message, path }) => ({ message, below: path }))
    : [{ message: issue.message, below: [] }]
}

function unknownKey(key: string, path: readonly PropertyKey[], known: readonly string[]): string {
  if (NOT_YET.has(key)) return `\`${key}\` is not supported by this version yet; remove it`
  const owner = path.length > 0 ? `\`${dotted(path)}\`` : 'the file'
  const hint = didYouMean(key, known) || `; known are ${known.join(', ')}`
  return `\`${key}\` is not a key of ${owner}${hint}`
}

const dotted = (path: readonly PropertyKey[]): string =>
  path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '')

const valueAt = (document: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined,
    document,
  )
