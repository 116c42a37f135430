/**
 * What is wrong with a field of a body, in words for whoever sent it.
 *
 * Invariant: says what would be right, and never repeats what was sent.
 */
import type { z } from 'zod'

/** To stand behind the field's name: "is missing", "must be a whole number". */
export function wrongWith(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `must be ${kindOf(issue.expected)}`
    case 'invalid_value':
      return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}`
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array'
        ? 'must not be empty'
        : `must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`
    case 'too_big':
      return issue.origin === 'string'
        ? `must have at most ${issue.maximum} characters`
        : `must be at most ${issue.maximum}${issue.origin === 'array' ? ' long' : ''}`
    case 'invalid_format':
      return issue.format === 'datetime'
        ? 'must be a time such as 2026-01-31T12:00:00Z'
        : issue.message
    default:
      return issue.message
  }
}

function kindOf(expected: string): string {
  switch (expected) {
    case 'int':
      return 'a whole number'
    case 'array':
      return 'a list'
    case 'object':
      return 'an object'
    case 'boolean':
      return 'true or false'
    default:
      return `a ${expected}`
  }
}
