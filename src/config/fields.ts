/**
 * The kinds of values the pipeline file is made of, each with the words said when one is wrong.
 *
 * Invariant: every message is a predicate (`must be …`); the key's path is put before it.
 */
import { z } from 'zod'
import { parseDuration } from '../core/duration.ts'

/** An object of known keys. The message for unknown ones carries the known, for suggestions. */
export const keyed = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? Object.keys(shape).join(' ')
        : `must be keys with values (${Object.keys(shape).join(', ')})`,
  })

/** Text that is not blank; a number there would lose its leading zeros unnoticed. */
export const text = z
  .string({ error: 'must be text; put it in quotes if it looks like something else' })
  .refine((value) => value.trim() !== '', { error: 'must not be empty' })

/** Text for which `wrong` finds nothing to say. */
export const checkedText = (wrong: (value: string) => string | null) =>
  text.superRefine((value, context) => {
    const message = value.trim() === '' ? null : wrong(value)
    if (message !== null) context.addIssue({ code: 'custom', message })
  })

/** Text of a given form; `message` says which. */
export const textLike = (form: RegExp, message: string) =>
  checkedText((value) => (form.test(value) ? null : message))

export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.array(item, { error: 'must be a list' })

export const count = (least: number) =>
  z.int({ error: 'must be a whole number' }).min(least, { error: `must be at least ${least}` })

const EXAMPLES = 'a duration such as `90s`, `20m`, `1h30m` or `2d`, a year at most'

const asDuration = z.string({ error: `must be ${EXAMPLES}` })

/** Milliseconds; `least` keeps out a zero that would end everything at once. */
export const duration = (least: number) =>
  asDuration.transform((value, context) => {
    const ms = parseDuration(value)
    if (ms !== undefined && ms >= least) return ms
    const positive = ms === undefined ? '' : ', longer than nothing'
    context.addIssue({ code: 'custom', message: `must be ${EXAMPLES}${positive}` })
    return z.NEVER
  })

/** Milliseconds, or null for `never`. */
export const durationOrNever = asDuration.transform((value, context) => {
  if (value === 'never') return null
  const ms = parseDuration(value)
  if (ms !== undefined && ms > 0) return ms
  context.addIssue({ code: 'custom', message: `must be \`never\`, or ${EXAMPLES}` })
  return z.NEVER
})

/** Minutes since midnight. Quoted: YAML would read `10:00` as a number in old dialects. */
export const timeOfDay = textLike(
  /^([01][0-9]|2[0-3]):[0-5][0-9]$/,
  'must be a time of day in quotes, from `"00:00"` to `"23:59"`',
).transform((value) => Number(value.slice(0, 2)) * 60 + Number(value.slice(3)))

/** The name of a time zone that this machine's clock tables know. */
export const timeZone = checkedText((value) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }) && null
  } catch {
    return 'must be the name of a time zone such as `Europe/Berlin`'
  }
})

/** One name or a list of names, each of which `wrong` finds nothing to say about. */
export const namesOf = (wrong: (name: string) => string | null) =>
  z.unknown().transform((value, context): readonly string[] => {
    const names: readonly unknown[] = Array.isArray(value) ? value : [value]
    return names.flatMap((name, index) => {
      const message = typeof name === 'string' ? wrong(name) : 'must be a name or a list of names'
      if (typeof name === 'string' && message === null) return [name]
      const path = Array.isArray(value) ? [index] : []
      context.addIssue({ code: 'custom', message: message ?? '', path })
      return []
    })
  })
