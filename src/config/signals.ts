/**
 * `signals` of a pipeline: what a failure says, and whose paths are looked at first when it does.
 *
 * Invariant: each signal is told apart by its `match`, and none is so short that everything says it.
 */
import { checkedText, keyed, listOf, text } from './fields.ts'

const MATCH_MIN = 3

const signal = keyed({
  match: checkedText((value) =>
    value.trim().length < MATCH_MIN
      ? `must have at least ${MATCH_MIN} characters: less is found everywhere`
      : null,
  ),
  paths: listOf(text).min(1, { error: 'must have at least one glob' }),
})

export const signals = listOf(signal).superRefine((all, context) => {
  for (const [index, { match }] of all.entries()) {
    if (all.findIndex((other) => other.match === match) === index) continue
    const message = `\`${match}\` is the match of an earlier signal; add these paths to that one`
    context.addIssue({ code: 'custom', path: [index, 'match'], message })
  }
})
