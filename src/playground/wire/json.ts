/**
 * Looking into JSON that came from outside.
 *
 * Invariant: nothing here trusts a shape; what is not there is undefined.
 */

export type Json = Readonly<Record<string, unknown>>

export const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)

export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

/** Forms carry lists and objects as JSON text; JSON bodies carry them as they are. */
export function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}

export const isTrue = (value: unknown): boolean =>
  value === true || value === 'true' || value === '1'
