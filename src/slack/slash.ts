/**
 * A slash command, read with what is known here.
 *
 * Invariant: pure; a channel that belongs to one pipeline may leave its name out.
 */
import type { Policy } from '../core/policy.ts'
import type { Slash } from './inbound.ts'
import { type Asked, type Known, type Misread, parse } from './words/grammar.ts'

/** What the words of a command can mean in a channel. */
export function knownIn(policies: readonly Policy[], channel: string): Known {
  const here = policies.filter((policy) => policy.channel === channel)
  const [only] = here
  return {
    pipelines: new Map(
      policies.map(({ pipeline, environments }) => [
        pipeline,
        { environments: environments.map(({ name }) => name) },
      ]),
    ),
    here: here.length === 1 && only !== undefined ? only.pipeline : null,
  }
}

export const readSlash = (
  {
    slash,
    text,
    channel,
  }: { readonly slash: Slash; readonly text: string; readonly channel: string },
  policies: readonly Policy[],
): Asked | Misread => parse(slash, text, knownIn(policies, channel))
