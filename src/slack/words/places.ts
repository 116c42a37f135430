/**
 * Which pipeline and environment a command means.
 *
 * Invariant: a name counts only if it equals a known one; near it, the command is refused with a
 * suggestion, so that a slip never becomes part of a reason.
 */
import { distance } from '../../core/nearest.ts'
import { type Known, type Misread, misread } from './asked.ts'
import { joined, type Token } from './tokens.ts'

export interface Place {
  readonly pipeline: string
  readonly rest: readonly Token[]
}

/** At most two letters, and never all of them: `db` is no slip of `qa`. */
export function slip(word: string, names: Iterable<string>): string | undefined {
  const near = [...names]
    .map((name) => ({ name, away: distance(word.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, away }) => away > 0 && away <= Math.min(2, name.length - 1))
    .sort((a, b) => a.away - b.away)
  return near[0]?.name
}

export const equal = (token: Token | undefined, name: string): boolean =>
  token !== undefined && !token.quoted && token.text.toLowerCase() === name

const named = (token: Token | undefined, names: Iterable<string>): string | undefined =>
  [...names].find((name) => equal(token, name))

/** The pipeline a command begins with, or the channel's own. `verb` is what stands before it. */
export function pipelineOf(
  parts: readonly Token[],
  verb: string,
  { pipelines, here }: Known,
): Place | Misread {
  const [first, ...rest] = parts
  const found = named(first, pipelines.keys())
  if (found !== undefined) return { pipeline: found, rest }
  const meant = first === undefined || first.quoted ? undefined : slip(first.text, pipelines.keys())
  // In a channel of its own a slip of an environment is told as one, see `environmentOf`.
  const ours = here === null ? [] : (pipelines.get(here)?.environments ?? [])
  if (first !== undefined && meant !== undefined && named(first, ours) === undefined) {
    return misread(
      `There is no pipeline ${first.text}.`,
      [verb, meant, joined(rest)].filter((part) => part !== '').join(' '),
    )
  }
  if (here !== null) return { pipeline: here, rest: parts }
  const all = [...pipelines.keys()]
  if (first === undefined) {
    return misread(`Which pipeline? There are ${all.slice(0, 12).join(', ') || 'none'}.`)
  }
  return misread(
    `There is no pipeline ${first.text}; there are ${all.slice(0, 12).join(', ') || 'none'}.`,
    null,
  )
}

export const isMisread = (found: object): found is Misread =>
  'do' in found && found.do === 'misread'

/** The environment that follows; none if the next word is no name of one. */
export function environmentOf(
  { pipeline, rest }: Place,
  verb: string,
  { pipelines }: Known,
): { readonly environment: string | null; readonly rest: readonly Token[] } | Misread {
  const names = pipelines.get(pipeline)?.environments ?? []
  const [first, ...others] = rest
  const environment = named(first, names)
  if (environment !== undefined) return { environment, rest: others }
  const meant = first === undefined || first.quoted ? undefined : slip(first.text, names)
  if (first === undefined || meant === undefined) return { environment: null, rest }
  const suggestion = [verb, pipeline, meant, joined(others)].filter((part) => part !== '').join(' ')
  return misread(
    `${pipeline} has no environment ${first.text}. If it is the reason’s first word, quote the reason.`,
    suggestion,
  )
}
