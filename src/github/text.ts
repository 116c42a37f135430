/**
 * Text that people wrote on GitHub, made storable, and what it claims.
 *
 * Invariant: a claim (a revert, a co-author) is only read here; who believes it decides elsewhere.
 */
const LENGTH_MAX = 1_000

/** Without what PostgreSQL cannot store: NUL and halves of surrogate pairs. */
export const storable = (text: string): string =>
  text.replaceAll('\u0000', '').replace(/\p{Surrogate}/gu, '\uFFFD')

/** The first line, whole and never empty. */
export function titleOf(text: string): string {
  const line = storable(text).trim().split(/\r?\n/, 1)[0]?.trim() ?? ''
  return line === '' ? '(no title)' : [...line].slice(0, LENGTH_MAX).join('')
}

/** E-mail addresses of `Co-authored-by` trailers; the last paragraph is where git keeps them. */
export function coAuthorEmails(message: string): readonly string[] {
  const paragraphs = storable(message)
    .trimEnd()
    .split(/\r?\n\s*\r?\n/)
  const last = paragraphs.length > 1 ? (paragraphs.at(-1) ?? '') : ''
  const found = last.matchAll(/^co-authored-by:[^<\n]*<([^<>\s]{3,200})>\s*$/gim)
  return [...new Set([...found].map(([, email = '']) => email.toLowerCase()))].slice(0, 50)
}

export interface Claim {
  /** `owner/name` the text belongs to. */
  readonly repository: string
  readonly title: string
  readonly body: string
  /** The pull request's branch; null: a bare commit. */
  readonly branch: string | null
}

/** What a change says it takes back: a full sha, or `#number`; null: nothing. */
export function revertsOf({ repository, title, body, branch }: Claim): string | null {
  const commit = /\bthis reverts commit ([0-9a-f]{40}(?:[0-9a-f]{24})?)\b/i.exec(body)?.[1]
  const [, named, number] = /^Reverts ([\w.-]+\/[\w.-]+)?#([1-9]\d{0,9})\b/im.exec(body) ?? []
  const here = named === undefined || named.toLowerCase() === repository.toLowerCase()
  if (number !== undefined && here) return `#${number}`
  if (commit !== undefined) return commit.toLowerCase()
  const branched = branch === null ? undefined : /^revert-([1-9]\d{0,9})-/.exec(branch)?.[1]
  return branched !== undefined && /^Revert\b/i.test(title) ? `#${branched}` : null
}

const DESCRIPTION_MAX = 140

/** What GitHub takes as a description, by the stricter count, UTF-16 units, and never through the middle of a character. */
export function cut(text: string): string {
  if (text.length <= DESCRIPTION_MAX) return text
  let kept = ''
  for (const character of text) {
    if (kept.length + character.length >= DESCRIPTION_MAX) break
    kept += character
  }
  return `${kept}…`
}
