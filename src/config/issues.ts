/**
 * What the schema found, said to whoever wrote the file.
 *
 * Invariant: each unknown key gets its own line and message, and none is ignored.
 */
import type { z } from 'zod'
import { didYouMean } from '../core/nearest.ts'

export interface FileProblem {
  readonly line: number
  readonly message: string
}

/** Everything the schema found, in the order of the file. */
export const problemsIn = (
  issues: readonly z.core.$ZodIssue[],
  document: unknown,
  lineAt: (path: readonly PropertyKey[]) => number,
): readonly FileProblem[] =>
  issues.flatMap((issue) => problemsOf(issue, document, lineAt)).sort((a, b) => a.line - b.line)

/** Renders one issue of the schema; unknown keys that came together are taken apart. */
function problemsOf(
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
  const owner = path.length > 0 ? `\`${dotted(path)}\`` : 'the file'
  const hint = didYouMean(key, known) || `; known are ${known.join(', ')}`
  return `\`${key}\` is not a key of ${owner}${hint}`
}

export const dotted = (path: readonly PropertyKey[]): string =>
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
