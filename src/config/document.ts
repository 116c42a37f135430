/**
 * A configuration file as YAML: from text to plain values, and back to the line of each.
 *
 * Invariant: nothing of a document that is not wholly understood is used, and nothing of the source
 * is quoted, which may hold what nobody should see.
 */
import { type Document, LineCounter, parseDocument } from 'yaml'
import type { FileProblem } from './issues.ts'
import { lineFinder } from './locate.ts'

export type ReadDocument =
  | {
      readonly ok: true
      readonly value: unknown
      readonly lineAt: (path: readonly PropertyKey[]) => number
    }
  | { readonly ok: false; readonly problems: readonly FileProblem[] }

export function readDocument(text: string): ReadDocument {
  const lineCounter = new LineCounter()
  // Pretty errors would quote the source.
  const document = parseDocument(text, { lineCounter, prettyErrors: false })
  const syntax = [...document.errors, ...document.warnings].map(({ pos, message }) => ({
    line: lineCounter.linePos(pos[0]).line,
    message: `not valid YAML: ${message}`,
  }))
  if (syntax.length > 0) return { ok: false, problems: syntax }
  const plain = plainValue(document)
  if (!plain.ok) return { ok: false, problems: [{ line: 1, message: plain.message }] }
  return { ok: true, value: plain.value, lineAt: lineFinder(document, lineCounter) }
}

/** The schema's records would leave this key out silently. */
function reviver(key: unknown, value: unknown): unknown {
  if (key === '__proto__') throw new Error('`__proto__` is no name')
  return value
}

/** Aliases are only followed now: one may lead nowhere, or be a bomb of others. */
function plainValue(
  document: Document,
):
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string } {
  try {
    return { ok: true, value: document.toJS({ reviver }) }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { ok: false, message: `not a usable document: ${reason}` }
  }
}
