/**
 * The values of the API's JSON.
 *
 * Invariant: times are ISO 8601 in UTC, whatever they are inside.
 */

export type Json = Readonly<Record<string, unknown>>

export const iso = (ms: number | null): string | null =>
  ms === null ? null : new Date(ms).toISOString()
