/**
 * Flags: which one a change stands behind, and what a name of one looks like.
 *
 * Invariant: a name holds nothing that a shell, an address or a message reads as more than a name.
 */
import type { Change } from './model.ts'
import type { FlagsPolicy } from './policy.ts'

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}/

/** What may follow a name. Where anything else does, it goes on, and its beginning is another flag. */
const ENDED = /^(?:$|[\s,;!?"'`*|<>\p{Pe}\p{Pf}–—…]|:(?:\s|$))/u

export const isFlag = (name: string): boolean => NAME.exec(name)?.[0] === name

/** The flags that its labels and its title name, each once. */
export function flagsOf(
  policy: FlagsPolicy | null,
  { labels, title }: Pick<Change, 'labels' | 'title'>,
): readonly string[] {
  if (policy === null) return []
  const found = [...labels, title].flatMap((text) =>
    text
      .split(policy.match)
      .slice(1)
      .flatMap((rest) => {
        const name = NAME.exec(rest)?.[0] ?? ''
        // A dot at its end belongs to the sentence.
        return name !== '' && ENDED.test(rest.slice(name.length)) ? name.replace(/\.+$/, '') : []
      }),
  )
  return [...new Set(found)]
}
