/**
 * Whether a request comes from Slack, and came now.
 *
 * Invariant: over the raw bytes, in constant time. A moment in the future is refused like one in
 * the past: Slack's own check lets it pass, and such a request could be repeated for long.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

const SKEW_S_MAX = 300

export interface Signed {
  readonly body: Uint8Array
  readonly timestamp: string | undefined
  readonly signature: string | undefined
}

/** True when `signature` is Slack's over exactly these bytes, made within five minutes of now. */
export function isSigned(
  { body, timestamp, signature }: Signed,
  secret: string,
  nowMs: number,
): boolean {
  if (timestamp === undefined || signature === undefined) return false
  if (!/^[1-9]\d{0,11}$/.test(timestamp)) return false
  if (Math.abs(nowMs / 1_000 - Number(timestamp)) > SKEW_S_MAX) return false
  const expected = sign(body, timestamp, secret)
  const given = Buffer.from(signature)
  const wanted = Buffer.from(expected)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

/** Slack's signature of a body. */
export function sign(body: Uint8Array, timestamp: string, secret: string): string {
  const hmac = createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body)
  return `v0=${hmac.digest('hex')}`
}
